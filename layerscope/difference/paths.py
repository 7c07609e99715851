"""The final filesystems of both images, path by path.

Most files come from layers that both images have, and are the same without a look. Of the others, kind, bytes and the
target of a link tell; of files as large as they were only the contents do. Those are compared where they passed by
anyway, and else as far as little reading goes: files whose time changed first, the small ones first.
"""

from heapq import nsmallest
from itertools import takewhile
from typing import Final, NamedTuple

from msgspec import Struct

from layerscope.changes import ChangedPathReport, PathGroups
from layerscope.difference.groups import Groups
from layerscope.difference.sides import Side
from layerscope.filesystem.files import Files
from layerscope.model import EntryKind

_READING: Final = 64 * 1024 * 1024
"""Bytes of contents that are read at most."""
_OPENING: Final = 8 * 1024
"""Bytes that could be read in the time that it takes to begin with a file."""


class ChangedPath(Struct, frozen=True, gc=False):
    """A path that is not as it was."""

    change: str
    folder: str
    name: str
    old_bytes: int
    new_bytes: int

    @property
    def path(self) -> str:
        """The whole path, relative to the root."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class Compared(Struct, frozen=True):
    """What became of all paths."""

    changed: tuple[ChangedPath, ...]
    """In no set order."""
    groups: PathGroups


class _Doubt(NamedTuple):
    """A file as large as it was, by another layer: the same or not."""

    is_as_old: bool
    """Whether its time is the same."""
    contents: int
    path: tuple[str, str]
    old: int
    new: int
    bytes: tuple[int, int]


def compare_paths(old: Side, new: Side) -> Compared:
    """Tell what changed, and add all paths up."""
    return _Comparison(old, new).finish()


class _Comparison:
    """Two filesystems while they are compared. Entries are known by their number in their own image."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old.files, new.files
        self._names = _layer_names(old), _layer_names(new)
        self._shared = _shared_entries(old, new)
        self._sizes = old.files.filesystem.sizes(), new.files.filesystem.sizes()
        self._groups = Groups()
        self._changed: list[ChangedPath] = []
        self._doubts: list[_Doubt] = []

    def finish(self) -> Compared:
        """Compare everything."""
        one, other = self._old.filesystem.folders, self._new.filesystem.folders
        for folder in dict.fromkeys((*one, *other)):
            self._compare(folder, one.get(folder, {}), other.get(folder, {}))
        self._settle()
        return Compared(tuple(self._changed), PathGroups(**self._groups.named(PathGroups.__struct_fields__)))

    def _compare(self, folder: str, one: dict[str, int], other: dict[str, int]) -> None:
        (old_sizes, new_sizes), shared = self._sizes, self._shared
        same, same_bytes = 0, 0
        for name, number in one.items():
            if not _is_file(self._old, number):
                continue
            size, beside = old_sizes[number], other.get(name, -1)
            if beside == number < shared and new_sizes[number] == size:
                same += 1
                same_bytes += size
            elif not _is_file(self._new, beside):
                self._tell("removed", folder, name, size, 0)
            else:
                self._tell_both((folder, name), number, beside)
        for name, number in other.items():
            if _is_file(self._new, number) and not _is_file(self._old, one.get(name, -1)):
                self._tell("added", folder, name, 0, new_sizes[number])
        self._groups.add("same", same_bytes, same_bytes, same)

    def _tell(self, change: str, folder: str, name: str, old_bytes: int, new_bytes: int) -> None:
        self._groups.add(change, old_bytes, new_bytes)
        if change in ("added", "removed", "changed"):
            self._changed.append(ChangedPath(change, folder, name, old_bytes, new_bytes))

    def _tell_both(self, path: tuple[str, str], number: int, beside: int) -> None:
        """Compare what stands at one path in both."""
        sizes = self._sizes[0][number], self._sizes[1][beside]
        old, new = self._old.carrier_of(number), self._new.carrier_of(beside)
        one, other = self._old.entry(old), self._new.entry(new)
        if self._is_one(old, new):
            self._tell("same" if sizes[0] == sizes[1] else "changed", *path, *sizes)
        elif sizes[0] != sizes[1] or (one.kind, one.size, one.target) != (other.kind, other.size, other.target):
            self._tell("changed", *path, *sizes)
        elif one.kind is not EntryKind.FILE or not one.size:
            self._tell("same", *path, *sizes)
        else:
            self._doubts.append(_Doubt(one.mtime == other.mtime, one.size, path, old, new, sizes))

    def _is_one(self, old: int, new: int) -> bool:
        """Tell whether two entries are the same one, of one layer."""
        layer, other = self._old.layer_of(old), self._new.layer_of(new)
        name = self._names[0][layer]
        starts = self._old.filesystem.starts[layer], self._new.filesystem.starts[other]
        return name is not None and name == self._names[1][other] and old - starts[0] == new - starts[1]

    def _settle(self) -> None:
        """Compare contents, as far as that goes."""
        left = _READING
        for doubt in sorted(self._doubts):
            computed = self._old.is_given(doubt.old) != self._new.is_given(doubt.new)  # they could not be compared
            reading = self._old.reads(doubt.old, computed=computed) + self._new.reads(doubt.new, computed=computed)
            cost = reading and reading + _OPENING
            change = "uncompared"
            if cost <= left:
                left -= cost
                one = self._old.digest(doubt.old, computed=computed)
                other = self._new.digest(doubt.new, computed=computed)
                if one is not None and other is not None:
                    change = "same" if one == other else "changed"
            self._tell(change, *doubt.path, *doubt.bytes)


def largest_changes(compared: Compared, top: int) -> tuple[ChangedPathReport, ...]:
    """Name the paths that changed most: by what they grew or shrank, then by their bytes."""
    largest = nsmallest(top, compared.changed, key=_rank)
    return tuple(ChangedPathReport(each.change, each.path, each.old_bytes, each.new_bytes) for each in largest)


def _rank(each: ChangedPath) -> tuple[int, int, str]:
    return -abs(each.new_bytes - each.old_bytes), -max(each.old_bytes, each.new_bytes), each.path


def _is_file(files: Files, number: int) -> bool:
    """Tell whether something stands there, and is no folder."""
    return number >= 0 and files.entry(number).kind is not EntryKind.DIRECTORY


def _layer_names(side: Side) -> list[str | None]:
    return [layer.diff_id for layer in side.report.layers]


def _shared_entries(old: Side, new: Side) -> int:
    """Count the entries of the bottom layers that both have: these have the same numbers."""
    pairs = zip(_layer_names(old), _layer_names(new), strict=False)
    shared = sum(1 for _ in takewhile(lambda names: names[0] is not None and names[0] == names[1], pairs))
    return sum(layer.entries for layer in old.report.layers[:shared])
