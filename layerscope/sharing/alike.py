"""What contents tell is stored more than once: files of one path with the same bytes in several layers.

Files are sorted by path and bytes, then by the set of layers that have them: each is looked at once, and none is held
against another. Contents are read only of those that may be equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from layerscope.filesystem import settle
from layerscope.layers.contents import Contents
from layerscope.model import DiffID, EntryKind
from layerscope.sharing.forest import Node
from layerscope.sharing.parents import Piece

_ONE_BASE: Final = 0.5
"""Part of a bottom layer that must stand in another one as well, for both to be called versions of one base."""
_BASES: Final = 200
"""Sets of bottom layers that are looked at, those with most bytes in common."""


class Thing(Struct, frozen=True, gc=False):
    """A file, or a symbolic link."""

    path: str
    size: int


_Key = tuple[str, str, int, str]
_Holder = tuple[int, int]
"""A node, and the index of the entry in its layer."""


def pieces_alike(nodes: Sequence[Node], contents: Mapping[DiffID, Contents]) -> list[Piece]:
    """Gather what several layers have alike, by the layers that have it; the matter of a piece is its things."""
    groups: dict[tuple[int, ...], list[Thing]] = {}
    for key, holders in _named_alike(nodes, contents).items():
        if len(holders) > 1:
            thing = Thing(f"{key[0]}/{key[1]}" if key[0] else key[1], key[2])
            for numbers in _equal(nodes, contents, holders):
                groups.setdefault(numbers, []).append(thing)
    return [
        Piece(numbers, (sum(thing.size for thing in things),) * len(numbers), tuple(things))
        for numbers, things in groups.items()
    ]


def things_of(contents: Contents) -> Iterator[tuple[int, Thing]]:
    """Yield what has bytes in a layer, with the index of its entry; not what the layer's own tar replaced."""
    superseded = settle([contents.entries]).superseded
    for index, entry in enumerate(contents.entries):
        if entry.size and entry.kind in (EntryKind.FILE, EntryKind.SYMLINK) and index not in superseded:
            yield index, Thing(entry.path, entry.size)


def bases_alike(nodes: Sequence[Node], pieces: Sequence[Piece], content: Mapping[DiffID, int]) -> dict[int, int]:
    """Give numbers to bottom layers that are versions of one base: most bytes of each stand in the others too."""
    common: dict[frozenset[int], int] = {}
    for piece in pieces:
        bottoms = frozenset(number for number in piece.nodes if nodes[number].depth == 1)
        if len(bottoms) > 1:
            common[bottoms] = common.get(bottoms, 0) + piece.weights[0]
    order = sorted(common, key=lambda each: (-common[each], sorted(nodes[number].chain_id for number in each)))
    order = order[:_BASES]
    found: dict[int, int] = {}
    for base, bottoms in enumerate(order):
        weight = sum(common[other] for other in order if other >= bottoms)
        largest = max(content.get(nodes[number].diff_id, 0) for number in bottoms)
        if found.keys().isdisjoint(bottoms) and weight >= _ONE_BASE * largest:
            found.update(dict.fromkeys(bottoms, base))
    return found


def _named_alike(nodes: Sequence[Node], contents: Mapping[DiffID, Contents]) -> dict[_Key, list[_Holder]]:
    """Gather who has files of one path and size, and links of one text."""
    holders: dict[_Key, list[_Holder]] = {}
    for number, node in enumerate(nodes):
        layer = contents.get(node.diff_id) if node.images else None
        if layer is not None:
            for index, _ in things_of(layer):
                entry = layer.entries[index]
                target = entry.target if entry.kind is EntryKind.SYMLINK else ""
                holders.setdefault((entry.parent, entry.name, entry.size, target), []).append((number, index))
    return holders


def _equal(
    nodes: Sequence[Node], contents: Mapping[DiffID, Contents], holders: Sequence[_Holder]
) -> Iterator[tuple[int, ...]]:
    """Yield the nodes that have the same contents there."""
    groups: dict[object, dict[int, None]] = {}
    for number, index in holders:
        diff_id = nodes[number].diff_id
        layer = contents[diff_id]
        entry = layer.entries[index]
        if entry.kind is EntryKind.SYMLINK:
            key: object = ""  # links are known by their text, which is the same
        else:
            key = layer.facts.digest(index, entry) or diff_id
        groups.setdefault(key, {})[number] = None
    return (tuple(numbers) for numbers in groups.values() if len(numbers) > 1)
