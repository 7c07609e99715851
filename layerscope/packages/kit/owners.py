"""Who owns a file: the claims of all managers, settled so that no byte has two owners."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from layerscope.errors import LayerscopeError
from layerscope.filesystem.files import Files
from layerscope.packages.kit.manager import Installed, Manager, Reason


class Package(Struct, frozen=True):
    """An installed package, with what its files weigh."""

    manager: str
    key: str
    name: str
    version: str
    content_bytes: int
    """Kept bytes of the files that it owns, as they stand in the layers' tars."""
    layer: int
    """The layer that installed it."""
    record: int
    """The entry that says that it is there."""
    reason: Reason
    development: bool


class Owned(Struct, frozen=True):
    """All packages, and whose each file is."""

    packages: tuple[Package, ...] = ()
    """Most bytes first."""
    owner_of: Mapping[int, int] = {}
    """Entry of the final filesystem → index of the package that owns it."""
    warnings: tuple[str, ...] = ()
    """What went wrong: a broken database costs its manager's answer, not the report."""


def own(files: Files, managers: Iterable[Manager]) -> Owned:
    """Ask the managers; of a file that several claim, the first by rank is the owner."""
    owner_of: dict[int, int] = {}
    found: list[tuple[Manager, Installed]] = []
    warnings: list[str] = []
    bearers = _bearers(files)
    for manager in sorted(managers, key=lambda manager: (manager.rank, manager.name)):
        try:
            of_manager = list(manager.find(files, owner_of))
        except LayerscopeError as error:
            warnings.append(f"Packages of {manager.name} were given up: {error}.")
            continue
        for installed in of_manager:
            if installed.record in owner_of:
                continue
            for number in installed.files:
                owner_of.setdefault(number, len(found))
                if number in bearers:
                    owner_of.setdefault(bearers[number], len(found))
            found.append((manager, installed))
    return _ranked(files, found, owner_of, tuple(warnings))


def _bearers(files: Files) -> dict[int, int]:
    """Return hard link → the name that stands for the bytes of all: who has one of the names first has the bytes."""
    filesystem = files.filesystem
    heir_of = {filesystem.carriers[heir]: heir for heir in filesystem.heirs}
    return {number: heir_of.get(carrier, carrier) for number, carrier in filesystem.carriers.items()}


def _ranked(
    files: Files,
    found: Sequence[tuple[Manager, Installed]],
    owner_of: Mapping[int, int],
    warnings: tuple[str, ...],
) -> Owned:
    """Weigh the packages, and put those with most bytes first."""
    sizes = files.filesystem.sizes()
    weights = [0] * len(found)
    for number, index in owner_of.items():
        weights[index] += sizes[number]
    order = sorted(range(len(found)), key=lambda index: (-weights[index], found[index][0].name, found[index][1].key))
    place_of = {index: place for place, index in enumerate(order)}
    packages = tuple(_package(files, *found[index], weights[index]) for index in order)
    return Owned(packages, {number: place_of[index] for number, index in owner_of.items()}, warnings)


def _package(files: Files, manager: Manager, installed: Installed, weight: int) -> Package:
    return Package(
        manager=manager.name,
        key=installed.key,
        name=installed.name,
        version=installed.version,
        content_bytes=weight,
        layer=_installing_layer(files, installed.record if installed.since is None else installed.since),
        record=installed.record,
        reason=installed.reason,
        development=installed.development,
    )


def _installing_layer(files: Files, record: int) -> int:
    """Return the layer that wrote a record first: a later one may have copied it, as chown and chmod do."""
    path = files.entry(record).path
    digest = None
    while (below := files.replaced_by.get(record)) is not None and below.entry.path == path:
        digest = digest or files.digest(record)
        if digest is None or files.digest(below.number) != digest:
            break
        record = below.number
    return files.layer_of(record)


class Told(NamedTuple):
    """Why a package is there, for a reader."""

    words: str
    wanted_by: str | None


class Reasons:
    """Who wants whom among packages."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self._by_key = {(each.manager, each.key): each for each in packages}
        self._roots: dict[tuple[str, str], Package] = {}

    def tell(self, package: Package) -> Told:
        """Say who wants a package, and for which one that is."""
        wanting = self.wanting(package)
        if wanting is None:
            return Told(package.reason.why, None)
        root = self._root(wanting)
        for_whom = "" if root is wanting else f", for {root.name}"
        return Told(f"{wanting.name} {package.reason.why}{for_whom}", wanting.name)

    def chain(self, package: Package) -> list[Package]:
        """Go from a package to the one that wants it, and so on up to one that is there by itself."""
        way = {package.key: package}
        while (wanting := self.wanting(package)) and wanting.key not in way:
            way[wanting.key] = package = wanting
        return list(way.values())

    def wanting(self, package: Package) -> Package | None:
        """Return the package that drags this one in."""
        return self._by_key.get((package.manager, package.reason.wanted_by))

    def _root(self, package: Package) -> Package:
        """Return the end of a package's chain; no part of one is gone through twice."""
        way: dict[tuple[str, str], None] = {}
        key = (package.manager, package.key)
        while key not in self._roots and key not in way and (wanting := self.wanting(package)):
            way[key] = None
            package = wanting
            key = (package.manager, package.key)
        root = self._roots.get(key, package)
        self._roots.update(dict.fromkeys(way, root))
        return root
