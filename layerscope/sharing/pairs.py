"""The matrix of pairs: how far up the stacks of two images are one.

In the order of a walk through the forest, what two images share is the least that neighbours between them share. So a
row of the matrix is a running minimum, and the whole costs the number of its cells and no more.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter, neg
from typing import Final, TypeVar

from layerscope.comparison import PairsReport
from layerscope.sharing.forest import GROUND, Forest, meeting
from layerscope.sharing.measures import Measure

PAIRS_LIMIT: Final = 250
"""Images beyond which there is no matrix: its cells grow with the square of them, where all else grows with them, and
nobody reads a hundred thousand. The layers of a report tell the same."""

T = TypeVar("T")
_Rows = tuple[tuple[int | None, ...], ...]


def pairs_of(forest: Forest, order: Sequence[int], content: Measure, blob: Measure) -> PairsReport:
    """Make the matrix, images in the order in which they were added; ``order`` is a walk through the forest."""
    place = {number: at for at, number in enumerate(order)} | {GROUND: -1}
    tops = [image.top for image in forest.images]
    walk = sorted(range(len(tops)), key=lambda each: place[tops[each]])  # the images as the walk comes by them
    seats = sorted(range(len(walk)), key=walk.__getitem__)  # and where in it each image is
    common = [_common_depth(forest, tops[one], tops[next_]) for one, next_ in pairwise(walk)]
    before, after = _minima(common), _minima(common[::-1])[::-1]
    depths = []
    for seat, top in zip(seats, tops, strict=True):
        own = forest.nodes[top].depth if top != GROUND else 0
        depths.append(_picked([*reversed(before[seat]), own, *after[seat]], seats))
    return PairsReport(tuple(depths), _bytes(forest, depths, content), _bytes(forest, depths, blob))


def _minima(common: Sequence[int]) -> list[list[int]]:
    """For each image, give the depths that it shares with those it comes after, the nearest first.

    They only fall. So a neighbour's are one's own, but for the first few, which the depth shared with it cuts down.
    """
    rows: list[list[int]] = [[]]
    for depth in common:
        row = rows[-1]
        cut = bisect_left(row, -depth, key=neg)
        rows.append([depth] * (cut + 1) + row[cut:])
    return rows


def _common_depth(forest: Forest, one: int, other: int) -> int:
    """Count the layers that two stacks have in common."""
    common = meeting(forest.nodes, one, other)
    return forest.nodes[common].depth if common != GROUND else 0


def _bytes(forest: Forest, depths: Sequence[tuple[int, ...]], measure: Measure) -> _Rows | None:
    """Turn numbers of layers into their bytes."""
    if forest.nodes and all(value is None for value in measure.values):
        return None
    rows = []
    for image, row in zip(forest.images, depths, strict=True):
        stacks = [GROUND, *reversed(list(forest.path(image.top)))]
        rows.append(_picked([measure.stack(top) for top in stacks], row))
    return tuple(rows)


def _picked(values: Sequence[T], places: Sequence[int]) -> tuple[T, ...]:
    """Pick the values at some places, in their order, at C speed."""
    return itemgetter(*places)(values) if len(places) > 1 else tuple(values[place] for place in places)
