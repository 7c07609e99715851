"""The books of package managers, written again by each instruction that installs something.

dpkg, rpm and apk keep their database in one or a few files, debconf, fontconfig and the dynamic linker keep caches,
and apt and dnf keep logs. Whoever installs a package rewrites them, and every layer that did carries its own copy.
That is a cost of having several RUN that install packages, not a mistake in any of them, so it matters little.

Install packages in as few RUN as the build allows. What a base image wrote is overwritten by the first of them in any
case, so that is left out.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rewrites import Rewrite, overwritten
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that wrote again."""
    for (layer, by), hidden in overwritten(evidence, {Rewrite.PACKAGE_STATE}).items():
        if evidence.is_of_base(layer, by):
            continue
        yield Finding(
            message=f"package databases, caches and logs of {evidence.named_layer(layer)}, written again by "
            f"{evidence.named_layer(by)}, as each installation does",
            remedy="Install packages in one instruction: RUN apt-get update && apt-get install -y … ….",
            layer=layer,
            paths=evidence.paths(each.number for each in hidden),
            claims={each.number: each.entry.size for each in hidden},
        )


RULES: Final = (Rule("package-db-churn", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
