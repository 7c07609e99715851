"""Where common parents could be put: what several branches of the forest have apart → plans that can all be followed.

An image has one parent. So of two plans either one's images are all among the other's, or none of them: what would
cross a plan that saves more is cut down to the part that fits. That is greedy, a good choice and not surely the best.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from typing import Final

from msgspec import Struct

from layerscope.sharing.forest import GROUND, Node, meeting

_PLANS: Final = 50
"""Parents that are planned at one place."""
_PIECES: Final = 2000
"""Groups at one place that are tried, those that save most: each is held against all plans there."""


class Piece(Struct, frozen=True):
    """What several nodes have, each for itself."""

    nodes: tuple[int, ...]
    """In the order of the forest."""
    weights: tuple[int, ...]
    """Bytes of it in each of them."""
    matter: object
    """What it is, to whom it concerns."""

    @property
    def gain(self) -> int:
        """Bytes that are saved if it is kept once; of several weights the largest is the one that stays."""
        return sum(self.weights) - max(self.weights)


class Plan(Struct, frozen=True):
    """A parent that could be: on which node, below which of the nodes that stand there, and what it would hold."""

    place: int
    branches: frozenset[int]
    pieces: tuple[Piece, ...]


def plans(nodes: Sequence[Node], pieces: Iterable[Piece], bases: Mapping[int, int] | None = None) -> Iterator[Plan]:
    """Plan parents, place by place. ``bases`` numbers those bottom layers that could be one; others are left alone."""
    places: dict[int, dict[frozenset[int], list[Piece]]] = {}
    for piece in pieces:
        for place, branches, part in _meetings(nodes, piece, bases or {}):
            places.setdefault(place, {}).setdefault(branches, []).append(part)
    for place, groups in sorted(places.items()):
        for branches, members in _fitting(nodes, groups).items():
            yield Plan(max(place, GROUND), branches, tuple(members))


def _meetings(
    nodes: Sequence[Node], piece: Piece, bases: Mapping[int, int]
) -> Iterator[tuple[int, frozenset[int], Piece]]:
    """Yield where branches meet that have the piece in all of their images, with those branches."""
    weight_of = dict(zip(piece.nodes, piece.weights, strict=True))
    tops, covered = _tops(nodes, weight_of)
    meetings: dict[int, dict[int, list[int]]] = {}
    for top in tops:
        branch, place = top, nodes[top].parent
        while place != GROUND and covered[place] == nodes[place].images:
            branch, place = place, nodes[place].parent
        if place == GROUND and branch in bases:
            place = GROUND - 1 - bases[branch]
        meetings.setdefault(place, {}).setdefault(branch, []).append(top)
    for place, branches in meetings.items():
        if place != GROUND and len(branches) > 1:
            yield place, frozenset(branches), part_of(piece, sorted(top for each in branches.values() for top in each))
            continue
        for members in branches.values():  # of one branch, or on nothing: they meet further up
            if len(members) > 1:
                inner = _common(nodes, members)
                yield inner, frozenset(_above(nodes, each, inner) for each in members), part_of(piece, members)


def _common(nodes: Sequence[Node], numbers: Sequence[int]) -> int:
    """Return the highest node that all of several stand on."""
    return reduce(partial(meeting, nodes), (nodes[number].parent for number in numbers))


def _above(nodes: Sequence[Node], number: int, place: int) -> int:
    """Return the node below or at ``number`` that stands on ``place``."""
    while nodes[number].parent != place:
        number = nodes[number].parent
    return number


def part_of(piece: Piece, numbers: Sequence[int]) -> Piece:
    """Keep what some of a piece's nodes have."""
    kept = set(numbers)
    pairs = [pair for pair in zip(piece.nodes, piece.weights, strict=True) if pair[0] in kept]
    return Piece(tuple(number for number, _ in pairs), tuple(weight for _, weight in pairs), piece.matter)


def _tops(nodes: Sequence[Node], among: Mapping[int, int]) -> tuple[list[int], dict[int, int]]:
    """Leave out nodes that stand on another one; count the images of the rest for each node below them."""
    tops, covered = [], dict[int, int]()
    for number in among:
        trail = []
        at = nodes[number].parent
        while at != GROUND and at not in among:
            trail.append(at)
            at = nodes[at].parent
        if at == GROUND:
            tops.append(number)
            for each in trail:
                covered[each] = covered.get(each, 0) + nodes[number].images
    return tops, covered


def _fitting(nodes: Sequence[Node], groups: Mapping[frozenset[int], list[Piece]]) -> dict[frozenset[int], list[Piece]]:
    """Choose sets of branches that do not cross, those first that save most, and cut down the others to them."""

    def names(branches: frozenset[int]) -> list[str]:
        return sorted(nodes[each].chain_id for each in branches)  # whatever the order of images is

    order = sorted(groups, key=lambda each: (-sum(piece.gain for piece in groups[each]), names(each)))
    chosen: dict[frozenset[int], list[Piece]] = {}
    for branches in order[:_PIECES]:
        fitting = _cut(branches, chosen, names)
        if len(fitting) > 1 and (fitting in chosen or len(chosen) < _PLANS):
            members = groups[branches]
            if fitting != branches:
                members = [part for piece in members if (part := _within(nodes, piece, fitting))]
            chosen.setdefault(fitting, []).extend(members)
    return chosen


def _cut(
    branches: frozenset[int], chosen: Iterable[frozenset[int]], names: Callable[[frozenset[int]], list[str]]
) -> frozenset[int]:
    """Take the larger part of what is within or without each set that is crossed."""
    for other in chosen:
        inside = branches & other
        if inside and inside not in (branches, other):
            branches = max(inside, branches - other, key=lambda part: (len(part), names(part)))
    return branches


def _within(nodes: Sequence[Node], piece: Piece, branches: frozenset[int]) -> Piece | None:
    """Keep the part of a piece that stands on some branches."""
    kept = []
    for number in piece.nodes:
        at = number
        while at != GROUND and at not in branches:
            at = nodes[at].parent
        if at != GROUND:
            kept.append(number)
    return part_of(piece, kept) if len(kept) > 1 else None
