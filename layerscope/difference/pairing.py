"""Finding things again in the other image, by what they have in common: the surest signs first."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

Thing = TypeVar("Thing")
Sign = Callable[[Thing], Hashable | None]
"""What a thing is known by; ``None`` for one that is not known by such a sign."""


def pair(
    old: Sequence[Thing], new: Sequence[Thing], signs: Sequence[Sign[Thing]], order: Callable[[Thing], Any]
) -> Iterator[tuple[Thing | None, Thing | None]]:
    """Yield partners, then what has none. Of several with one sign each takes the next in ``order``."""
    left, right = sorted(old, key=order), sorted(new, key=order)
    for sign in signs:
        groups, others = _grouped(left, sign), _grouped(right, sign)
        left, right = groups.pop(None, []), others.pop(None, [])
        for name in dict.fromkeys((*groups, *others)):
            for one, other in zip_longest(groups.get(name, ()), others.get(name, ())):
                if one is not None and other is not None:
                    yield one, other
                elif one is not None:
                    left.append(one)
                elif other is not None:
                    right.append(other)
        left.sort(key=order)
        right.sort(key=order)
    yield from ((one, None) for one in left)
    yield from ((None, other) for other in right)


def _grouped(things: Sequence[Thing], sign: Sign[Thing]) -> dict[Hashable | None, list[Thing]]:
    groups: dict[Hashable | None, list[Thing]] = {}
    for thing in things:
        groups.setdefault(sign(thing), []).append(thing)
    return groups
