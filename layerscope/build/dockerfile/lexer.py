"""Words, quotes and variables of a Dockerfile line, as BuildKit's own lexer takes them (frontend/dockerfile/shell).

Not quite a shell's: ``$name``, ``${name}`` and ``${name:-word}`` with ``-``, ``+``, ``?``, ``#``, ``%`` and ``/``. What
a variable holds may be unknown: ``UNKNOWN`` then stands in the result for any text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

from layerscope.build.dockerfile.patterns import without_fitting

UNKNOWN: Final = "\0"
"""Any text at all; no Dockerfile holds it."""
SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
"""What Go calls space; Python counts four control characters more."""

Lookup = Callable[[str], str | None]
"""Name → value; ``None`` when it is not set."""
_Piece = tuple[str, bool]
"""A part of the result, and whether spaces in it part words."""

_DEEPEST: Final = 32
"""Variables within the words of variables."""
_SPECIAL: Final = frozenset("@*#?-$!")
_LONGEST: Final = 8 * 1024
"""Characters that variables may add to one text: a value of itself twice doubles with every line."""


class LexError(Exception):
    """An open quote, or a substitution that is none, which BuildKit refuses; or far too much text."""


def expand(text: str, lookup: Lookup, escape: str = "\\") -> str:
    """Put in variables and take off quotes; raises LexError."""
    return "".join(part for part, _ in _Lexer(text, escape, lookup).pieces())


def raw_words(text: str) -> list[str]:
    """Part a line at its spaces, everything left as written; space after ``<<`` parts nothing. Raises LexError."""
    return _words(_Lexer(text, "\\", None, raw=True).pieces())


def unquoted(text: str) -> list[str]:
    """Part ``text`` and take off its quotes; variables stay as written. Raises LexError."""
    return _words(_Lexer(text, "\\", None).pieces())


def _words(pieces: Iterable[_Piece]) -> list[str]:
    words: list[str] = []
    word: list[str] = []
    for text, parts in pieces:
        if not parts:
            word.append(text)
            continue
        for run, space in _runs(text):
            if not space:
                word.append(run)
            elif whole := "".join(word):
                words.append(whole)
                word = []
    if whole := "".join(word):
        words.append(whole)
    return words


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Part ``text`` into runs of spaces and of other characters."""
    at = 0
    for found in _space_runs().finditer(text):
        if found.start() > at:
            yield text[at : found.start()], False
        yield found[0], True
        at = found.end()
    if at < len(text):
        yield text[at:], False


@lru_cache(maxsize=1)
def _space_runs() -> re.Pattern[str]:
    return re.compile(f"[{SPACES}]+")


@lru_cache(maxsize=8)
def _ordinary(special: str) -> re.Pattern[str]:
    return re.compile(f"[^{re.escape(special)}]+")


class _Lexer:
    """One reading of one text, from its beginning to its end."""

    def __init__(self, text: str, escape: str, lookup: Lookup | None, *, raw: bool = False) -> None:
        self._text = text
        self._at = 0
        self._escape = escape
        self._lookup = lookup
        self._raw = raw
        self._depth = 0
        self._added = 0

    def pieces(self) -> list[_Piece]:
        """Read it all."""
        return self._until("", raw_escapes=self._raw)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _until(self, stop: str, *, raw_escapes: bool) -> list[_Piece]:
        """Read up to ``stop``, and past it; without one to the end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise LexError
        pieces: list[_Piece] = []
        ordinary = _ordinary("$'\"<" + self._escape + stop)
        while char := self._peek():
            if char == stop:
                self._at += 1
                self._depth -= 1
                return pieces
            if char == "$":
                pieces.append((self._dollar(), True))
            elif char in "'\"":
                pieces.append((self._quoted(char, raw_escapes=raw_escapes), False))
            elif char == self._escape:
                pieces += self._escaped(raw=raw_escapes)
            elif char == "<":
                pieces.append((self._heredoc(), not self._raw))
            else:
                found = ordinary.match(self._text, self._at)
                end = found.end() if found else self._at + 1
                pieces.append((self._text[self._at : end], True))
                self._at = end
        if stop:
            raise LexError
        self._depth -= 1
        return pieces

    def _escaped(self, *, raw: bool) -> Iterator[_Piece]:
        if raw:
            yield self._peek(), False
        self._at += 1
        if char := self._next():
            yield char, False

    def _heredoc(self) -> str:
        """Read ``<``; of ``<<`` the spaces behind it too, where the word that ends the heredoc is looked for."""
        start = self._at
        self._at += 1
        if self._raw and self._peek() == "<":
            self._at += 1
            while (char := self._peek()) and char in SPACES:
                self._at += 1
        return self._text[start : self._at]

    def _quoted(self, quote: str, *, raw_escapes: bool) -> str:
        """Read to the closing quote."""
        self._at += 1
        parts = [quote] if self._raw else []
        special = _ordinary(quote if quote == "'" else '"$' + self._escape)
        while char := self._peek():
            if char == quote:
                self._at += 1
                return "".join([*parts, quote] if self._raw else parts)
            if char == "$" and quote == '"':
                parts.append(self._dollar())
            elif char == self._escape and quote == '"':
                parts.append(self._escaped_in_quotes(raw=raw_escapes))
            else:
                found = special.match(self._text, self._at)
                end = found.end() if found else self._at + 1
                parts.append(self._text[self._at : end])
                self._at = end
        raise LexError

    def _escaped_in_quotes(self, *, raw: bool) -> str:
        """Read an escape between double quotes, where it only escapes ``"``, ``$`` and itself."""
        char = self._next()
        following = self._peek()
        if not following:
            return char if raw else ""
        if following in ('"', "$", self._escape):
            self._at += 1
            return char + following if raw else following
        return char + char if raw else char

    def _dollar(self) -> str:
        value = self._variable()
        self._added += len(value)
        if self._lookup is not None and self._added > _LONGEST:
            raise LexError
        return value

    def _variable(self) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            return self._plain(name, f"${name}") if name else "$"
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise LexError
        name = self._name()
        operator = self._next()
        if operator == "}":
            return self._plain(name, f"${{{name}}}")
        if operator == "/":
            return self._replaced(name)
        if colon := operator == ":":
            operator = self._next()
        if not operator or operator not in "+-?#%":
            raise LexError
        word = "".join(part for part, _ in self._until("}", raw_escapes=operator in "#%"))
        if self._lookup is None:
            return f"${{{name}{':' if colon else ''}{operator}{word}}}"
        return _modified(self._lookup(name), operator, word, colon=colon)

    def _plain(self, name: str, written: str) -> str:
        return written if self._lookup is None else self._lookup(name) or ""

    def _replaced(self, name: str) -> str:
        """Read ``${name/pattern/replacement}``; what a pattern with wildcards would replace is not known."""
        every = self._peek() == "/"
        if every:
            self._at += 1
        pattern = "".join(part for part, _ in self._until("/", raw_escapes=True))
        replacement = "".join(part for part, _ in self._until("}", raw_escapes=True))
        if self._lookup is None:
            return f"${{{name}/{pattern}/{replacement}}}"
        value = self._lookup(name) or ""
        if not pattern or UNKNOWN in value or any(char in pattern for char in "*?\\$"):
            return UNKNOWN
        times = value.count(pattern) if every else min(1, value.count(pattern))
        if len(value) + times * (len(replacement) - len(pattern)) > _LONGEST:  # gigabytes, else
            raise LexError
        return value.replace(pattern, replacement, times)

    def _name(self) -> str:
        start = self._at
        if (char := self._peek()).isdecimal():
            while self._peek().isdecimal():
                self._at += 1
        elif char and char in _SPECIAL:
            self._at += 1
        else:
            while (char := self._peek()) == "_" or char.isalpha() or char.isdecimal():
                self._at += 1
        return self._text[start : self._at]


def _modified(value: str | None, operator: str, word: str, *, colon: bool) -> str:
    """Apply an operator of ``${name…}``."""
    if value == UNKNOWN:
        return UNKNOWN
    absent = value is None or (colon and not value)
    if operator == "-":
        return word if absent else value or ""
    if operator == "+":
        return "" if absent else word
    if operator == "?":
        if absent:
            raise LexError
        return value or ""
    if UNKNOWN in word or UNKNOWN in (value or ""):
        return UNKNOWN
    rest = without_fitting(value or "", operator, word)
    return UNKNOWN if rest is None else rest
