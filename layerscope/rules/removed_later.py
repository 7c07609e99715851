"""Files that one instruction writes and a later one deletes.

A layer is never changed by those above it: the deleting instruction adds a mark that hides the file, and every pull
carries the bytes on. Deleted in the instruction that wrote it, a file never becomes part of a layer.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.filesystem import Fate
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that deleted."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for hidden in evidence.filesystem.hidden:
        if hidden.fate is Fate.REMOVED and hidden.entry.size:
            pairs.setdefault((hidden.layer, hidden.by), []).append(hidden.number)
    for (layer, by), numbers in pairs.items():
        yield Finding(
            message=f"written by {evidence.named_layer(layer)} and deleted by {evidence.named_layer(by)}, where it no "
            "longer saves anything",
            remedy="Delete it in the instruction that writes it: RUN … && rm -rf …; or keep it out of the build context "
            "(.dockerignore), or write it in an earlier stage.",
            layer=layer,
            paths=evidence.paths(numbers),
            claims={number: evidence.entry(number).size for number in numbers},
        )


RULES: Final = (Rule("removed-later", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)
