"""A shell's command line → its commands, word by word.

Enough to know which programs an instruction starts, and with what; not a shell. What a variable or a substitution would
give is not known, so that such words stay as they are written. Commands are hostile text: this is linear in their
length, and only the beginning of a very long one is read.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

_LIMIT: Final = 64 * 1024
_TOKEN: Final = re.compile(
    r"""(?:\\\r?\n|[ \t\r])++                                    # between words, lines that go on
    |(?P<comment>\#[^\n]*+)
    |(?P<operator>&&|\|\||;;|\|&|&(?!>)|[;|\n()])
    |(?P<redirection>[0-9]*+(?:&>>?|<<<|<<-?|>>|>\||<>|[<>])&?)
    |(?P<word>(?:[^\s\\'"`\#&|;()<>]++|(?<=\S)\#|\\.|'[^']*+'|"(?:[^"\\]++|\\.)*+"|`[^`]*+`)++)
    |(?P<stray>.)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED: Final = re.compile(r"""'([^']*+)'|"((?:[^"\\]++|\\.)*+)"|\\(.)""", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+=")
_BEFORE_COMMANDS: Final = frozenset(
    {"!", "{", "}", "(", ")", "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "time", "sudo", "env"}
    | {"command", "nice", "nohup", "eatmydata", "builtin", "--"}
)


class Command(Struct, frozen=True):
    """One simple command."""

    words: tuple[str, ...]
    """The program and its arguments, quotes taken off; words before it that start no program are left out."""
    after: str
    """What ends it: ``&&``, ``||``, ``;``, ``|``, ``&``, a newline, or nothing at the end."""
    redirected: tuple[str, ...] = ()
    """The files that it writes to."""

    @property
    def program(self) -> str:
        """The name of the program, without its folder."""
        return self.words[0].rpartition("/")[2]


@lru_cache(maxsize=256)
def commands(text: str) -> tuple[Command, ...]:
    """Return the commands that a shell would find."""
    return tuple(_commands(text[:_LIMIT]))


def subcommand(command: Command, names: Sequence[str]) -> bool:
    """Tell whether the first argument that is no option is one of ``names``: ``apt-get -y install``."""
    return next((word for word in command.words[1:] if not word.startswith("-")), "") in names


def operands(command: Command) -> list[str]:
    """List what is neither the program nor an option."""
    return [word for word in command.words[1:] if not word.startswith("-")]


def _commands(text: str) -> Iterator[Command]:
    words: list[str] = []
    redirected: list[str] = []
    writes = reads = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "operator":
            if command := _command(words, token[0], redirected):
                yield command
            words, redirected = [], []
        elif kind == "redirection":
            writes, reads = ">" in token[0], "<" in token[0] or token[0].endswith("&")
            continue
        elif kind == "word":
            word = _unquoted(token[0])
            if reads or writes:
                if writes and not reads:
                    redirected.append(word)
            else:
                words.append(word)
        else:
            continue
        writes = reads = False
    if command := _command(words, "", redirected):
        yield command


def _command(words: list[str], after: str, redirected: list[str]) -> Command | None:
    start = 0
    while start < len(words) and (words[start] in _BEFORE_COMMANDS or _ASSIGNMENT.match(words[start])):
        start += 1
    return Command(tuple(words[start:]), after, tuple(redirected)) if start < len(words) else None


def _unquoted(word: str) -> str:
    if "'" not in word and '"' not in word and "\\" not in word:
        return word
    return _QUOTED.sub(lambda part: next((group for group in part.groups() if group is not None), ""), word)
