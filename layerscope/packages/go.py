"""Programs that Go built: each is a package by itself, named by the module that it was made of; and Go's own tools.

The modules built into a program have no bytes of their own, so they are no packages.
"""

from collections.abc import Container, Iterator
from typing import Final

from layerscope.filesystem.elf import PROBE, Elf, GoBuild
from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.packages.kit.manager import Installed, Manager, Rank

_LEAST: Final = 500_000
"""Bytes of a file below which it is not looked into: what Go builds begins at some 800 kB, stripped."""
_COMMAND: Final = "cmd/go"
_PLACE: Final = "bin/go"


def _find(files: Files, owned: Container[int]) -> Iterator[Installed]:
    programs = dict(_programs(files, owned))
    for number, build in programs.items():
        path = files.entry(number).path
        if build.path == _COMMAND and path.endswith(f"/{_PLACE}"):
            yield _toolchain(files, number, build, path.removesuffix(f"/{_PLACE}"))
    for number, build in programs.items():
        entry = files.entry(number)
        yield Installed(
            key=entry.path,
            name=build.module or build.path or entry.name,
            version=build.version,
            record=number,
            files=[number],
        )


def _toolchain(files: Files, number: int, build: GoBuild, root: str) -> Installed:
    """Make one package of all that came with Go: compiler, sources, documents."""
    return Installed(
        key=root,
        name="go",
        version=build.toolchain.removeprefix("go"),
        record=number,
        files=[number, *(each for each in files.below(root) if files.is_kept(each))],
    )


def _programs(files: Files, owned: Container[int]) -> Iterator[tuple[int, GoBuild]]:
    """Yield the programs of the final filesystem that nobody owns; of hard links, the name that stands for all."""
    filesystem = files.filesystem
    heir_of = {filesystem.carriers[heir]: heir for heir in filesystem.heirs}
    for carrier, entry in enumerate(filesystem.entries):
        if entry.size >= _LEAST and entry.kind is EntryKind.FILE and PROBE.wants(entry):
            number = heir_of.get(carrier, carrier)
            found = files.look(PROBE, carrier) if number not in owned and files.is_kept(number) else None
            if isinstance(found, Elf) and found.go is not None:
                yield number, found.go


MANAGER: Final = Manager("go", Rank.FILE, _find, (PROBE,))
