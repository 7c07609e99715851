"""Packages that are folders: what lies in one of them is its, but for what lies in another one within it."""

from collections.abc import Iterable, Mapping
from typing import Final

from layerscope.filesystem.filesystem import Filesystem
from layerscope.model import EntryKind


class Nested:
    """Folders of the final filesystem, some of them in others, and whose each file is."""

    def __init__(self, filesystem: Filesystem, folders: Iterable[str]) -> None:
        found: dict[str, list[int]] = {folder: [] for folder in folders}
        self.files: Final[Mapping[str, list[int]]] = found
        """Folder → the files in it and in all below it, up to where another of these folders begins."""
        self._owner_of: dict[str, str] = {}
        entries = filesystem.entries
        if not found:
            return
        for folder, children in filesystem.folders.items():  # each comes after the one above it
            owner = folder if folder in found else self._owner_of.get(folder.rpartition("/")[0])
            if owner is not None:
                self._owner_of[folder] = owner
                found[owner] += [
                    number
                    for number in children.values()
                    if number >= 0 and entries[number].kind is not EntryKind.DIRECTORY
                ]

    def owner(self, path: str) -> str | None:
        """Return the folder that a path is one of, or lies in; of several the innermost."""
        while path not in self._owner_of:
            path, slash, _ = path.rpartition("/")
            if not slash:
                return None
        return self._owner_of[path]
