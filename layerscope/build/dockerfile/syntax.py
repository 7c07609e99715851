"""A Dockerfile's text → its statements, by the rules of BuildKit's parser (frontend/dockerfile/parser).

Every line is kept, so that the file can be written again as it was, whole or statement by statement.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from layerscope.build.dialects import KEYWORDS
from layerscope.build.dockerfile.heredocs import Ends, Heredoc, read_heredocs, takes_heredocs
from layerscope.build.dockerfile.lexer import SPACES, UNKNOWN
from layerscope.build.dockerfile.texts import BLANKS, blank_words, json_words, lines_of
from layerscope.build.location import Location
from layerscope.errors import UsageError

LIMIT: Final = 1024 * 1024
"""Bytes of a Dockerfile; BuildKit takes as many, in lines of 64 KiB."""

_BOM: Final = "\ufeff"
_DIRECTIVES: Final = ("syntax", "escape", "check")
_WITH_LISTS: Final = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})


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
    ends = Ends(lines)
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
        heredocs: tuple[Heredoc, ...] = ()
        if takes_heredocs(*_triggered(keyword, text)):
            heredocs, at = read_heredocs(line, lines, at, ends, f"{name}:{first}")
        yield Statement(keyword, flags, text, rest, heredocs, first, at)


def _triggered(keyword: str, text: str) -> tuple[str, str]:
    """Return the instruction that an ONBUILD holds; any other is itself."""
    if keyword != "ONBUILD":
        return keyword, text
    words = blank_words(text)[:1]
    return "".join(words).upper(), _split_flags(text.removeprefix("".join(words)).strip(SPACES))[1]


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
    length = next((at for at, char in enumerate(line) if char in BLANKS), len(line))
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
