"""How each manager orders versions: one function a manager, ``ORDERS`` names them.

A version is cut into parts that compare as tuples do. Its end is a part too, since what follows may be less than
nothing: ``1.0~rc1`` comes before ``1.0``. Numbers may be of any length: they compare by their digits. A manager that
takes other versions than its own rules know, as most do, has the order of most people for these: by numbers.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

Part = tuple[Any, ...]
Parts = tuple[Part, ...]

_BEFORE, _END, _BEHIND, _NAME, WORD, _LIST, _NUMBER, _LABEL = range(-1, 7)
"""Kinds of parts, in their order; the end's is 0. No rule says which of two ``WORD`` is the later one."""
_FINISHED: Final = (_END,)
_EARLY: Final = ("alpha", "beta", "canary", "dev", "milestone", "next", "nightly", "pre", "preview", "rc", "snapshot")
"""Words that stand behind the number of what is not out yet; in the order of the alphabet, but for ``dev``."""


def _early(*words: str) -> dict[str, Part]:
    return {word: (_BEFORE, "" if word in ("dev", "~") else word) for word in (*words, "~")}


_WORDS: Final = _early(*_EARLY)
_MAVEN: Final = (
    _early("alpha", "beta", "milestone", "rc", "snapshot")
    | {"cr": (_BEFORE, "rc"), "sp": (_BEHIND, ""), "-": (_LIST, "")}
    | dict.fromkeys(("final", "ga", "release"), ())
)
_PHASES_OF_MAVEN: Final = {"a": "alpha", "b": "beta", "m": "milestone"}
_COMPOSER: Final = (
    _early("alpha", "beta", "rc", "dev")
    | {"a": (_BEFORE, "alpha"), "b": (_BEFORE, "beta"), "stable": ()}
    | dict.fromkeys(("patch", "pl", "p"), (_BEHIND, ""))
    | {"x": (_LABEL, "")}  # 1.x-dev comes after all of 1
)
_SEMANTIC: Final = r"v?([0-9]++(?:\.[0-9]++)*+)(?:-([^+]*+))?(?:\+.*+)?"
_PEP_440: Final = (
    r"v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?"
    r"(?:(?:-(?=[0-9])|[-_.]?(post|rev|r)[-_.]?)([0-9]*))?(?:[-_.]?(dev)[-_.]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_PHASES: Final = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_ALPINE: Final = r"([0-9]++(?:\.[0-9]++)*+)([a-z]?+)((?:_[a-z]++[0-9]*+)*+)(?:~[0-9a-f]++)?(?:-r([0-9]++))?"
_BEHIND_ALPINE: Final = ("cvs", "svn", "git", "hg", "p")


def _number(digits: str) -> Part:
    significant = digits.lstrip("0")
    return _NUMBER, len(significant), significant


_ZERO: Final = _number("")


def _release(numbers: Sequence[str]) -> Sequence[Part]:
    """Read numbers of which zeros at the end mean nothing: 1.0 is 1.0.0."""
    cut = list(map(_number, numbers))
    while cut and cut[-1] == _ZERO:
        cut.pop()
    return cut


# Of distributions


def _epoch(version: str) -> tuple[str, str]:
    epoch, colon, rest = version.partition(":")
    return (epoch, rest) if colon else ("", version)


def _debian(version: str) -> Iterator[Part]:
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


def _rpm(version: str) -> Iterator[Part]:
    """Cut as rpm does: other signs than ``~``, before the end, and ``^``, right behind it, only part."""
    epoch, rest = _epoch(version)
    yield _number(epoch)
    for part in rest.split("-"):
        for sign, digits, word in re.findall(r"([~^])|([0-9]++)|([A-Za-z]++)", part):
            if sign:
                yield (_BEFORE if sign == "~" else _BEHIND,)
            else:
                yield _number(digits) if digits else (_NAME, word)
        yield _FINISHED


def _apk(version: str) -> Iterator[Part]:
    """Cut as apk does (version.c): behind the first number 05 comes before 1; all numbers count, zeros too."""
    found = re.fullmatch(_ALPINE, version)
    if not found:
        yield from by_numbers(version)
        return
    first, *numbers = found[1].split(".")
    yield _number(first)
    for digits in numbers:
        if digits.startswith("0"):
            yield _NUMBER, len(digits.lstrip("0")) - len(digits), ""
        yield _number(digits)
    if found[2]:
        yield _NAME, found[2]
    for word, digits in re.findall(r"_([a-z]++)([0-9]*+)", found[3]):
        yield (_BEHIND, _BEHIND_ALPINE.index(word)) if word in _BEHIND_ALPINE else (_BEFORE, word)
        if digits:
            yield _number(digits)
    yield _FINISHED
    if found[4]:
        yield _number(found[4])


# Of languages


def _semantic(version: str, *, any_case: bool = False) -> Iterator[Part]:
    """Cut as semver.org has it (2.0.0, 11): identifiers of digits are numbers, and come before all others."""
    found = re.fullmatch(_SEMANTIC, version.lower() if any_case else version, re.DOTALL)
    if not found:
        yield from by_numbers(version)
        return
    yield from _release(found[1].split("."))
    if found[2]:
        yield _BEFORE, ""
        for name in found[2].split("."):
            yield _number(name) if name.isascii() and name.isdecimal() else (_LABEL, name)
    yield _FINISHED


def _python(version: str) -> Iterator[Part]:
    """Cut as PEP 440 has it: epoch, release, ``a``, ``b``, ``rc``, ``post``, ``dev``, and a local part."""
    found = re.fullmatch(_PEP_440, version.strip().lower())
    if not found:
        yield _BEFORE, ""
        yield from by_numbers(version)
        return
    epoch, release, phase, number, post, post_number, dev, dev_number, local = found.groups()
    yield _number(epoch or "")
    yield from _release(release.split("."))
    if phase:
        yield _BEFORE, _PHASES.get(phase, phase)
        yield _number(number)
    if post or post_number:
        yield _BEHIND, ""
        yield _number(post_number)
    if dev:
        yield _BEFORE, ""
        yield _number(dev_number)
    yield _FINISHED
    for name in re.split(r"[-_.]", local or ""):
        if name:
            yield _number(name) if name.isdecimal() else (_NAME, name)


def _gem(version: str) -> Iterator[Part]:
    """Cut as RubyGems does: any letters come before the end, and a hyphen says as much."""
    release, *rest = re.split(r"(?=[A-Za-z])", version.strip().replace("-", ".pre."), maxsplit=1)
    yield from _release(re.findall(r"[0-9]++", release))
    for digits, word in re.findall(r"([0-9]++)|([A-Za-z]++)", "".join(rest)):
        yield _number(digits) if digits else (_BEFORE, word)
    yield _FINISHED


def by_numbers(version: str, words: Mapping[str, Part] = _WORDS) -> Iterator[Part]:
    """Cut at signs, and between letters and digits; behind ``+`` is only how it was built, and 1.0 is 1.0.0.

    ``words`` says what is meant by those that have a meaning, and by signs; an empty part is nothing at all.
    """
    zeros = 0
    version = version.partition("+")[0].strip().removeprefix("v").lower()
    for digits, sign, word in re.findall(r"([0-9]++)|(~|(?<=[0-9])-(?=[0-9]))|([a-z]++)", version):
        part = _number(digits) if digits else words.get(sign, ()) if sign else words.get(word, (WORD, word))
        if part == _ZERO:
            zeros += 1
        elif part:
            yield from (_ZERO,) * (zeros if digits else 0)
            yield part
            zeros = 0
    yield _FINISHED


def _maven(version: str) -> Iterator[Part]:
    """Cut as Maven does (ComparableVersion): a letter is short for a phase where digits follow it."""
    spelled = re.sub(r"(?<![a-z])[abm](?=[0-9])", lambda found: _PHASES_OF_MAVEN[found[0]], version.lower())
    return by_numbers(spelled, _MAVEN)


ORDERS: Final[Mapping[str, Callable[[str], Iterable[Part]]]] = {
    "apk": _apk,
    "composer": partial(by_numbers, words=_COMPOSER),
    "dotnet": partial(_semantic, any_case=True),
    "dpkg": _debian,
    "gem": _gem,
    "go": _semantic,
    "java": _maven,
    "npm": _semantic,
    "python": _python,
    "rpm": _rpm,
}
