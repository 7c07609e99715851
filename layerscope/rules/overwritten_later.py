"""Files that one instruction writes and a later one writes again, with other contents.

Both copies stay in the image; only the upper one is ever seen. Often a configuration file is copied and then edited,
a whole tree is copied a second time, or packages are installed first and upgraded later.

Write each file once, in its last form: edit it in the instruction that makes it, copy what changes often after (and
not along with) what does not, install packages in the version that is wanted.

Left out are files whose contents stay the same (metadata-rewrite) and the books of package managers
(package-db-churn). Where contents could not be compared, because a file is sparse, the finding is less sure: perhaps
only owner or mode changed.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rewrites import Rewrite, kind_of, overwritten
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_OF_BASE: Final = (
    "Leave it as it is, or begin with a base image that has it in this form, perhaps a newer one (docker build "
    "--pull): what a base brought stays in the image, whatever is written over it."
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that wrote again."""
    for (layer, by), hidden in overwritten(evidence, {Rewrite.CONTENTS, Rewrite.UNKNOWN}).items():
        is_sure = all(kind_of(evidence, each) is Rewrite.CONTENTS for each in hidden)
        numbers = [each.number for each in hidden]
        yield Finding(
            message=f"written by {evidence.named_layer(layer)} and overwritten by {evidence.named_layer(by)}; both "
            "copies are in the image and only the later one is seen",
            remedy=_OF_BASE if evidence.is_of_base(layer, by) else _remedy(evidence, layer, by),
            layer=layer,
            paths=evidence.paths(numbers),
            claims={each.number: each.entry.size for each in hidden},
            confidence=None if is_sure else Confidence.MEDIUM,
        )


def _remedy(evidence: Evidence, layer: int, by: int) -> str:
    if not is_copied(evidence, by):
        return (
            "Write it once, in its last form: change it before it is copied, or in an earlier stage: COPY --from=…."
            if is_copied(evidence, layer)
            else "Write it once, in its last form: join the two to one instruction: RUN … && …."
        )
    return (
        "Copy it once: let the first COPY name only what the instructions between the two need, or list in "
        ".dockerignore what the second need not bring."
        if is_copied(evidence, layer)
        else "Write it once: do not let RUN make what COPY brings, or list it in .dockerignore."
    )


RULES: Final = (Rule("overwritten-later", Severity.MEDIUM, Confidence.HIGH, __doc__, find, digests=True),)
