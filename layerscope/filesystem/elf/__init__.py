"""A probe that looks into programs, libraries and core dumps: what they need to run, and what is in them for nothing.

pyelftools wants a file in which it can go back, and takes a millisecond for each; here contents may pass by once, and a
few records of the format are all that is asked. So those are read here (System V ABI, "Object Files" and "Program
Loading and Dynamic Linking"), in a few reads of bounded size whatever the file claims.
"""

from typing import Final

import msgspec

from layerscope.filesystem.elf.contents import Contents
from layerscope.filesystem.elf.form import Form, Header, Segment, form_of
from layerscope.filesystem.elf.go import GoBuild, go_build
from layerscope.filesystem.elf.loading import LOAD, interpreter, needs, segments
from layerscope.filesystem.elf.sections import named_sections, strippable_bytes
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

__all__ = ["CORE", "LEAST", "PROBE", "Elf", "ElfProbe", "GoBuild", "is_core_name"]

EXECUTABLE, SHARED, CORE = 2, 3, 4
LEAST: Final = 4 * 1024
"""Bytes of a file below which it is not looked into."""

_EXECUTABLE_BITS: Final = 0o111
_OTHERS: Final = (".jar", ".war", ".sh", ".py")
"""Endings of what is executable, and large now and then, without being of this format."""
_WHOLE: Final = 4 * 1024 * 1024
"""Bytes up to which a file that passes by is held as a whole; of a larger one the beginning is."""
_BEGINNING: Final = 16 * 1024 * 1024


class Elf(msgspec.Struct, frozen=True, gc=False):
    """What is known of an ELF file."""

    kind: int
    """The header's ``e_type``."""
    strippable: int = 0
    """Bytes that ``strip`` would take away: symbols, and everything for debuggers."""
    interpreter: str = ""
    """The program that loads and starts this one, as its path is written in it; empty for libraries, and for programs
    that need none."""
    needed: tuple[str, ...] | None = ()
    """The libraries that it is linked with, by their names; ``None`` where those are out of reach."""
    soname: str = ""
    """The name by which others need this library."""
    search: tuple[str, ...] = ()
    """Where it wants its libraries looked for first (RUNPATH or RPATH), as written: ``$ORIGIN/../lib``."""
    go: GoBuild | None = None
    """What the Go toolchain noted in it."""


def is_core_name(name: str) -> bool:
    """Tell whether a file is named as core dumps are: ``core``, ``core.1234``, ``python.core``, ``vgcore.1234``."""
    return name == "core" or name.startswith(("core.", "core-", "vgcore.")) or name.endswith(".core")


class ElfProbe:
    """Looks into executable files, libraries, and what is named as a core dump."""

    name: Final = "elf"
    finds: Final = Elf

    def wants(self, entry: Entry) -> bool:
        """Tell by mode and name."""
        return (
            entry.size >= LEAST
            and entry.kind is EntryKind.FILE
            and (
                entry.mode & _EXECUTABLE_BITS != 0
                or ".so" in entry.name
                or entry.name.endswith(".node")
                or is_core_name(entry.name)
            )
            and not entry.name.endswith(_OTHERS)
        )

    def look(self, window: Window, size: int) -> Elf | None:
        """Return what an ELF file is; ``None`` for every other."""
        contents = Contents(window, size)
        form = form_of(contents.start)
        if form is None:
            return None
        header = form.header_of(contents.start)
        if header.kind not in (EXECUTABLE, SHARED):
            return Elf(header.kind)
        loaded = read_segments(contents, form, header)
        return Elf(header.kind, needed=None) if loaded is None else _told(contents, form, header, loaded)


def read_segments(contents: Contents, form: Form, header: Header) -> list[Segment] | None:
    """List the segments, and see to it that what they begin with is at hand; ``None`` where they are out of reach."""
    if contents.size <= _WHOLE:
        contents.keep(contents.size)
    loaded = segments(contents, form, header)
    if loaded is not None:
        first = next((each.offset + each.size for each in loaded if each.kind == LOAD), 0)
        contents.keep(min(first, _BEGINNING))
    return loaded


def _told(contents: Contents, form: Form, header: Header, loaded: list[Segment]) -> Elf:
    """Read what is asked, in the order in which linkers lay it out."""
    need = needs(contents, form, loaded)
    sections = named_sections(contents, form, header) if contents.goes_back else []
    go = go_build(contents, loaded, sections)
    return Elf(
        kind=header.kind,
        strippable=strippable_bytes(sections or named_sections(contents, form, header), contents.size),
        interpreter=interpreter(contents, loaded),
        needed=need.libraries,
        soname=need.soname,
        search=need.search,
        go=go,
    )


PROBE: Final = ElfProbe()
"""The one that everybody shares: a large file that passes by is held as a whole where several probes want it."""
