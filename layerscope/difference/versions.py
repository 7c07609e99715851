"""Which of two versions of a package is the later one, as its manager orders them; unknown where it would be a guess.

A version is cut into parts that compare as tuples do. Its end is a part too, since what follows may be less than
nothing: ``1.0~rc1`` comes before ``1.0``. Numbers may be of any length: they compare by their digits.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Parts = tuple[tuple[Any, ...], ...]

_LIMIT: Final = 256
"""Characters of a version that are looked at."""
_BEFORE, _END, _BEHIND, _WORD, _NUMBER = range(-1, 4)
"""Kinds of parts, in their order; the end's is 0."""
_EARLY: Final = frozenset({"alpha", "beta", "canary", "dev", "next", "nightly", "pre", "preview", "rc", "snapshot"})
"""Words that stand behind the number of what is not out yet."""
_EARLY_LETTERS: Final = frozenset({"a", "b", "c"})
"""The same in Python (PEP 440); elsewhere letters count on from a release: 1.1.1a, 1.1.1b."""
_SEMANTIC: Final = frozenset({"composer", "dotnet", "go", "npm"})
"""Managers to which a hyphen begins what comes before the release (semver.org)."""


def later(manager: str, old: str, new: str) -> bool | None:
    """Tell whether ``new`` comes after ``old``; ``None`` where that is not known."""
    one, other = parts(manager, old), parts(manager, new)
    if one == other:
        return None
    if manager not in _CUTS:
        differing = next(((a, b) for a, b in zip(one, other, strict=False) if a != b), None)
        if differing and all(kind == _WORD for kind, *_ in differing) and max(len(word) for _, word in differing) > 1:
            return None  # names of releases, or of commits
    return one < other


def parts(manager: str, version: str) -> Parts:
    """Cut a version into what compares."""
    version = version[:_LIMIT]
    return tuple(_CUTS[manager](version) if manager in _CUTS else _generic(version, manager))


def _number(digits: str) -> tuple[int, str]:
    significant = digits.lstrip("0")
    return len(significant), significant


def _epoch(version: str) -> tuple[str, str]:
    epoch, colon, rest = version.partition(":")
    return (epoch, rest) if colon else ("", version)


def _debian(version: str) -> Iterator[tuple[Any, ...]]:
    """Cut as dpkg does (deb-version(7)): letters come before all else but ``~``, which comes before the end."""
    epoch, rest = _epoch(version)
    upstream, hyphen, revision = rest.rpartition("-")
    yield (0,), _number(epoch)
    for part in (upstream, revision or "0") if hyphen else (rest, "0"):  # none is as much as 0
        for text, digits in re.findall(r"([^0-9]*+)([0-9]*+)", part):  # the last of them is empty: the end
            yield (*map(_debian_rank, text), 0), _number(digits)


def _debian_rank(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 0x110000


def _rpm(version: str) -> Iterator[tuple[Any, ...]]:
    """Cut as rpm does: other signs than ``~``, before the end, and ``^``, right behind it, only part."""
    epoch, rest = _epoch(version)
    yield (_NUMBER, *_number(epoch))
    for part in rest.split("-"):
        for sign, digits, word in re.findall(r"([~^])|([0-9]++)|([A-Za-z]++)", part):
            if sign:
                yield (_BEFORE if sign == "~" else _BEHIND,)
            else:
                yield (_NUMBER, *_number(digits)) if digits else (_WORD, word)
        yield (_END,)


def _generic(version: str, manager: str) -> Iterator[tuple[Any, ...]]:
    """Cut at signs, and between letters and digits; behind ``+`` is only how it was built, and 1.0 is 1.0.0."""
    zeros = 0
    version = version.partition("+")[0].strip().removeprefix("v")
    if manager == "python":  # whose epochs end with another sign, and are 0 where they are not said
        epoch, _, version = version.rpartition("!")
        yield (_NUMBER, *_number(epoch))
    for sign, digits, word in re.findall(r"([~-])|([0-9]++)|([A-Za-z]++)", version):
        if digits:
            number = _number(digits)
            if number[0]:
                yield from ((_NUMBER, *_number("")) for _ in range(zeros))
                yield (_NUMBER, *number)
            zeros = 0 if number[0] else zeros + 1
        elif word:
            zeros = 0
            yield _named(word.lower(), manager)
        elif sign == "~" or manager in _SEMANTIC:
            zeros = 0
            yield (_BEFORE, "")
        elif manager == "apk":  # its revision, which counts last
            zeros = 0
            yield (_END,)
    yield (_END,)


def _named(word: str, manager: str) -> tuple[int, str]:
    if word in _EARLY or (manager == "python" and word in _EARLY_LETTERS):
        return _BEFORE, "" if word == "dev" else word
    return _WORD, word


_CUTS: Final[dict[str, Callable[[str], Iterator[tuple[Any, ...]]]]] = {"dpkg": _debian, "rpm": _rpm}
