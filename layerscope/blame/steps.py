"""What each layer did at one path: the law of fates (``filesystem.fates``) told for one name.

Nothing is kept for it while the layers are applied; they are gone through once more, for the entries at the path, above
it and below it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct

from layerscope.filesystem import Filesystem
from layerscope.model import Entry, EntryKind

IMPLIED: Final = -1
"""Stands for a folder that no entry brought, only a path below it."""

_HIDING: Final = (EntryKind.WHITEOUT, EntryKind.OPAQUE)


class Step(Struct, frozen=True):
    """What one layer did."""

    layer: int
    before: int | None
    """The entry that stood there, ``IMPLIED``, or ``None``."""
    after: int | None
    """Likewise."""
    removed_at: str | None = None
    """The path that was taken away, itself or above."""
    removed_how: str | None = None
    """``whiteout``, ``opaque`` or ``replaced``; a folder that stays was emptied."""


def steps_at(filesystem: Filesystem, path: str) -> list[Step]:
    """List what the layers did at a path, the bottom one first; of what a tar replaces within itself, the last."""
    watch = _Watch(filesystem.entries, path)
    touching = _touching(filesystem.entries, path)
    for layer, numbers in groupby(touching, filesystem.layer_of):
        watch.apply(layer, list(numbers))
    return watch.steps


def is_folder(entries: Sequence[Entry], number: int | None) -> bool:
    """Tell whether what stands somewhere is a folder."""
    return number is not None and (number == IMPLIED or entries[number].kind is EntryKind.DIRECTORY)


def is_within(path: str, folder: str) -> bool:
    """Tell whether a path is another, or below it."""
    return path.startswith(folder) and (not folder or len(path) == len(folder) or path[len(folder)] == "/")


def _touching(entries: Sequence[Entry], path: str) -> Iterator[int]:
    for number, entry in enumerate(entries):
        parent = entry.parent
        if path.startswith(parent):  # nearly never, so that few paths are put together
            at = entry.path if entry.name else parent
            if is_within(path, at) or is_within(at, path):
                yield number
        elif is_within(parent, path):
            yield number


class _Watch:
    """One path while layers are applied."""

    def __init__(self, entries: Sequence[Entry], path: str) -> None:
        self.steps: list[Step] = []
        self._entries = entries
        self._path = path
        self._stands: int | None = None if path else IMPLIED
        self._lower = self._stands
        """What the layers below the present one left there."""
        self._children: set[str] = set()

    def apply(self, layer: int, numbers: Sequence[int]) -> None:
        """Put the entries of one layer on those before."""
        entries = self._entries
        for number in numbers:
            if entries[number].kind in _HIDING:
                self._hide(layer, entries[number])
        self._lower = self._stands
        for number in numbers:
            if entries[number].kind not in _HIDING and entries[number].name:  # nothing takes the root's place
                self._put(layer, number)
        if self._stands is not None and self._stands != self._lower:
            self.steps.append(Step(layer, self._lower, self._stands))

    def _hide(self, layer: int, entry: Entry) -> None:
        opaque = entry.kind is EntryKind.OPAQUE
        at = entry.parent if opaque else entry.path
        if opaque and at == self._path:
            if self._children:
                self.steps.append(Step(layer, self._stands, self._stands, at, "opaque"))
                self._children.clear()
        elif is_within(self._path, at):
            self._remove(layer, at, "opaque" if opaque else "whiteout")
        elif entry.parent == self._path:
            self._children.discard(entry.name)

    def _put(self, layer: int, number: int) -> None:
        entry = self._entries[number]
        at = entry.path
        if at == self._path:
            if not (entry.kind is EntryKind.DIRECTORY and is_folder(self._entries, self._stands)):
                self._children.clear()
            self._stands = number
        elif is_within(at, self._path):
            if not is_folder(self._entries, self._stands):
                self._children.clear()
                self._stands = IMPLIED
            self._children.add(at[len(self._path) :].lstrip("/").partition("/")[0])
        elif entry.kind is not EntryKind.DIRECTORY:
            self._stands = self._lower
            self._remove(layer, at, "replaced")
            self._lower = None

    def _remove(self, layer: int, at: str, how: str) -> None:
        """Note that what lower layers left there is gone with a path."""
        if self._stands is not None:
            self.steps.append(Step(layer, self._stands, None, at, how))
        self._stands = None
        self._children.clear()
