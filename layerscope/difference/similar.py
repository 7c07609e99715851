"""Lines that look like one that was changed."""

import re
from collections.abc import Sequence
from typing import Final

from layerscope.difference.steps import Step

_TEXT_LIMIT: Final = 2048
"""Characters of a line that are looked at."""
_LEAST: Final = 0.4
"""Share of their words that two lines have in common at least."""
_SETTINGS: Final = frozenset(
    {"CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER", "WORKDIR"}
)
"""Instructions that set one thing: another one of them sets it anew."""

_Place = tuple[int, int]


def similar_pairs(one: Sequence[Step], other: Sequence[Step]) -> list[_Place]:
    """Choose the pairs that are most alike in sum, and do not cross."""
    if not one or not other:
        return []
    words, other_words = list(map(_words, one)), list(map(_words, other))
    best = [[0.0] * (len(other) + 1) for _ in range(len(one) + 1)]
    alike = [[0.0] * len(other) for _ in one]
    for at in range(len(one) - 1, -1, -1):
        for beside in range(len(other) - 1, -1, -1):
            if _is_nameless(one[at]) and _is_nameless(other[beside]):
                alike[at][beside] = _LEAST
            elif one[at].kind == other[beside].kind:
                alike[at][beside] = _likeness(one[at].kind, words[at], other_words[beside])
            together = best[at + 1][beside + 1] + alike[at][beside]
            best[at][beside] = max(together, best[at + 1][beside], best[at][beside + 1])
    return _way(best, alike)


def _way(best: Sequence[Sequence[float]], alike: Sequence[Sequence[float]]) -> list[_Place]:
    """Go along the best choices."""
    at, beside = 0, 0
    pairs: list[_Place] = []
    while at < len(alike) and beside < len(alike[0]):
        if alike[at][beside] and best[at][beside] == best[at + 1][beside + 1] + alike[at][beside]:
            pairs.append((at, beside))
            at, beside = at + 1, beside + 1
        elif best[at][beside] == best[at + 1][beside]:
            at += 1
        else:
            beside += 1
    return pairs


def _is_nameless(step: Step) -> bool:
    """Tell whether nothing is known of a step but a layer's sizes, as of a plain root filesystem."""
    return step.is_unclaimed and step.diff_id is None


def _words(step: Step) -> frozenset[str]:
    return frozenset() if step.is_unclaimed else frozenset(re.findall(r"\w+", step.words[:_TEXT_LIMIT]))


def _likeness(kind: str, words: frozenset[str], others: frozenset[str]) -> float:
    """Tell how much two lines of one kind have in common, from 0 to 1; nothing is less than the least."""
    common = 2 * len(words & others) / (len(words) + len(others)) if words and others else 0.0
    if kind in _SETTINGS:
        return (1 + common) / 2
    return common if common >= _LEAST else 0.0
