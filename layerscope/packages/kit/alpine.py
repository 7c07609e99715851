"""What apk writes down of the packages of an Alpine system: text → records, and who needs whom (apk-package(5)).

Text that cannot be one of these files raises DamagedError; what is merely odd in it is passed over.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from layerscope.errors import DamagedError
from layerscope.packages.kit.listed import joined
from layerscope.packages.kit.manager import Need
from layerscope.packages.kit.reach import Reach, Want

INSTALLED: Final = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
WORLD: Final = "etc/apk/world"

_VIRTUAL: Final = "virtual meta package"
_FOR_BUILDING: Final = re.compile(r"build|fetch|phpize")
"""In names of virtual packages, of what official images delete once all is built: .build-deps, .fetch-deps, …"""
_LINE_OF_INTEREST: Final = frozenset("PVTDpiFR")


class Package(Struct, frozen=True):
    """One installed package."""

    name: str
    version: str
    is_virtual: bool
    """Made by ``apk add --virtual``: a name for what was asked for with it."""
    depends: tuple[str, ...]
    """Packages, or what they provide. Versions and conflicts are left out."""
    provides: tuple[str, ...]
    install_if: tuple[str, ...]
    """Where all of these are installed, this package is too."""
    files: tuple[str, ...]
    """Paths relative to the root."""


def parse_installed(text: bytes) -> tuple[Package, ...]:
    """Read apk's database; of several packages of one name the last counts."""
    if b"\0" in text:
        raise DamagedError("apk's database holds bytes that are no text")
    packages: dict[str, Package] = {}
    for stanza in text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n\n"):
        package = _package(stanza)
        if package.name:
            packages[package.name] = package
    if not packages and text.strip():
        raise DamagedError("apk's database names no package")
    return tuple(packages.values())


def _package(stanza: str) -> Package:
    fields: dict[str, str] = {}
    files: list[tuple[str, str]] = []
    folder = ""
    for line in stanza.split("\n"):
        letter, value = line[:1], line[2:]
        if line[1:2] != ":" or letter not in _LINE_OF_INTEREST:
            continue
        if letter == "R":
            files.append((folder, value))
        elif letter == "F":
            folder = f"{value}/" if value else ""
        else:
            fields[letter] = value.strip()
    return Package(
        name=fields.get("P", ""),
        version=fields.get("V", ""),
        is_virtual=fields.get("T") == _VIRTUAL,
        depends=_names(fields.get("D", "")),
        provides=_names(fields.get("p", "")),
        install_if=_names(fields.get("i", "")),
        files=joined(files, len(stanza), "apk's database"),
    )


def parse_world(text: bytes) -> tuple[str, ...]:
    """Read what was asked for by name: packages, or what they provide."""
    return _names(text.decode("utf-8", "surrogateescape"))


def _names(text: str) -> tuple[str, ...]:
    """Read ``so:libc.so.1 a>=1.2 b@edge !c`` as names."""
    return tuple(re.split(r"[<>=~@]", word, maxsplit=1)[0] for word in text.split() if not word.startswith("!"))


class Wants(Struct, frozen=True):
    """Why each package is there."""

    all: Mapping[str, Want]
    """Package → who wants it; those that nothing wants any more are left out."""
    requested: frozenset[str]
    """Those asked for by name, alone or in a virtual package."""
    for_building: frozenset[str]
    """Those that only such virtual packages want as are deleted once all is built."""


def who_wants(packages: Sequence[Package], world: Iterable[str]) -> Wants:
    """Go from what was asked for to all that it drags in; where that is not known, from what nothing else needs."""
    graph = _Graph(packages)
    roots = list(graph.found(world)) or graph.unneeded()
    virtual = [name for name in roots if graph.by_name[name].is_virtual]
    for_building = frozenset(name for name in virtual if _FOR_BUILDING.search(name))
    graph.forget()
    named = [found for name in virtual for found in graph.found(graph.by_name[name].depends)]
    graph.forget()
    reach = Reach()
    for name in roots:
        if name not in for_building:
            reach.add(name)
    done = reach.follow(graph.needs)
    for name in virtual:
        reach.add(name)
    reach.follow(graph.needs, done)
    return Wants(reach.wants, frozenset((*roots, *named)), frozenset(tuple(reach.wants)[done:]))


def who_needs(packages: Sequence[Package], name: str) -> Iterator[Need]:
    """Yield all packages that depend on one, or on what it provides."""
    names = {name, *(each for package in packages if package.name == name for each in package.provides)}
    for package in packages:
        if package.name != name and not names.isdisjoint(package.depends):
            yield Need(package.name, "names it" if package.is_virtual else "depends on it")


class _Graph:
    """Who needs whom, by name. No name is looked up twice, so that the work is as much as the text."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.by_name = {package.name: package for package in packages}
        self._providers: dict[str, list[str]] = {}
        self._brought: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        for name, package in self.by_name.items():
            for each in dict.fromkeys((name, *package.provides)):
                self._providers.setdefault(each, []).append(name)
        for name, package in self.by_name.items():
            if package.install_if and all(each in self._providers for each in package.install_if):
                self._brought.setdefault(package.install_if[0], []).append(name)

    def forget(self) -> None:
        """Look names up anew."""
        self._seen.clear()

    def found(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the installed packages of these names, or that provide them."""
        for name in names:
            if name not in self._seen:
                self._seen.add(name)
                yield from self._providers.get(name, ())

    def needs(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a package depends on, and what comes with it."""
        package = self.by_name[name]
        how = "names it" if package.is_virtual else "depends on it"
        yield from ((needed, how) for needed in self.found(package.depends))
        for each in (name, *package.provides):
            yield from ((brought, "brings it along") for brought in self._brought.pop(each, ()))

    def unneeded(self) -> list[str]:
        """List the packages that no other depends on."""
        needed = {
            found for name, package in self.by_name.items() for found in self.found(package.depends) if found != name
        }
        needed.update(name for brought in self._brought.values() for name in brought)
        return [name for name in self.by_name if name not in needed]
