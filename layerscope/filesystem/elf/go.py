"""What the Go toolchain notes in a program: its own version, and the module that the program is (debug/buildinfo).

Since Go 1.18 the texts stand where the magic does; before, only pointers to them did, which are not followed.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from layerscope.filesystem.elf.contents import Contents
from layerscope.filesystem.elf.form import Segment
from layerscope.filesystem.elf.loading import DATA, LOAD
from layerscope.filesystem.elf.sections import NamedSection

_MAGIC: Final = b"\xff Go buildinf:"
_ALIGNMENT: Final = 16
_HEADER: Final = 32
_INLINE: Final = 0x2
_SECTION: Final = ".go.buildinfo"
_LIMIT: Final = 1024 * 1024
"""Bytes of the notes that are read: a line for each module."""
_NEAR: Final = 64 * 1024
"""Bytes of the data in which the notes are looked for, where sections have no names; linkers put them first."""
_FAR: Final = 64 * 1024 * 1024
"""Bytes of data that are looked through as they pass by; C's linkers put the notes behind all of C's data."""
_SENTINEL: Final = 16


class GoBuild(msgspec.Struct, frozen=True, gc=False):
    """What is known of a Go program."""

    toolchain: str
    """``go1.22.3``; empty where it is not to be read."""
    path: str = ""
    """The package that it was made of: ``example.com/tool/cmd/run``."""
    module: str = ""
    """The module that this package is in; empty for one built outside of modules."""
    version: str = ""
    """Of the module; ``(devel)`` for one built where it was written."""


def go_build(contents: Contents, loaded: Sequence[Segment], sections: Sequence[NamedSection]) -> GoBuild | None:
    """Return what Go notes; ``None`` for all that Go did not make. Without sections, its data are looked through."""
    named = next((each.section for each in sections if each.name == _SECTION), None)
    if named is not None:
        notes = contents.at(named.offset, min(named.size, _LIMIT))
    else:
        notes = b"" if sections else _searched(contents, loaded)
    return _read(notes) if notes.startswith(_MAGIC) else None


def _searched(contents: Contents, loaded: Sequence[Segment]) -> bytes:
    left = _NEAR if contents.goes_back else _FAR
    for each in loaded:
        if each.kind == LOAD and each.flags & DATA and left:
            begin, within = contents.from_here(each.offset), min(each.size, left)
            left -= within
            if notes := contents.find(_MAGIC, begin, each.offset + within, _ALIGNMENT, _LIMIT):
                return notes
    return b""


def _read(notes: bytes) -> GoBuild:
    if len(notes) < _HEADER or not notes[len(_MAGIC) + 1] & _INLINE:
        return GoBuild("")
    version, at = _string(notes, _HEADER)
    lines, _ = _string(notes, at)
    fields: dict[str, list[str]] = {}
    for line in lines[_SENTINEL:-_SENTINEL].decode("utf-8", "surrogateescape").split("\n"):
        key, *rest = line.split("\t")
        fields.setdefault(key, rest)
    module = [*fields.get("mod", ()), "", ""]
    return GoBuild(
        toolchain=version.decode("utf-8", "surrogateescape"),
        path="".join(fields.get("path", ())[:1]),
        module=module[0],
        version=module[1],
    )


def _string(notes: bytes, at: int) -> tuple[bytes, int]:
    """Read a string behind its length, and where it ends; an empty one where that makes no sense."""
    length = shift = 0
    for byte in notes[at : at + 10]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (notes[at : at + length], at + length) if at + length <= len(notes) else (b"", len(notes))
    return b"", len(notes)
