"""A HEALTHCHECK in the image, which Kubernetes does not look at.

Only the engine's own commands (docker, podman, compose, swarm) run it. In Kubernetes the kubelet asks the probes of the
pod, and without any it takes a container for healthy as long as its first process runs: one that hangs is not started
anew, and one that is not ready yet is sent requests.

Write the check as probes of the container: livenessProbe, which starts it anew, and readinessProbe, which takes it out
of the service. The finding's remedy has the very command. Where it asks the program itself over HTTP, an httpGet probe
does the same, and the image needs no curl or wget for it. The HEALTHCHECK may stay for those who run the image with an
engine.

A configuration in OCI's form has no room for a HEALTHCHECK, so that an image built that way has none, whatever its
Dockerfile says.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.build.shell import commands
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.instructions import exec_form, last
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_DEFAULT_SHELL: Final = ("/bin/sh", "-c")


def find(evidence: Evidence) -> Iterator[Finding]:
    """At most one finding: the configuration has one health check."""
    config = evidence.image.run_config
    test = config.healthcheck.test if config.healthcheck else ()
    match test:
        case ("CMD", _, *_):
            words: Sequence[str] = test[1:]
            first = words[0]
        case ("CMD-SHELL", script):
            words = (*(config.shell or _DEFAULT_SHELL), script)
            first = next((command.words[0] for command in commands(script)), "")
        case _:  # NONE, or nothing that an engine would run
            return
    over_http = first.rpartition("/")[2] in ("curl", "wget")
    yield Finding(
        message="a HEALTHCHECK, which Kubernetes ignores: there, only probes tell whether the container is alive and "
        "ready",
        remedy=f"In the pod's container: livenessProbe: {{exec: {{command: {exec_form(words)}}}}}, and a "
        "readinessProbe like it"
        + ("; or httpGet probes, for which the image needs no curl or wget." if over_http else "."),
        instruction=last(evidence, "HEALTHCHECK"),
    )


RULES: Final = (Rule("healthcheck-ignored-by-kubernetes", Severity.INFORMATION, Confidence.HIGH, __doc__, find),)
