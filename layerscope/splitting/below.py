"""Folders of which none is in another, and which of them a path is in."""

from bisect import bisect_right
from collections.abc import Iterable


class Below:
    """Finds the folder that a path is in, without going up from the path: paths may be deep, and many."""

    def __init__(self, folders: Iterable[str]) -> None:
        self._inside: list[str] = []
        for folder in sorted(f"{folder}/" for folder in folders):
            if not self._inside or not folder.startswith(self._inside[-1]):
                self._inside.append(folder)

    def holder(self, path: str) -> str | None:
        """Return the folder that a path is, or is in."""
        inside = f"{path}/"
        at = bisect_right(self._inside, inside)
        found = self._inside[at - 1] if at else "\0"
        return found[:-1] if inside.startswith(found) else None
