"""What the layers add up to: bytes by fate, what was hidden, and what a container sees."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from enum import StrEnum
from heapq import nlargest, nsmallest

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
    number: int
    """Of the entry, over all layers."""
    replacement: int | None
    """The entry that stands at the path since then; ``None`` for what was removed, or replaced by a folder that only a
    path below it implies."""


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
    folders: Mapping[str, dict[str, int]]
    """Folder → name → number of the entry that stands there, -1 for a folder that no entry brought."""
    entries: tuple[Entry, ...]
    """All layers' entries by number, the bottom layer's first."""
    starts: tuple[int, ...]
    """The number of each layer's first entry."""
    carriers: Mapping[int, int]
    """Hard link → the entry that brought its bytes."""
    superseded: frozenset[int]
    """Entries whose name a later entry of the same tar took: they never were content."""
    heirs: Mapping[int, int]
    """Entry → bytes of a hard link that is gone, whose last names' first one it is."""

    def kept(self, least: int = 0) -> list[Kept]:
        """List the files and links of the final filesystem that stand for at least ``least`` bytes, in no set order."""
        sizes = self.sizes()
        return [
            Kept(self.entries[number], self.layer_of(number), sizes[number])
            for children in self.folders.values()
            for number in children.values()
            if number >= 0 and sizes[number] >= least and self.entries[number].kind is not EntryKind.DIRECTORY
        ]

    def largest(self, count: int) -> list[Kept]:
        """List the ``count`` files and links that stand for most bytes, most first, equal ones by path."""
        sizes = self.sizes()
        shown = (sizes[number] for children in self.folders.values() for number in children.values() if number >= 0)
        least = max(1, min(nlargest(count, shown), default=1))  # so that paths are made of few
        return nsmallest(count, self.kept(least), key=lambda each: (-each.content_bytes, each.entry.path))

    def folder_bytes(self, without: Iterable[int] = ()) -> dict[str, int]:
        """Return the kept bytes below each folder, some entries left out; the root's is the sum of all."""
        sizes = [*self.sizes(), 0]  # the last is that of folders that no entry brought
        for number in without:
            sizes[number] = 0
        size_of = sizes.__getitem__
        totals = {folder: sum(map(size_of, children.values())) for folder, children in self.folders.items()}
        for folder in sorted(totals, key=len, reverse=True):  # a folder's path is longer than that of the one above
            if folder:
                totals[folder.rpartition("/")[0]] += totals[folder]
        return totals

    def sizes(self) -> list[int]:
        """Return the bytes that each entry stands for, by number."""
        sizes = [entry.size for entry in self.entries]
        for number, size in self.heirs.items():
            sizes[number] = size
        return sizes

    def layer_of(self, number: int) -> int:
        """Return the layer that an entry belongs to."""
        return bisect_right(self.starts, number) - 1  # of layers that begin at one number only the last is not empty

    def carrier_of(self, number: int) -> int:
        """Return the entry that brought the bytes: of a hard link, that of its file; of any other, itself."""
        return self.carriers.get(number, number)
