"""Compilers, headers, sources and caches in an image that only runs a program: what its building alone needs.

They are often most of the image, and in the hands of whoever gets into the container they are tools.

Build in a stage of its own, and copy into a last one what it made: FROM debian:12 AS build … FROM debian:12, COPY
--from=build …. layerscope split writes that Dockerfile for the image, from the one that it was built from or from its
history, says what it keeps, installs and copies, and why, and how large the result will be.

It is told by packages that their distribution calls tools of development, or whose names say so, and what only those
drag in; by tool chains that no package owns; by sources of what was compiled; by npm's packages for development. Kept
is whatever the program that the container starts needs, by the libraries that it is linked with and the dependencies of
packages; and whatever is uncertain. What is claimed is what the image would lose by that proposal: caches and what
later layers hide are among it, so that other findings may claim them too.

It is said only where the base is known, packages are looked for, and the saving is at least 1 MB and 5 % of the image.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity
from layerscope.splitting.probes import PROBES

_NAMED: Final = 4


def find(evidence: Evidence) -> Iterator[Finding]:
    """At most one finding, of the layer that brought most of it."""
    if evidence.analysis.owned is None:
        return
    from layerscope.splitting.propose import propose

    proposals = propose(evidence.analysis, alternatives=False).proposals
    if not proposals:
        return
    proposal = proposals[0]
    tools = [step for step in proposal.steps if step.action == "drop" and step.is_tool]
    names = ", ".join(step.what for step in tools[:_NAMED]) + (", …" if len(tools) > _NAMED else "")
    by_layer = evidence.by_layer(proposal.claims)
    layer = max(by_layer, key=lambda each: sum(proposal.claims[number] for number in by_layer[each]))
    yield Finding(
        message=f"the image holds what only its building needs: {names}",
        remedy="Build in a stage of its own, and copy what it made into a last one: FROM … AS build, COPY --from=build "
        "…. layerscope split writes that Dockerfile.",
        layer=layer,
        paths=evidence.paths(proposal.claims),
        claims=proposal.claims,
    )


RULES: Final = (Rule("build-tools-in-final-image", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find, PROBES),)
