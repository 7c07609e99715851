"""The sections of a file, and which of them nothing needs to run.

Section headers stand near the end. Their names come shortly before them (binutils) or anywhere behind (Go); then they
are read, however the contents come. lld has a table of strings between, often a large one; where contents pass by, the
names of such a file stay unknown.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from layerscope.filesystem.elf.contents import Contents
from layerscope.filesystem.elf.form import Form, Header, Section

_SECTIONS_LIMIT: Final = 4096
"""Section headers that are read; linked files have some forty."""
_NAMES_LIMIT: Final = 64 * 1024
_NAMES_BEFORE: Final = 2048
"""Bytes before the section headers in which their names are looked for; they take a few hundred."""
_ALLOCATED: Final = 0x2
_PROGRAM, _SYMBOLS, _NO_BITS, _RELOCATIONS = 1, 2, 8, frozenset({4, 9})
_DEBUGGING: Final = (".debug", ".zdebug", ".stab", ".line", ".gdb_index", ".gnu.debuglto_", ".gnu.linkonce.wi.")
"""As binutils tell debugging sections (bfd/elf.c); ``strip`` keeps others that are not loaded, such as .comment."""


class NamedSection(NamedTuple):
    """A section; its name is ``None`` where the names are out of reach."""

    name: str | None
    section: Section


def named_sections(contents: Contents, form: Form, header: Header) -> list[NamedSection]:
    """List the sections; none where they are out of reach or make no sense."""
    headers, count = header.sections_at, header.section_count
    if header.section_size != form.section.size or not 0 < count <= _SECTIONS_LIMIT:
        return []
    end = headers + count * header.section_size
    if not form.header.size <= headers < end <= contents.size:
        return []
    begin = contents.from_here(max(headers - _NAMES_BEFORE, 0))
    block = contents.at(begin, end - begin) if begin <= headers else b""
    if len(block) < end - begin or not block:
        return []
    sections = [Section(*fields) for fields in form.section.iter_unpack(block[headers - begin :])]
    index = header.names_index
    names = _names(contents, sections[index], begin, block) if index < count else b""
    return [NamedSection(_name(names, each.name) if names else None, each) for each in sections]


def _names(contents: Contents, table: Section, begin: int, block: bytes) -> bytes:
    """Return the table of the sections' names; empty where it is out of reach."""
    length = min(table.size, _NAMES_LIMIT)
    at = table.offset - begin
    if at >= 0 and at + length <= len(block):
        return block[at : at + length]
    return contents.at(table.offset, length)


def strippable_bytes(named: Sequence[NamedSection], size: int) -> int:
    """Return the bytes that ``strip`` takes away; without names, all that is not loaded: .comment is a few bytes."""
    texts = {each.link for _, each in named if each.kind == _SYMBOLS and not each.flags & _ALLOCATED}
    strippable = sum(
        each.size
        for index, (name, each) in enumerate(named)
        if not each.flags & _ALLOCATED
        and each.kind != _NO_BITS
        and each.offset + each.size <= size
        and (
            each.kind == _SYMBOLS
            or index in texts
            or each.kind in _RELOCATIONS
            or (each.kind == _PROGRAM if name is None else name.startswith(_DEBUGGING))
        )
    )
    return min(strippable, size)


def _name(names: bytes, at: int) -> str:
    end = names.find(b"\0", at)
    return names[at:end].decode("latin-1") if end >= 0 else ""
