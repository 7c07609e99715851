"""A probe that looks into programs, libraries and core dumps: what is in them that nothing needs to run.

pyelftools wants a file in which it can go back, and takes a millisecond for each; here contents pass by once, and three
records of the format are all that is asked. So the section headers are read here (System V ABI, "Object Files"), in two
or three reads of bounded size whatever the file claims.

Section headers stand near the end. Their names come shortly before them (binutils) or anywhere behind (Go); then they
are read. lld has a table of strings between, often a large one; of such a file the names stay unknown.
"""

from struct import Struct
from typing import Final, NamedTuple

import msgspec

from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

EXECUTABLE, SHARED, CORE = 2, 3, 4
LEAST: Final = 16 * 1024
"""Bytes of a file below which its symbols are not worth a reading: half of all programs are smaller."""

_MAGIC: Final = b"\x7fELF"
_SECTIONS_LIMIT: Final = 4096
"""Section headers that are read; linked files have some forty."""
_NAMES_LIMIT: Final = 64 * 1024
_NAMES_BEFORE: Final = 2048
"""Bytes before the section headers in which their names are looked for; they take a few hundred."""
_EXECUTABLE_BITS: Final = 0o111
_ALLOCATED: Final = 0x2
_PROGRAM, _SYMBOLS, _NO_BITS, _RELOCATIONS = 1, 2, 8, frozenset({4, 9})
_DEBUGGING: Final = (".debug", ".zdebug", ".stab", ".line", ".gdb_index", ".gnu.debuglto_", ".gnu.linkonce.wi.")
"""As binutils tell debugging sections (bfd/elf.c); ``strip`` keeps others that are not loaded, such as .comment."""


class Elf(msgspec.Struct, frozen=True, gc=False):
    """What is known of an ELF file."""

    kind: int
    """The header's ``e_type``."""
    strippable: int
    """Bytes that ``strip`` would take away: symbols, and everything for debuggers."""


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class _Form(NamedTuple):
    """Of 32 or 64 bits, in one of the two byte orders."""

    header: Struct
    section: Struct


_FORMS: Final = {
    (bits, order): _Form(Struct(sign + header), Struct(sign + section))
    for order, sign in ((1, "<"), (2, ">"))
    for bits, header, section in ((1, "16x2HI3II6H", "10I"), (2, "16x2HI3QI6H", "2I4Q2I2Q"))
}


def is_core_name(name: str) -> bool:
    """Tell whether a file is named as core dumps are: ``core``, ``core.1234``, ``python.core``, ``vgcore.1234``."""
    return name == "core" or name.startswith(("core.", "core-", "vgcore.")) or name.endswith(".core")


class ElfProbe:
    """Looks into executable files, libraries, and what is named as a core dump."""

    def wants(self, entry: Entry) -> bool:
        """Tell by mode and name."""
        return (
            entry.size >= LEAST
            and entry.kind is EntryKind.FILE
            and (entry.mode & _EXECUTABLE_BITS != 0 or ".so" in entry.name or is_core_name(entry.name))
        )

    def look(self, window: Window, size: int) -> Elf | None:
        """Return what an ELF file is; ``None`` for every other."""
        start = window.peek(64)
        form = _FORMS.get((start[4], start[5])) if start[:4] == _MAGIC and len(start) == 64 else None
        if form is None:
            return None
        _, kind, _, _, _, _, headers, _, _, _, _, entry_size, count, names_index = (0, *form.header.unpack_from(start))
        if kind not in (EXECUTABLE, SHARED) or entry_size != form.section.size or not 0 < count <= _SECTIONS_LIMIT:
            return Elf(kind, 0)
        end = headers + count * entry_size
        if not form.header.size <= headers < end <= size:
            return Elf(kind, 0)
        begin = max(headers - _NAMES_BEFORE, 0)
        block = window.take_at(begin, end - begin)
        if len(block) < end - begin:
            return Elf(kind, 0)
        sections = [_Section(*fields) for fields in form.section.iter_unpack(block[headers - begin :])]
        names = _names(window, sections[names_index], begin, block) if names_index < count else b""
        return Elf(kind, min(sum(each.size for each in _strippable(sections, names, size)), size))


def _names(window: Window, table: _Section, begin: int, block: bytes) -> bytes:
    """Return the table of the sections' names; empty where it is out of reach."""
    length = min(table.size, _NAMES_LIMIT)
    at = table.offset - begin
    if at >= 0 and at + length <= len(block):
        return block[at : at + length]
    return window.take_at(table.offset, length) if table.offset >= window.position else b""


def _strippable(sections: list[_Section], names: bytes, size: int) -> list[_Section]:
    """List what ``strip`` takes away; without names, all that is not loaded: .comment, which stays, is a few bytes."""
    texts = {each.link for each in sections if each.kind == _SYMBOLS and not each.flags & _ALLOCATED}
    return [
        each
        for index, each in enumerate(sections)
        if not each.flags & _ALLOCATED
        and each.kind != _NO_BITS
        and each.offset + each.size <= size
        and (
            each.kind == _SYMBOLS
            or index in texts
            or each.kind in _RELOCATIONS
            or (_name(names, each.name).startswith(_DEBUGGING) if names else each.kind == _PROGRAM)
        )
    ]


def _name(names: bytes, at: int) -> str:
    end = names.find(b"\0", at)
    return names[at:end].decode("latin-1") if end >= 0 else ""


PROBE: Final = ElfProbe()
"""The one that rules share: of a large file that passes by, a single probe is told."""
