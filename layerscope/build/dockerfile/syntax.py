"""A Dockerfile's text → its statements, by the rules of BuildKit's parser (frontend/dockerfile/parser).

Every line is kept, so that the file can be written again as it was, whole or statement by statement.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import msgspec
from msgspec import Struct

from layerscope.build.dialects import KEYWORDS
from layerscope.build.dockerfile.lexer import SPACES, UNKNOWN, LexError, raw_words, unquoted
from layerscope.build.location import Location
from layerscope.errors import UsageError

LIMIT: Final = 1024 * 1024
"""Bytes of a Dockerfile; BuildKit takes as many, in lines of 64 KiB."""

_BOM: Final = "\ufeff"
_BLANKS: Final = "\t\v\f\r "
_DIRECTIVES: Final = ("syntax", "escape", "check")
_WITH_HEREDOCS: Final = ("ADD", "COPY", "RUN")
_WITH_LISTS: Final = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})


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


class Statement(Struct, frozen=True):
    """One instruction as a Dockerfile has it."""

    keyword: str
    """In capitals."""
    flags: tuple[str, ...]
    """``--from=build`` and the like, quotes taken off."""
    text: str
    """What follows keyword and flags, on one line: continued lines are joined, comments within left out."""
    line: str
    """What follows the keyword, flags as written, on one line."""
    heredocs: tuple[Heredoc, ...]
    first_line: int
    last_line: int
    """With heredocs; counted from 1."""

    @property
    def exec_form(self) -> tuple[str, ...] | None:
        """The words of ``["a", "b"]``; ``None`` for what is no list of strings, or of a kind that takes none."""
        return json_words(self.text) if self.keyword in _WITH_LISTS else None

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a list, else what blanks part."""
        listed = self.exec_form
        return tuple(blank_words(self.text)) if listed is None else listed


class Dockerfile(Struct, frozen=True):
    """A whole Dockerfile."""

    name: str
    """The file, as it was named."""
    escape: str
    r"""What continues lines: ``\`` or, by a directive, a backtick."""
    directives: tuple[tuple[str, str], ...]
    """``syntax``, ``escape`` and ``check`` of the first lines, with their values."""
    lines: tuple[str, ...]
    """With their ends; joined, they are the file. Bytes that are no UTF-8 are surrogate escapes (PEP 383)."""
    statements: tuple[Statement, ...]

    def location(self, statement: Statement) -> Location:
        """Say where a statement stands."""
        return Location(self.name, statement.first_line, statement.last_line)

    def source(self, statement: Statement) -> str:
        """Return a statement as it stands in the file, comments within it and the last line's end included."""
        return "".join(self.lines[statement.first_line - 1 : statement.last_line])


def load(path: str) -> Dockerfile:
    """Read and parse a file; raises UsageError."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would have to be imported
            data = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {path}: {why}", hint="--dockerfile takes a file.") from error
    return parse(data, path)


def parse(data: bytes, name: str = "Dockerfile") -> Dockerfile:
    """Parse a Dockerfile; raises UsageError with file and line for what no builder would take."""
    if len(data) > LIMIT:
        raise UsageError(f"{name}: larger than a Dockerfile may be ({LIMIT:,} bytes)")
    text = data.decode("utf-8", "surrogateescape")
    if UNKNOWN in text:
        raise UsageError(f"{name}: holds a NUL byte, so it is no text in UTF-8")
    lines = lines_of(text)
    directives = dict(_directives(lines, name))
    escape = directives.get("escape", "\\")
    if escape not in ("\\", "`"):
        raise UsageError(f"{name}: the escape character may be \\ or `, not {escape!r}")
    statements = tuple(_statements(lines, escape, name))
    return Dockerfile(name, escape, tuple(directives.items()), tuple(lines), statements)


def lines_of(text: str) -> list[str]:
    """Part ``text`` after each newline, and nowhere else."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def json_words(text: str) -> tuple[str, ...] | None:
    """Read a list of strings in JSON."""
    if not text.startswith("["):
        return None
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except (msgspec.DecodeError, UnicodeEncodeError):  # a surrogate escape is no JSON
        return None


def blank_words(text: str) -> list[str]:
    """Part ``text`` at blanks, whatever is quoted."""
    for blank in _BLANKS[:-1]:
        text = text.replace(blank, " ")
    return [word for word in text.split(" ") if word]


def assignments(text: str, escape: str) -> list[tuple[str, str | None]]:
    """Part ``A=b C="d e" F`` into names and values, quotes kept; without ``=`` the value is ``None``."""
    escape = re.escape(escape)
    word = re.compile(rf"""(?:{escape}.|'[^']*+'|"(?:[^"{escape}]++|{escape}.)*+"|[^\s'"{escape}])++""", re.DOTALL)
    parts = (found[0].partition("=") for found in word.finditer(text))
    return [(name, value if equals else None) for name, equals, value in parts]


# --- The first lines ----------------------------------------------------------------------------------------


def _directives(lines: list[str], name: str) -> Iterator[tuple[str, str]]:
    """Read ``# escape=`` and its like; the first line that is none ends them."""
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        comment = line.removeprefix(_BOM if number == 1 else "").strip(SPACES)
        key, equals, value = comment.removeprefix("#").partition("=")
        key, value = key.strip(SPACES).lower(), value.strip(SPACES)
        if not comment.startswith("#") or not equals or not value or key not in _DIRECTIVES:
            return
        if key in seen:
            raise UsageError(f"{name}:{number}: only one {key} directive can be used")
        seen.add(key)
        yield key, value


# --- Statements ---------------------------------------------------------------------------------------------


def _statements(lines: list[str], escape: str, name: str) -> Iterator[Statement]:
    ends = _Ends(lines)
    at = 0
    while at < len(lines):
        line = lines[at].removeprefix(_BOM if at == 0 else "").rstrip("\r\n").lstrip(SPACES)
        if not line or line.startswith("#"):
            at += 1
            continue
        first = at + 1
        line, at = _joined(lines, at, line, escape)
        keyword, rest = _split_keyword(line, f"{name}:{first}")
        flags, text = _split_flags(rest)
        statement = Statement(keyword, flags, text, rest, (), first, at)
        if _takes_heredocs(statement):
            heredocs, at = _heredocs(line, lines, at, ends, f"{name}:{first}")
            statement = msgspec.structs.replace(statement, heredocs=heredocs, last_line=at)
        yield statement


def _joined(lines: list[str], at: int, line: str, escape: str) -> tuple[str, int]:
    """Join a line with those that continue it, and go on past them; comments and empty lines between are left out."""
    at += 1
    part, goes_on = _continued(line, escape)
    parts = [part]
    while goes_on and at < len(lines):
        line = lines[at].rstrip("\r\n")
        at += 1
        bare = line.lstrip(SPACES)
        if bare and not bare.startswith("#"):
            part, goes_on = _continued(line, escape)
            parts.append(part)
    return "".join(parts), at


def _continued(line: str, escape: str) -> tuple[str, bool]:
    """Take the escape character off the end, where there is one and it is not itself escaped."""
    bare = line.rstrip(" \t")
    goes_on = bare.endswith(escape) and not bare.endswith(escape * 2)
    return (bare[:-1], True) if goes_on else (line, False)


def _split_keyword(line: str, place: str) -> tuple[str, str]:
    """Split a line at its first blank."""
    line = line.strip(SPACES)
    length = next((at for at, char in enumerate(line) if char in _BLANKS), len(line))
    keyword = line[:length].upper()
    if keyword not in KEYWORDS:
        raise UsageError(f"{place}: {line[:length][:40]!r} is no Dockerfile instruction")
    return keyword, line[length:].strip(SPACES)


def _split_flags(rest: str) -> tuple[tuple[str, ...], str]:
    """Take ``--name=value`` off the front, where a backslash escapes whatever the file's own escape is."""
    flags: list[str] = []
    at = 0
    while rest.startswith("--", at):
        word, at = _flag(rest, at)
        if word == "--":
            break
        flags.append(word)
        while at < len(rest) and rest[at] in SPACES:
            at += 1
    return tuple(flags), rest[at:].strip(SPACES)


def _flag(rest: str, at: int) -> tuple[str, int]:
    """Read one word with its quotes taken off."""
    chars: list[str] = []
    quote = ""
    while at < len(rest):
        char = rest[at]
        if not quote and char in SPACES:
            break
        at += 1
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == "\\":
            chars.append(rest[at : at + 1])
            at += 1
        else:
            chars.append(char)
    return "".join(chars), at


def _takes_heredocs(statement: Statement) -> bool:
    if "<<" not in statement.text:
        return False
    keyword, text = statement.keyword, statement.text
    if keyword == "ONBUILD":
        keyword, _, text = text.partition(" ")
        text = _split_flags(text.strip(SPACES))[1]
    return keyword.upper() in _WITH_HEREDOCS and json_words(text) is None


def _heredocs(line: str, lines: list[str], at: int, ends: "_Ends", place: str) -> tuple[tuple[Heredoc, ...], int]:
    """Read the heredocs that a line announces, one after the other."""
    found: list[Heredoc] = []
    for word in _announced(line):
        heredoc = as_heredoc(word)
        if heredoc is None:
            continue
        end = ends.after(heredoc, at)
        if end is not None:
            found.append(msgspec.structs.replace(heredoc, body="".join(lines[at:end])))
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


class _Ends:
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
