"""Heredocs: texts that a line announces with ``<<EOF``, and that stand below it up to that word."""

from bisect import bisect_left
from functools import cached_property
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from layerscope.build.dockerfile.lexer import SPACES, LexError, raw_words, unquoted
from layerscope.build.dockerfile.texts import json_words, lines_of
from layerscope.errors import UsageError

_WITH_HEREDOCS: Final = frozenset({"ADD", "COPY", "RUN"})


class Heredoc(Struct, frozen=True):
    """A text between an instruction's line and the word that ends it."""

    name: str
    body: str
    """As it stands in the file, newlines and leading tabs included."""
    expand: bool
    """Whether variables in it are put in: its word is not quoted."""
    chomp: bool
    """Whether leading tabs are taken off: ``<<-``."""

    @property
    def contents(self) -> str:
        """The body as the builder uses it."""
        return "".join(line.lstrip("\t") for line in lines_of(self.body)) if self.chomp else self.body


def takes_heredocs(keyword: str, text: str) -> bool:
    """Tell whether an instruction is one that ``<<`` means something to."""
    return keyword in _WITH_HEREDOCS and "<<" in text and json_words(text) is None


def read_heredocs(line: str, lines: list[str], at: int, ends: "Ends", place: str) -> tuple[tuple[Heredoc, ...], int]:
    """Read the heredocs that a line announces, one after the other."""
    found: list[Heredoc] = []
    for word in _announced(line):
        heredoc = as_heredoc(word)
        if heredoc is None:
            continue
        end = ends.after(heredoc, at)
        if end is not None:
            found.append(replace(heredoc, body="".join(lines[at:end])))
            at = end + 1
        elif word.partition("<<")[2].lstrip("-")[:1] not in SPACES:  # not as in $((1 << 2)); << EOF is new, and rare
            raise UsageError(f"{place}: the heredoc {heredoc.name[:40]!r} has no end")
    return tuple(found), at


def _announced(line: str) -> list[str]:
    try:
        return raw_words(line)
    except LexError:  # BuildKit then looks for none
        return []


def as_heredoc(word: str) -> Heredoc | None:
    """Read ``<<EOF``, ``3<<-"EOF"``; the body is not known here."""
    digits, mark, rest = word.partition("<<")
    chomp = rest.startswith("-")
    rest = rest[chomp:].lstrip(SPACES)
    if not mark or not rest or "<" in rest or (digits and not (digits.isascii() and digits.isdecimal())):
        return None
    try:
        names = unquoted(rest)
    except LexError:
        return None
    if len(names) != 1:
        return None
    return Heredoc(names[0], "", expand=_quotes(names[0]) == _quotes(rest), chomp=chomp)


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


class Ends:
    """Where each heredoc could end: an index of the lines, so that many heredocs take no longer than one."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def after(self, heredoc: Heredoc, at: int) -> int | None:
        """Return the first line from ``at`` on that ends the heredoc."""
        index = self._without_tabs if heredoc.chomp else self._as_written
        numbers = index.get(heredoc.name, [])
        found = bisect_left(numbers, at)
        return numbers[found] if found < len(numbers) else None

    @cached_property
    def _as_written(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines):
            index.setdefault(line.rstrip("\r\n"), []).append(number)
        return index

    @cached_property
    def _without_tabs(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines):
            index.setdefault(line.rstrip("\r\n").lstrip("\t"), []).append(number)
        return index
