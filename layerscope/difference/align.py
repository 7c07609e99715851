"""Two histories beside each other: which instruction of the one is which of the other.

Anchors come first: what is the same in all that is known, then what has the same text, then what made the same layer.
Of two things that repeat, the first is taken to be the first of the other side, the second its second, so that each has
one partner; of partners that would cross, as many are kept as go together (the longest rising sequence). That leaves
gaps, in which the same is done again. In a gap without anchors similar lines are taken for one that was changed.

All is done in one set order of the two sides, whichever is the old one, and costs no more than the entries, some times
over, and their logarithm: histories may be hostile, and have thousands.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, NamedTuple

from layerscope.difference.similar import similar_pairs
from layerscope.difference.steps import Step

Aligned = tuple[int | None, int | None]
"""Places in the old and in the new history; one of them is ``None`` for what the other lacks."""
_Key = Callable[[Step], Hashable | None]

_REPEATS: Final = 4
"""Times that the gaps between anchors are searched for anchors of the same kind."""
_CELLS: Final = 100_000
"""Pairs of lines that are held against each other at most, in all gaps together."""


class _Gap(NamedTuple):
    """Stretches of both histories with no anchor between them."""

    start: int
    end: int
    other_start: int
    other_end: int


def align(old: Sequence[Step], new: Sequence[Step]) -> list[Aligned]:
    """Put each step beside its partner, or beside nothing; both sides stay in their order."""
    if [_order(step) for step in old] <= [_order(step) for step in new]:
        return list(_rows(_pairs(old, new), len(old), len(new)))
    pairs = [(one, other) for other, one in _pairs(new, old)]
    return list(_rows(pairs, len(old), len(new)))


def _order(step: Step) -> tuple[str, str, str]:
    return step.kind, step.words, repr(step.layer_name)


def _pairs(one: Sequence[Step], other: Sequence[Step]) -> list[tuple[int, int]]:
    """Find the partners, in order."""
    pairs: list[tuple[int, int]] = []
    gaps = [_Gap(0, len(one), 0, len(other))]
    for key in _KEYS:
        for _ in range(_REPEATS):
            found = [list(_anchors(one, other, gap, key)) for gap in gaps]
            gaps = [part for gap, anchors in zip(gaps, found, strict=True) for part in _parted(gap, anchors)]
            pairs += (anchor for anchors in found for anchor in anchors)
            if not any(found):
                break
    left = _CELLS
    for gap in gaps:
        cells = (gap.end - gap.start) * (gap.other_end - gap.other_start)
        if cells <= left:
            left -= cells
            alike = similar_pairs(one[gap.start : gap.end], other[gap.other_start : gap.other_end])
            pairs += ((gap.start + at, gap.other_start + beside) for at, beside in alike)
    return sorted(pairs)


_KEYS: Final[tuple[_Key, ...]] = (
    lambda step: (step.kind, step.words, step.layer_name),
    lambda step: None if step.is_unclaimed else (step.kind, step.words),
    lambda step: step.layer_name,
)


def _anchors(one: Sequence[Step], other: Sequence[Step], gap: _Gap, key: _Key) -> Iterator[tuple[int, int]]:
    """Yield the partners within a gap by a key."""
    places = dict(_numbered(other, gap.other_start, gap.other_end, key))
    met = [(at, places[name]) for name, at in _numbered(one, gap.start, gap.end, key) if name in places]
    for index in _longest_rise([beside for _, beside in met]):
        yield met[index]


def _numbered(steps: Sequence[Step], start: int, end: int, key: _Key) -> Iterator[tuple[Hashable, int]]:
    """Yield each step's key with how often it was met before, so that no two are the same; then the step's place."""
    met: Counter[Hashable] = Counter()
    for at in range(start, end):
        name = key(steps[at])
        if name is not None:
            yield (name, met[name]), at
            met[name] += 1


def _longest_rise(values: Sequence[int]) -> list[int]:
    """Return where the longest rising part of distinct values stands (patience sorting)."""
    ends: list[int] = []  # the least value at which a rise of each length ends
    places: list[int] = []
    before: list[int | None] = []
    for at, value in enumerate(values):
        length = bisect_left(ends, value)
        before.append(places[length - 1] if length else None)
        ends[length : length + 1] = [value]
        places[length : length + 1] = [at]
    rise: list[int] = []
    last = places[-1] if places else None
    while last is not None:
        rise.append(last)
        last = before[last]
    return rise[::-1]


def _parted(gap: _Gap, anchors: Sequence[tuple[int, int]]) -> Iterator[_Gap]:
    """Yield what is left of a gap between its anchors, where both sides have anything."""
    start, other_start = gap.start, gap.other_start
    for at, beside in (*anchors, (gap.end, gap.other_end)):
        if start < at and other_start < beside:
            yield _Gap(start, at, other_start, beside)
        start, other_start = at + 1, beside + 1


def _rows(pairs: Sequence[tuple[int, int]], old: int, new: int) -> Iterator[Aligned]:
    """Put between the partners what has none."""
    start, other_start = 0, 0
    for at, beside in (*pairs, (old, new)):
        yield from ((each, None) for each in range(start, at))
        yield from ((None, each) for each in range(other_start, beside))
        if at < old and beside < new:
            yield at, beside
        start, other_start = at + 1, beside + 1
