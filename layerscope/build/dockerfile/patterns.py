"""Patterns of ``${name#pattern}`` and ``${name%pattern}``: ``*`` for any text, ``?`` for a character."""

from typing import Final

_MOST_STEPS: Final = 64 * 1024
"""Characters of the value times those of the pattern."""


def without_fitting(value: str, operator: str, pattern: str) -> str | None:
    """Take off the shortest beginning (``#``) or end (``%``) that fits; the longest where the operator is doubled.

    ``None`` for a pattern that is none, or too much work.
    """
    longest = pattern.startswith(operator)
    tokens = _tokens(pattern[longest:])
    if tokens is None or len(value) * len(tokens) > _MOST_STEPS:
        return None
    if operator == "%":
        value, tokens = value[::-1], tokens[::-1]
    length = _beginning(tokens, value, longest=longest)
    rest = value[length:]
    return rest[::-1] if operator == "%" else rest


def _tokens(pattern: str) -> list[str] | None:
    r"""Part a pattern: ``*`` and ``?`` as ``**`` and ``??``, other characters alone; ``None`` if it is none."""
    tokens: list[str] = []
    chars = iter(pattern)
    for char in chars:
        if char != "\\":
            tokens.append(char * 2 if char in "*?" else char)
        elif (escaped := next(chars, "")) and escaped in "*?\\}/":
            tokens.append(escaped)
        else:
            return None
    return tokens


def _beginning(tokens: list[str], value: str, *, longest: bool) -> int:
    """Return how many characters of ``value`` the pattern takes; all ways to fit are followed at once."""
    last = len(tokens)
    ways = _past_stars({0}, tokens)
    length = 0
    for taken in range(len(value) + 1):
        if last in ways:
            length = taken
            if not longest:
                break
        if taken == len(value) or not ways:
            break
        char = value[taken]
        fitting = (at for at in ways if at < last and tokens[at] in ("**", "??", char))
        ways = _past_stars({at if tokens[at] == "**" else at + 1 for at in fitting}, tokens)
    return length


def _past_stars(ways: set[int], tokens: list[str]) -> set[int]:
    """Add what is reached where a ``*`` stands for nothing."""
    reached = set(ways)
    for way in ways:
        at = way
        while at < len(tokens) and tokens[at] == "**":
            at += 1
            reached.add(at)
    return reached
