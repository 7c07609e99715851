"""What the layers add up to: bytes by fate, what was hidden, and what a container sees."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from layerscope.model import Entry, EntryKind


class Fate(StrEnum):
    """What becomes of the bytes that a layer brings."""

    KEPT = "kept"
    OVERWRITTEN = "overwritten"
    """A later layer writes something else at their path."""
    REMOVED = "removed"
    """A later layer takes their path away: a whiteout, or a folder above it replaced by what is no folder."""


class LayerBytes(Struct, frozen=True):
    """Content bytes of one layer by fate; ``content = kept + overwritten + removed``."""

    content: int
    overwritten: int
    removed: int

    @property
    def kept(self) -> int:
        """Content bytes that the final filesystem shows."""
        return self.content - self.overwritten - self.removed


class Hidden(Struct, frozen=True, gc=False):
    """Bytes of ``layer`` that the layer ``by`` hid; ``entry`` is the one that brought them."""

    entry: Entry
    layer: int
    fate: Fate
    by: int


class Kept(Struct, frozen=True, gc=False):
    """A file or symbolic link of the final filesystem, with the content bytes that it stands for.

    Of hard links one name stands for the bytes of all.
    """

    entry: Entry
    layer: int
    content_bytes: int


class Filesystem(Struct, frozen=True):
    """The layers of one image, applied from the bottom up."""

    layers: tuple[LayerBytes, ...]
    hidden: tuple[Hidden, ...]
    """In the order of hiding."""
    folders: Mapping[str, Mapping[str, int]]
    """Folder → name → number of the entry that stands there, -1 for a folder that no entry brought."""
    entries: tuple[Entry, ...]
    """All layers' entries by number, the bottom layer's first."""
    starts: tuple[int, ...]
    """The number of each layer's first entry."""
    heirs: Mapping[int, int]
    """Entry → bytes of a hard link that is gone, whose last names' first one it is."""

    def kept(self) -> list[Kept]:
        """List what the final filesystem holds, folders left out, in no order that means anything."""
        layer_of = self._layer_of_each()
        entries, heirs, directory = self.entries, self.heirs, EntryKind.DIRECTORY
        return [
            Kept(entry, layer_of[number], heirs.get(number, entry.size) if heirs else entry.size)
            for children in self.folders.values()
            for number in children.values()
            if number >= 0 and (entry := entries[number]).kind is not directory
        ]

    def folder_bytes(self) -> dict[str, int]:
        """Return the kept bytes below each folder; the root's is the sum of all."""
        entries, heirs = self.entries, self.heirs
        totals = {
            folder: sum(heirs.get(number, entries[number].size) for number in children.values() if number >= 0)
            for folder, children in self.folders.items()
        }
        for folder in sorted(totals, key=len, reverse=True):  # a folder's path is longer than that of the one above
            if folder:
                totals[folder.rpartition("/")[0]] += totals[folder]
        return totals

    def _layer_of_each(self) -> list[int]:
        borders = pairwise((*self.starts, len(self.entries)))
        return [layer for layer, (start, end) in enumerate(borders) for _ in range(start, end)]
