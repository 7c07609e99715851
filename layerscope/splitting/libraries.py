"""The libraries that programs are linked with, where those are all that they need of the system."""

from collections.abc import Iterable, Sequence
from posixpath import join
from typing import Final

from layerscope.filesystem.elf.opening import OPENING
from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.packages import Owned
from layerscope.packages.kit import debian
from layerscope.splitting.decide import Decision
from layerscope.splitting.needs import elf_of, is_static
from layerscope.splitting.paths import Paths
from layerscope.splitting.system import System

DATA_ONLY: Final = frozenset({"ca-certificates", "tzdata", "media-types", "mime-support", "netbase", "openssl"})
"""Packages of which such programs use data at most."""
_LOADERS_CACHE: Final = "etc/ld.so.cache"
_OF_THE_LANGUAGE: Final = ("ld-", "ld.", "libc.", "libdl.", "libstdc++.")
"""Libraries that can open others, and do so only where a program asks them to."""
_NO_DATA: Final = ("usr/share/doc/", "usr/share/lintian/", "usr/share/man/", f"{debian.INFO}/")
"""Where packages have what no program reads."""
_FOUND: Final = ("lib/", "lib64/", "usr/lib/", "usr/lib64/")
"""Where loaders look by themselves."""


def libraries_of(
    files: Files, owned: Owned, system: System | None, decision: Decision, paths: Paths
) -> dict[int, str] | None:
    """Return the loader, the libraries and the links that the artefacts need beside themselves → why.

    ``None`` where they need or may need more: what is missing, interpreters, what is opened by name, data of packages.
    """
    needs, started = decision.needs, decision.started.needed
    if needs.missing or needs.unread:
        return None
    beside = [number for number in dict.fromkeys((*started, *needs.files)) if number not in decision.artefacts]
    linked = [number for number in decision.artefacts if (elf := elf_of(files, number)) and not is_static(elf)]
    found = [number for number in beside if files.entry(number).kind is not EntryKind.SYMLINK]
    if not all(_is_library(files, number) for number in found) or not linked:
        return None if beside else {}
    if any(_opens_others(files, number) for number in (*linked, *found)):
        return None
    if system and not _owners(owned, system, found) >= _programs(files, decision):
        return None
    every = [*linked, *beside]
    why = {number: f"/{needs.files[number]} needs it" for number in beside if number in needs.files}
    why.update(dict.fromkeys(_folder_links(files, every, paths), "what is loaded is looked for over this link"))
    if not all(_is_found(files, number) for number in every) and (cache := files.kept_at(_LOADERS_CACHE)) is not None:
        why[cache] = "the loader finds libraries by it"
    return why


def _is_library(files: Files, number: int) -> bool:
    elf = elf_of(files, number)
    return elf is not None and bool(elf.soname)


def _opens_others(files: Files, number: int) -> bool:
    """Tell whether a program may open what nobody knows of; so may one that cannot be looked into."""
    elf = elf_of(files, number)
    if elf is not None and elf.soname.startswith(_OF_THE_LANGUAGE):
        return False
    return files.look(OPENING, files.filesystem.carriers.get(number, number)) is not False


def _owners(owned: Owned, system: System, numbers: Iterable[int]) -> set[str]:
    """Name the packages of the system that have these files."""
    indexes = {owned.owner_of[number] for number in numbers if number in owned.owner_of}
    return {system.keys.get(owned.packages[index].key, "") for index in indexes}


def _programs(files: Files, decision: Decision) -> set[str]:
    """Name the packages that would be installed again for more than data or documents."""
    return {
        name
        for name in decision.packages
        if name not in DATA_ONLY
        and not all(files.entry(number).path.startswith(_NO_DATA) for number in decision.heap.of_packages.get(name, ()))
    }


def _is_found(files: Files, number: int) -> bool:
    """Tell whether the loader finds a library without its cache."""
    entry = files.entry(number)
    return ".so" not in entry.name or entry.path.startswith(_FOUND)


def _folder_links(files: Files, numbers: Sequence[int], paths: Paths) -> set[int]:
    """List the links among folders that the loader goes over: ``/lib64``, where ``/usr`` is merged."""
    written: list[str] = []
    for number in numbers:
        entry = files.entry(number)
        if entry.kind is EntryKind.SYMLINK:
            written.append(join("/", entry.parent, entry.target))
        elif elf := elf_of(files, number):
            written.append(elf.interpreter)
    return {link for path in written for link in paths.folder_links(path)}
