"""Findings that came, went, or claim something else: known again by rule, by path and by instruction.

The same waste in the next build is one finding, though the instruction that makes it was written anew and its files
have other names: what is left is known again by its rule alone. Of high severity, such as a secret, that would be a
guess that hides one: there another path in another instruction is another finding.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from layerscope.changes import ChangedFindingReport, FindingGroups
from layerscope.difference.instructions import Beside
from layerscope.difference.pairing import Sign, pair
from layerscope.difference.steps import Step
from layerscope.report import FindingReport


class _Known(Struct, frozen=True):
    """A finding, and what it is known again by."""

    told: FindingReport
    row: int | None
    """Of its instruction or layer, both histories beside each other; ``None``: it is about the image as a whole."""

    @property
    def path(self) -> str | None:
        """The one with most bytes."""
        return self.told.paths[0] if self.told.paths else None

    @property
    def words(self) -> str | None:
        """What is said of no path, without numbers: those of layers and bytes are others in each build."""
        return None if self.told.paths else _NUMBER.sub("", self.told.message)


_NUMBER: Final = re.compile(r"\b[0-9][0-9,]*+\b")
_SIGNS: Final[tuple[Sign[_Known], ...]] = (
    lambda each: (each.told.rule, each.row, each.path),
    lambda each: (each.told.rule, each.path, each.words),
    lambda each: (each.told.rule, each.row),
    lambda each: None if each.told.severity == "high" else (each.told.rule, bool(each.told.in_base)),
)
"""What is about no path is known by its words: so nothing can be gone and new that reads the same."""


def compare_findings(
    old: Sequence[FindingReport], new: Sequence[FindingReport], pairs: Sequence[Beside]
) -> tuple[tuple[ChangedFindingReport, ...], FindingGroups]:
    """Tell what changed, most reclaimable bytes first; and count all of them."""
    before, after = _known(old, (one for one, _ in pairs)), _known(new, (other for _, other in pairs))
    counts = dict.fromkeys(FindingGroups.__struct_fields__, 0)
    changed = []
    for one, other in pair(before, after, _SIGNS, _order):
        change = _change(one, other)
        counts[change] += 1
        if change != "same":
            changed.append(ChangedFindingReport(change, one.told if one else None, other.told if other else None))
    return tuple(sorted(changed, key=_rank)), FindingGroups(**counts)


def _known(findings: Iterable[FindingReport], steps: Iterable[Step | None]) -> list[_Known]:
    by_instruction, by_layer = dict[int, int](), dict[int, int]()
    for row, step in enumerate(steps):
        if step and step.instruction:
            by_instruction[step.instruction.index] = row
        if step and step.layer:
            by_layer[step.layer.index] = row

    def row_of(each: FindingReport) -> int | None:
        if each.instruction is not None:
            return by_instruction[each.instruction]
        return None if each.layer is None else by_layer.get(each.layer)

    return [_Known(each, row_of(each)) for each in findings]


def _change(old: _Known | None, new: _Known | None) -> str:
    if old is None:
        return "new"
    if new is None:
        return "gone"
    return "same" if _claim(old) == _claim(new) else "changed"


def _claim(each: _Known) -> tuple[int, int, str | None, str | None]:
    told = each.told
    words = None if told.severity == "information" else each.words  # which name an instruction, and nothing to be done
    return told.reclaimable_bytes, told.path_count, each.path, words


def _order(each: _Known) -> tuple[str, int, tuple[str, ...], int, str]:
    told = each.told
    return told.rule, -1 if each.row is None else each.row, told.paths, told.reclaimable_bytes, told.message


def _rank(each: ChangedFindingReport) -> tuple[int, str, list[tuple[tuple[str, ...], str]]]:
    """Order for a reader, whichever image is the old one, with nothing left to chance."""
    told = [finding for finding in (each.old, each.new) if finding]
    most = max(finding.reclaimable_bytes for finding in told)
    return -most, told[0].rule, sorted((finding.paths, finding.message) for finding in told)
