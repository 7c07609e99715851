"""Sums of what changed in one way."""

from collections.abc import Iterable

from layerscope.changes import GroupReport


class Groups:
    """Counts what became of things, and adds up their bytes in each image."""

    def __init__(self) -> None:
        self._groups: dict[str, tuple[int, int, int]] = {}

    def add(self, change: str, old_bytes: int, new_bytes: int, count: int = 1) -> None:
        """Count ``count`` more that have changed so."""
        known, old, new = self._groups.get(change, (0, 0, 0))
        self._groups[change] = known + count, old + old_bytes, new + new_bytes

    def named(self, changes: Iterable[str]) -> dict[str, GroupReport]:
        """Return the groups of these names, empty ones too."""
        return {change: GroupReport(*self._groups.get(change, (0, 0, 0))) for change in changes}
