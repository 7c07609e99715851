"""Names as a tar spells them → one clean spelling of each path, relative to the root."""

from sys import intern
from typing import Final

PATH_LIMIT: Final = 32 * 1024
"""Bytes of a path or of a link's target; Linux takes 4096 in one call."""


class PathCleaner:
    """Cleans the paths of one tar; remembers its folders, since names come folder by folder."""

    def __init__(self) -> None:
        self.folders: dict[bytes, str] = {b"": ""}

    def split(self, raw: bytes) -> tuple[str, bytes]:
        """Split a path into its folder, clean, and its last component; the root is two empty strings.

        ``..`` at the root stays at the root, as in a container: nothing is outside.
        """
        folder, _, last = raw.rpartition(b"/")
        if last in (b"", b".", b".."):
            folder, _, last = b"/".join(_components(raw)).rpartition(b"/")
        parent = self.folders.get(folder)
        if parent is None:
            parent = self.folders[folder] = intern(self.clean(folder))
        return parent, last

    def clean(self, raw: bytes) -> str:
        """Clean a whole path."""
        return b"/".join(_components(raw)).decode("utf-8", "surrogateescape")


def _components(raw: bytes) -> list[bytes]:
    components: list[bytes] = []
    for component in raw.split(b"/"):
        if component == b"..":
            del components[-1:]
        elif component not in (b"", b"."):
            components.append(component)
    return components
