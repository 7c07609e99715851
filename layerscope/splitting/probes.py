"""What is asked of contents: scripts, and the books of users and groups. Imports little: rules name these early."""

import re
from typing import Final

from msgspec import Struct

from layerscope.build.shell import SHELLS
from layerscope.filesystem.elf import PROBE
from layerscope.filesystem.elf.opening import OPENING
from layerscope.filesystem.texts import Packed, TextProbe
from layerscope.layers.facts import Probe
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

_LONGEST_SCRIPT: Final = 64 * 1024
_EXECUTABLE_BITS: Final = 0o111
_LONGEST_BOOK: Final = 1024 * 1024


class Script(Struct, frozen=True):
    """A file that begins with ``#!``."""

    interpreter: tuple[str, ...]
    """The words of the first line."""
    text: str
    """What follows it, if it is a shell's."""


class _ScriptProbe:
    """Executable files that begin with ``#!``. Their text may hold anything."""

    name: Final = "script"
    finds: Final = None

    def wants(self, entry: Entry) -> bool:
        return entry.mode & _EXECUTABLE_BITS != 0 and 2 < entry.size <= _LONGEST_SCRIPT and entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> Script | None:
        if window.peek(2) != b"#!":
            return None
        text = window.take(size).decode("utf-8", "surrogateescape")
        line, _, rest = text[2:].partition("\n")
        words = tuple(line.split()[:8])
        is_shell = any(word.rpartition("/")[2] in SHELLS for word in words[:2])
        return Script(words, rest if is_shell else "")


class _BookProbe(TextProbe):
    """Takes the books of users and groups without the passwords that old ones hold."""

    def look(self, window: Window, size: int) -> object | None:
        contents = b"" if size > _LONGEST_BOOK else window.take(size)
        return Packed.of(re.sub(rb"(?m)^([^:\n]*+):[^:\n]*+", rb"\1:", contents), size)


def _is_book(entry: Entry) -> bool:
    return entry.parent == "etc" and entry.name in ("passwd", "group")


SCRIPTS: Final = _ScriptProbe()
BOOKS: Final = _BookProbe(_is_book, _LONGEST_BOOK)
PROBES: Final[tuple[Probe, ...]] = (PROBE, SCRIPTS, BOOKS)
"""Beside what package managers ask: what the first proposal takes."""
ALL_PROBES: Final[tuple[Probe, ...]] = (*PROBES, OPENING)
