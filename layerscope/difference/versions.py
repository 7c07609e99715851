"""Which of two versions of a package is the later one, as its manager orders them; unknown where that is a guess."""

from typing import Final

from layerscope.difference.orders import ORDERS, WORD, Parts, by_numbers

_LIMIT: Final = 256
"""Characters of a version that are looked at."""


def later(manager: str, old: str, new: str) -> bool | None:
    """Tell whether ``new`` comes after ``old``; ``None`` where that is not known."""
    one, other = parts(manager, old), parts(manager, new)
    if one == other:
        return None
    differing = next(((a, b) for a, b in zip(one, other, strict=False) if a != b), None)
    if differing and all(kind == WORD for kind, *_ in differing) and max(len(word) for _, word in differing) > 1:
        return None  # names of releases, or of commits
    return one < other


def parts(manager: str, version: str) -> Parts:
    """Cut a version into what compares."""
    return tuple(ORDERS.get(manager, by_numbers)(version[:_LIMIT]))
