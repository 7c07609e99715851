"""What files need to run: their loader and libraries, their interpreter, and whatever those need."""

from collections.abc import Iterable
from posixpath import normpath
from typing import Final

from msgspec import Struct

from layerscope.filesystem.elf import PROBE, Elf
from layerscope.filesystem.files import Files
from layerscope.splitting.paths import Paths
from layerscope.splitting.programs import interpreter_of


class Needs(Struct, frozen=True):
    """The files that others cannot run without."""

    files: dict[int, str]
    """Entry → who needs it, by path."""
    missing: tuple[tuple[str, str], ...]
    """Who needs, and the library that is nowhere."""
    unread: tuple[str, ...]
    """Programs whose needs could not be read."""


class _Wants(Struct, frozen=True):
    """What one file cannot run without."""

    found: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    """Libraries that are nowhere."""
    is_unread: bool = False


_NOTHING: Final = _Wants()


class Inquiry:
    """Tells what files need, whichever are asked for; none is looked into twice."""

    def __init__(self, files: Files, paths: Paths) -> None:
        self._files = files
        self._paths = paths
        self._known: dict[int, _Wants] = {}

    def of(self, roots: Iterable[int]) -> Needs:
        """Follow programs, libraries and scripts to all that they need."""
        needed: dict[int, str] = {}
        missing: list[tuple[str, str]] = []
        unread: list[str] = []
        carriers = self._files.filesystem.carriers
        waiting = sorted({carriers.get(number, number) for number in roots})
        seen = set(waiting)
        while waiting:
            number = waiting.pop()
            wants = self._wants(number)
            if wants is _NOTHING:
                continue
            path = self._files.entry(number).path
            missing += [(path, name) for name in wants.missing]
            if wants.is_unread:
                unread.append(path)
            for each in wants.found:
                needed.setdefault(each, path)
                carrier = carriers.get(each, each)
                if carrier not in seen:
                    seen.add(carrier)
                    waiting.append(carrier)
        return Needs(needed, tuple(missing), tuple(unread))

    def _wants(self, number: int) -> _Wants:
        known = self._known.get(number)
        if known is None:
            elf = elf_of(self._files, number)
            if elf is None:
                found = tuple(interpreter_of(self._files, number, self._paths))
                known = _Wants(found) if found else _NOTHING
            else:
                known = _loaded(elf, self._files.entry(number).path, self._paths)
            self._known[number] = known
        return known


def elf_of(files: Files, number: int) -> Elf | None:
    """Return what an ELF file says of itself."""
    carrier = files.filesystem.carriers.get(number, number)
    if not PROBE.wants(files.entry(carrier)):
        return None
    found = files.look(PROBE, carrier)
    return found if isinstance(found, Elf) else None


def is_static(elf: Elf) -> bool:
    """Tell whether a program needs no other file to be loaded."""
    return not elf.interpreter and elf.needed == ()


def _loaded(elf: Elf, path: str, paths: Paths) -> _Wants:
    """List what the loader opens for one file."""
    found = paths.way(elf.interpreter) if elf.interpreter else []
    missing: list[str] = []
    origin = f"/{path}".rpartition("/")[0]
    folders = [
        normpath(each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))
        for each in elf.search
        if "\0" not in each and len(each) < 4096
    ]
    for name in elf.needed or ():
        way = paths.library(name, folders)
        if not way and "\0" not in name:
            missing.append(name)
        found += way
    return _Wants(tuple(found), tuple(missing), is_unread=elf.needed is None)
