"""What files need to run: their loader and libraries, their interpreter, and whatever those need."""

from collections.abc import Iterable
from posixpath import normpath

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


def needs_of(files: Files, roots: Iterable[int], paths: Paths) -> Needs:
    """Follow programs, libraries and scripts to all that they need; nothing is looked into twice."""
    needed: dict[int, str] = {}
    missing: list[tuple[str, str]] = []
    unread: list[str] = []
    carriers = files.filesystem.carriers
    waiting = sorted({carriers.get(number, number) for number in roots})
    seen = set(waiting)
    while waiting:
        number = waiting.pop()
        path = files.entry(number).path
        elf = elf_of(files, number)
        found = list(interpreter_of(files, number, paths)) if elf is None else _loaded(elf, path, paths, missing)
        if elf is not None and elf.needed is None:
            unread.append(path)
        for each in found:
            needed.setdefault(each, path)
            carrier = carriers.get(each, each)
            if carrier not in seen:
                seen.add(carrier)
                waiting.append(carrier)
    return Needs(needed, tuple(missing), tuple(unread))


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


def _loaded(elf: Elf, path: str, paths: Paths, missing: list[tuple[str, str]]) -> list[int]:
    """List what the loader opens for one file."""
    found = paths.way(elf.interpreter) if elf.interpreter else []
    origin = f"/{path}".rpartition("/")[0]
    folders = [
        normpath(each.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))
        for each in elf.search
        if "\0" not in each and len(each) < 4096
    ]
    for name in elf.needed or ():
        way = paths.library(name, folders)
        if not way and "\0" not in name:
            missing.append((path, name))
        found = [*found, *way]
    return found
