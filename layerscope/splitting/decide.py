"""What of the user's part of an image is kept, how it comes into the new one, and what is left behind."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from msgspec import Struct

from layerscope.analysis import Analysis
from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.packages import Owned
from layerscope.packages.kit.wheels import parse_metadata
from layerscope.packages.python import METADATA
from layerscope.splitting.byhand import ByHand
from layerscope.splitting.effects import Effects
from layerscope.splitting.loose import ARTEFACT, TOOLS, Kind, Place, Sorter
from layerscope.splitting.needs import Inquiry, Needs
from layerscope.splitting.paths import Paths
from layerscope.splitting.programs import Started, started
from layerscope.splitting.seam import Seam
from layerscope.splitting.system import System

_COMPILERS: Final = frozenset(
    {"bazel", "cargo", "cc", "clang", "cmake", "g++", "gcc", "go", "gradle", "gradlew", "javac", "make", "mvn", "mvnw"}
    | {"ninja", "rustc", "sbt"}
)
_INTERPRETERS: Final = ("guile", "java", "lua", "node", "perl", "php", "python", "ruby", "tclsh")
"""What the programs of these load while they run, no file tells: they open libraries by name."""
_FROM_PIP: Final = frozenset({"pip", "setuptools", "wheel"})
"""Packages of Python that other ones may want to run, and that a distribution has too."""


class Heap(Struct, frozen=True):
    """The files of the user's layers that the final filesystem shows, by who has them."""

    of_packages: Mapping[str, list[int]]
    """Package that came after the base → its files, as it brought them."""
    of_base: list[int]
    """Files of the base's packages, written anew where packages were installed."""
    changed: Mapping[int, str]
    """Files of packages that an instruction changed later on → the package."""
    loose: list[int]
    """Nobody's, or a language's."""
    development: Mapping[int, str]
    """Files of packages that only development needs → the folder of their project."""


class Decision(Struct, frozen=True):
    """What becomes of the files of the user's layers."""

    heap: Heap
    packages: Mapping[str, str]
    """Package to be installed anew → why."""
    artefacts: frozenset[int]
    """Files to be copied."""
    astray: frozenset[int]
    """Links among them that lead to what is left behind: they come along only in a folder that is copied whole."""
    effects: Mapping[int, str]
    """Files that the set-up of packages made → the package."""
    places: Mapping[int, Place]
    """Of the other loose files."""
    pruned: frozenset[str]
    """Folders of projects whose packages for development are deleted before the copy."""
    sorter: Sorter
    started: Started
    needed: Mapping[int, str]
    """File that is started, or that an artefact or a changed file needs → why, or who."""
    needs: Needs
    """Of the artefacts and of what is started."""


def decide(analysis: Analysis, owned: Owned, seam: Seam, system: System | None, paths: Paths) -> Decision | None:
    """Take the user's part apart; ``None`` where there is nothing that serves building alone."""
    files, run = analysis.files, analysis.image.run_config
    by_hand = ByHand(files, seam, paths)
    heap = _heap(files, owned, seam, system, by_hand)
    start = started(files, run, paths)
    effects = Effects(files, owned, seam, system, by_hand).of(heap.loose) if system else {}
    loose = [number for number in heap.loose if number not in effects]
    used = _used(files, paths, start)
    sorter = Sorter(files, loose, used, compiles=not _COMPILERS.isdisjoint(start.names))
    places = {number: ARTEFACT if by_hand.set(number) else sorter.place(number) for number in loose}
    tools = (system.units[name].building for name in heap.of_packages) if system else ()
    if not (any(tools) or heap.development or any(place.kind in TOOLS for place in places.values())):
        return None
    inquiry = Inquiry(files, paths)
    needed = {**start.needed, **_rescue(files, heap, places, start, inquiry).files}
    roots = _roots(files, owned, system, needed) if system else {}
    if system and any(name.startswith(_INTERPRETERS) for name in start.names):
        roots = {**_loadable(system), **roots}
    packages = system.closure(roots) if system else {}
    pruned = frozenset(heap.development.values()) - {
        heap.development[number] for number in needed if number in heap.development
    }
    artefacts = {number for number, place in places.items() if place.kind is Kind.ARTEFACT}
    artefacts |= {number for number, name in heap.changed.items() if system and _stands(name, system, packages)}
    artefacts -= {number for number, root in heap.development.items() if root in pruned}
    left = {number for number, place in places.items() if place.kind is not Kind.STATE} - artefacts
    left |= {number for name, numbers in heap.of_packages.items() if name not in packages for number in numbers}
    return Decision(
        heap=heap,
        packages=packages,
        artefacts=frozenset(artefacts),
        astray=frozenset(_led_astray(files, paths, artefacts, left)),
        effects=effects,
        places=places,
        pruned=pruned,
        sorter=sorter,
        started=start,
        needed=needed,
        needs=inquiry.of([*artefacts, *start.needed]),
    )


def first_entry(files: Files, layers: int) -> int:
    """Return the number of the first entry above so many layers."""
    starts = files.filesystem.starts
    return starts[layers] if layers < len(starts) else len(files.filesystem.entries)


def _heap(files: Files, owned: Owned, seam: Seam, system: System | None, by_hand: ByHand) -> Heap:
    first = first_entry(files, seam.layers)
    of_packages: dict[str, list[int]] = {}
    of_base: list[int] = []
    changed: dict[int, str] = {}
    loose: list[int] = []
    development: dict[int, str] = {}
    entries = files.filesystem.entries
    for number in chain.from_iterable(children.values() for children in files.filesystem.folders.values()):
        if number < first or entries[number].kind is EntryKind.DIRECTORY:
            continue
        index = owned.owner_of.get(number)
        package = None if index is None else owned.packages[index]
        name = system.keys.get(package.key) if package and system and package.manager == system.manager else None
        if package is None or system is None or name is None or name not in system.units:
            loose.append(number)
            if package is not None and package.development and (project := _project(entries[number].path)) is not None:
                development[number] = project
        elif by_hand.edited(number) or package.layer < files.layer_of(number) not in seam.installing:
            changed[number] = name
        elif system.units[name].is_new:
            of_packages.setdefault(name, []).append(number)
        else:
            of_base.append(number)
    return Heap(of_packages, of_base, changed, loose, development)


def _project(path: str) -> str | None:
    """Return the folder whose node_modules a file is in."""
    before, marker, _ = f"/{path}".partition("/node_modules/")
    return before.removeprefix("/") if marker else None


def _led_astray(files: Files, paths: Paths, links: Iterable[int], left: Collection[int]) -> Iterator[int]:
    """Yield the symbolic links whose end is left behind."""
    for number in links:
        entry = files.entry(number)
        if entry.kind is EntryKind.SYMLINK and (way := paths.way(f"/{entry.path}")) and way[-1] in left:
            yield number


def _stands(name: str, system: System, packages: Mapping[str, str]) -> bool:
    return name in packages or not system.units[name].is_new


class _Used:
    """The folders that what is started, the working directory, or a variable leads into."""

    def __init__(self, paths: Iterable[str], directory: str) -> None:
        self._directory = directory
        self._folders: set[str] = set()
        for path in paths:
            at = path
            while at and at not in self._folders:
                self._folders.add(at)
                at = at.rpartition("/")[0]

    def __call__(self, folder: str) -> bool:
        inside = bool(self._directory) and f"{folder}/".startswith(f"{self._directory}/")
        return inside or folder in self._folders


def _used(files: Files, paths: Paths, start: Started) -> _Used:
    directory = paths.absolute("").strip("/")
    told = [
        word.strip("/") for value in paths.environment.values() for word in value[:4096].split(":") if word[:1] == "/"
    ]
    return _Used([*(files.entry(number).path for number in start.needed), directory, *told], directory)


def _rescue(files: Files, heap: Heap, places: dict[int, Place], start: Started, inquiry: Inquiry) -> Needs:
    """Find all that is needed by what is kept; what is needed is kept, of a tool chain all of it."""
    carriers = files.filesystem.carriers
    names: dict[int, list[int]] = {}
    for number in places:
        names.setdefault(carriers.get(number, number), []).append(number)
    while True:
        roots = [number for number, place in places.items() if place.kind is Kind.ARTEFACT]
        needs = inquiry.of([*roots, *heap.changed, *start.needed])
        lost = [number for number in (*start.needed, *needs.files) if number in places]
        lost = [number for number in lost if places[number].kind not in (Kind.ARTEFACT, Kind.STATE)]
        if not lost:
            return needs
        chains = {places[number] for number in lost if places[number].kind is Kind.TOOLCHAIN}
        lost += [number for number, place in places.items() if place in chains]
        for number in lost:
            places[number] = Place(Kind.ARTEFACT, "", "the program needs it")


def _roots(files: Files, owned: Owned, system: System, needed: Mapping[int, str]) -> dict[str, str]:
    """Return the packages that are wanted for themselves → why; of several reasons the strongest."""
    roots: dict[str, str] = {}
    for number, why in needed.items():
        index = owned.owner_of.get(number)
        if index is None or owned.packages[index].manager != system.manager:
            continue
        name = system.keys.get(owned.packages[index].key, "")
        path = files.entry(number).path
        said = why if " " in why else f"/{why} needs /{path}"
        roots.setdefault(name, said)
        whole = name.replace("-minimal", "").removesuffix("-base")
        if whole != name and whole in system.units:
            roots.setdefault(whole, f"{said}; which parts of it, nobody can tell")
    wanted = {f"python3-{name}" for name in _wanted_by_dists(files, owned)}
    for name, unit in system.units.items():
        if unit.is_new and name == "ca-certificates":
            roots.setdefault(name, "programs verify their peers by it")
        elif unit.is_new and name in wanted:
            roots.setdefault(name, "a package of Python depends on it")
        elif unit.is_new and unit.requested and not unit.building and not unit.is_for_people:
            roots.setdefault(name, "asked for by name, so it may be needed to run")
    return roots


def _loadable(system: System) -> dict[str, str]:
    """Return the libraries whose headers were asked for by name → why they are kept."""
    return {
        each: f"{name} was asked for by name, and the program may load it while it runs"
        for name, unit in system.units.items()
        if unit.is_new and unit.requested and name.endswith("-dev")
        for group in unit.depends
        for each in system.wanted(group)
        if not system.units[each].building and _is_library(each, name.removesuffix("-dev"))
    }


def _is_library(name: str, headers: str) -> bool:
    return name == headers or (headers.startswith("lib") and name.startswith("lib") and not name.startswith("libjs-"))


def _wanted_by_dists(files: Files, owned: Owned) -> set[str]:
    """Name what Python's own packages want of what serves to install others."""
    heads = (
        METADATA.read(files, package.record)
        for package in owned.packages
        if package.manager == "python" and METADATA.wants(files.entry(package.record))
    )
    return {
        each.name
        for head in heads
        if head
        for each in parse_metadata(head).requires
        if each.name in _FROM_PIP and not each.only_for
    }
