"""What a whole machine runs beside its programs, in an image: systemd, System V init, cron, syslog.

A container is one program, and its engine is what starts it, restarts it and takes its output. An init system in
between hides whether the program runs, and passes signals on late or not at all; systemd needs privileges besides.
Jobs of cron are seen by nobody when they fail, and run once in each replica. What syslog takes does not reach kubectl
logs.

Start the program itself, as PID 1, in the exec form: CMD ["/app/server"]. Where it has children that it does not
wait for, put tini or dumb-init before it (docker run --init; in Kubernetes shareProcessNamespace): these are found by
no rule. Make a CronJob of each job, and let the program write its logs to standard output.

Found are programs of the final filesystem, not libraries (libsystemd) or unit files of packages, nor the names that
busybox answers to. It matters more where the image's command starts one of them. Some base images have systemd in
them: a smaller one (slim, minimal, distroless) does without.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.programs import installed, is_program, started
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


class Daemon(NamedTuple):
    """A kind of program that a machine needs and a container does not."""

    what: str
    names: tuple[str, ...]
    remedy: str
    paths: tuple[str, ...] = ()
    """Where it is, if in no folder for programs."""


_AS_PID_1: Final = (
    'Start the program itself, in the exec form: CMD ["/app/server"]; before one that does not wait for its children '
    "put tini or dumb-init. Install without it: apt-get install --no-install-recommends; or take a smaller base image."
)
DAEMONS: Final = (
    Daemon("systemd", ("systemd",), _AS_PID_1, ("usr/lib/systemd/systemd", "lib/systemd/systemd")),
    Daemon("an init system", ("init", "openrc-init", "runit-init"), _AS_PID_1),
    Daemon(
        "cron",
        ("cron", "crond", "anacron", "fcron"),
        "Leave it out, and make a CronJob of each job: an image, or the same one with another command.",
    ),
    Daemon(
        "syslog",
        ("rsyslogd", "syslog-ng", "syslogd"),
        "Leave it out, and let the program write its logs to standard output and standard error.",
    ),
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each kind, of the layer that brought it."""
    begins_with = started(evidence)
    told: set[int] = set()
    for daemon in DAEMONS:
        numbers = sorted(set(_programs(evidence, daemon)) - told)
        if not numbers:
            continue
        told.update(numbers)
        names = {evidence.entry(number).name for number in numbers}
        is_run = begins_with in names
        layer = evidence.layer_of(numbers[0])
        yield Finding(
            message=f"{daemon.what} in {evidence.named_layer(layer)}, which a machine needs and a container does not"
            + ("; the image's command starts it" if is_run else ""),
            remedy=daemon.remedy,
            layer=layer,
            paths=evidence.paths(numbers),
            severity=Severity.MEDIUM if is_run else None,
            confidence=Confidence.HIGH if is_run else None,
        )


def _programs(evidence: Evidence, daemon: Daemon) -> Iterator[int]:
    for name in daemon.names:
        yield from installed(evidence, name)
    for number in installed(evidence, "init"):  # where that is a link, it is what it leads to
        if evidence.entry(number).target.rpartition("/")[2] in daemon.names:
            yield number
    for path in daemon.paths:
        kept = evidence.kept_at(path)
        if kept is not None and is_program(evidence, kept):
            yield kept


RULES: Final = (Rule("init-system", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
