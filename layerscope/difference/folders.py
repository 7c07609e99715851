"""The folders that explain a change: deep enough to say where it is, and few.

A folder is named where a twentieth of all that changed is in it, with what is below it and has no name of its own. So
the rows together are all that changed, each path once. What changed is by how much its paths grew or shrank, added up;
where none did, their bytes.
"""

from collections.abc import Sequence
from typing import Final

from layerscope.changes import ChangedFolderReport
from layerscope.difference.paths import ChangedPath

_SHARE: Final = 20
"""A folder is named that has this part of the change."""


class _Sum:
    """What changed in one folder, and in those below that are not named."""

    __slots__ = ("amount", "count", "new", "old")

    def __init__(self) -> None:
        self.count = self.old = self.new = 0
        self.amount = 0

    def add(self, other: "_Sum") -> None:
        """Count what another has here."""
        self.count += other.count
        self.old += other.old
        self.new += other.new
        self.amount += other.amount


def changed_folders(changed: Sequence[ChangedPath]) -> tuple[ChangedFolderReport, ...]:
    """Name them, the largest change first."""
    sums = _sums(changed)
    whole = sum(each.amount for each in sums.values())
    named = []
    for folder in sorted(sums, key=len, reverse=True):  # deepest first: its path is longer than that of the one above
        here = sums[folder]
        if not folder or 0 < whole <= here.amount * _SHARE:
            named.append((folder, here))
        else:
            sums[folder.rpartition("/")[0]].add(here)
    told = sorted((each for each in named if each[1].count), key=lambda each: (-each[1].amount, each[0]))
    return tuple(ChangedFolderReport(folder, here.count, here.old, here.new) for folder, here in told)


def _sums(changed: Sequence[ChangedPath]) -> dict[str, _Sum]:
    """Add up folder by folder; those above, up to the root, are there too."""
    sums: dict[str, _Sum] = {"": _Sum()}
    has_growth = any(each.new_bytes != each.old_bytes for each in changed)
    for each in changed:
        folder = each.folder
        while folder not in sums:
            sums[folder] = _Sum()
            folder = folder.rpartition("/")[0]
        here = sums[each.folder]
        here.count += 1
        here.old += each.old_bytes
        here.new += each.new_bytes
        here.amount += abs(each.new_bytes - each.old_bytes) if has_growth else each.new_bytes
    return sums
