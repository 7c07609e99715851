"""A shell's command line → its commands, word by word.

Enough to know which programs an instruction starts, and with what; not a shell. What a variable or a substitution would
give is not known: the one stays as it is written, the other becomes ``$(…)``. Commands are hostile text: this is linear
in their length, and only the beginning of a very long one is read.

>>> [command.words for command in commands('set -e; apt-get update && apt-get install -y "curl"')]
[('set', '-e'), ('apt-get', 'update'), ('apt-get', 'install', '-y', 'curl')]
"""

import re
from collections.abc import Container, Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

SHELLS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})
"""Programs that take a script after ``-c``."""
_LIMIT: Final = 64 * 1024
_FLAGS: Final = 8
"""How far to look for ``-c``."""
_BEFORE_COMMANDS: Final = frozenset(
    {"!", "{", "}", "(", ")", "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "time", "sudo", "env"}
    | {"command", "nice", "nohup", "eatmydata", "builtin", "--"}
)


class Command(Struct, frozen=True):
    """One simple command."""

    words: tuple[str, ...]
    """The program and its arguments, quotes taken off; words before it that start no program are left out."""
    after: str
    """What ends it: ``&&``, ``||``, ``;``, ``|``, ``&``, a parenthesis, a newline, or nothing at the end."""
    redirected: tuple[str, ...] = ()
    """The files that it writes to."""

    @property
    def program(self) -> str:
        """The name of the program, without its folder."""
        return self.words[0].rpartition("/")[2]


@lru_cache(maxsize=256)
def commands(text: str) -> tuple[Command, ...]:
    """Return the commands that a shell would find, those too that it hands to another shell (once)."""
    return tuple(inner for outer in _commands(text[:_LIMIT]) for inner in _handed_on(outer))


def script_of(words: Sequence[str]) -> int | None:
    """Return where the script stands among the words that start a shell: ``/bin/bash -o pipefail -c SCRIPT``."""
    if not words or words[0].rpartition("/")[2] not in SHELLS:
        return None
    for at in range(1, min(len(words) - 1, _FLAGS)):
        if words[at].startswith("-") and words[at].endswith("c") and not words[at].startswith("--"):
            return at + 1
    return None


def subcommand(command: Command, names: Container[str]) -> bool:
    """Tell whether one of ``names`` is what the program is told to do: ``apt-get -o Retries=3 -y install``.

    That is its first argument, but for options and what may be their values.
    """
    before = ""
    for word in command.words[1:]:
        if not word.startswith("-"):
            if word in names:
                return True
            if not before.startswith("-"):
                return False
        before = word
    return False


def operands(command: Command) -> list[str]:
    """List what is neither the program nor an option."""
    return [word for word in command.words[1:] if not word.startswith("-")]


def _handed_on(command: Command) -> Iterator[Command]:
    """Yield the commands of ``bash -c "a && b"`` in its place.

    A RUN in exec form is recorded without its quotes, so that all words that are left belong to the script.
    """
    at = script_of(command.words)
    inner = _commands(" ".join(command.words[at:])) if at is not None else []
    if not inner:
        yield command
        return
    yield from inner[:-1]
    yield replace(inner[-1], after=command.after)


def _commands(text: str) -> list[Command]:
    reader = _Reader(text)
    reader.read()
    return reader.found


class _Reader:
    """A command line while it is read."""

    def __init__(self, text: str) -> None:
        self.found: list[Command] = []
        self._text = text
        self._words: list[str] = []
        self._redirected: list[str] = []
        self._redirection = ""
        self._documents: list[str] = []
        """Last lines of the heredocs that begin on the next line."""
        self._outer: list[tuple[list[str], list[str]] | None] = []
        """For each parenthesis that is open, the command that goes on after it, of a substitution."""

    def read(self) -> None:
        """Find all commands; those of a substitution come before the one that it is a word of."""
        position = 0
        while token := _token().match(self._text, position):
            position = token.end()
            if token.lastgroup == "operator":
                position = self._operator(token[0], token.start(), position)
            elif token.lastgroup == "redirection":
                self._redirection = token[0]
                continue
            elif token.lastgroup == "word":
                self._word(_unquoted(token[0]))
            else:
                continue
            self._redirection = ""
        self._end("")
        while self._outer:
            self._close()
            self._end("")

    def _word(self, word: str) -> None:
        if self._redirection in ("<<", "<<-"):
            self._documents.append(word)
        elif not self._redirection:
            self._words.append(word)
        elif ">" in self._redirection and "<" not in self._redirection and not self._redirection.endswith("&"):
            self._redirected.append(word)

    def _operator(self, operator: str, start: int, position: int) -> int:
        """End a command, and return where to read on."""
        if operator == "(" and self._words and start and self._text[start - 1] == "$":
            self._outer.append((self._words, self._redirected))
            self._words, self._redirected = [], []
            return position
        command = self._end(operator)
        if operator == "(":
            self._outer.append(None)
        elif operator == ")" and self._outer:
            self._close()
        elif operator == "\n" and self._documents:
            if command is None or command.program not in SHELLS:
                position = _after_documents(self._text, position, self._documents)
            self._documents = []
        return position

    def _close(self) -> None:
        if outer := self._outer.pop():
            self._words, self._redirected = outer
            self._words[-1] += "(…)"

    def _end(self, after: str) -> Command | None:
        words, start = self._words, 0
        while start < len(words) and (
            words[start] in _BEFORE_COMMANDS
            or _assignment().match(words[start])
            or (start and words[start].startswith("-"))  # an option of sudo, env or their like
        ):
            start += 1
        command = Command(tuple(words[start:]), after, tuple(self._redirected)) if start < len(words) else None
        if command:
            self.found.append(command)
        self._words, self._redirected = [], []
        return command


def _after_documents(text: str, position: int, ends: Sequence[str]) -> int:
    """Return where text goes on after the lines of heredocs, which are no commands."""
    for last in ends:
        line = None
        while position < len(text) and line != last:
            newline = text.find("\n", position)
            end = newline if newline >= 0 else len(text)
            line = text[position:end].lstrip("\t")
            position = end + 1
    return min(position, len(text))


def _unquoted(word: str) -> str:
    if "'" not in word and '"' not in word and "\\" not in word:
        return word
    return _quoted().sub(lambda part: next((group for group in part.groups() if group is not None), ""), word)


# Compiled when first asked for: not every image has a RUN.


@cache
def _token() -> re.Pattern[str]:
    return re.compile(
        r"""(?:\\\r?\n|[ \t\r])++                                # between words, lines that go on
        |(?P<comment>\#[^\n]*+)
        |(?P<operator>&&|\|\||;;|\|&|&(?!>)|[;|\n()])
        |(?P<redirection>[0-9]*+(?:&>>?|<<<|<<-?|>>|>\||<>|[<>])&?)
        |(?P<word>(?:[^\s\\'"`\#&|;()<>]++|(?<=\S)\#|\\.|'[^']*+'|"(?:[^"\\]++|\\.)*+"|`[^`]*+`)++)
        |(?P<stray>.)""",
        re.VERBOSE | re.DOTALL,
    )


@cache
def _quoted() -> re.Pattern[str]:
    return re.compile(r"""'([^']*+)'|"((?:[^"\\]++|\\.)*+)"|\\(.)""", re.DOTALL)


@cache
def _assignment() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z_][A-Za-z0-9_]*+=")
