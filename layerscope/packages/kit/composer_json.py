"""What Composer writes down of PHP packages: ``installed.json`` and the project's ``composer.json``, text → records."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError
from layerscope.packages.kit.reach import Reach, Want

_LONGEST: Final = 256
"""Characters of a name or version."""


class Requirements(Struct, frozen=True, rename={"development": "require-dev"}):
    """What a project asks for; both have been lists when they were empty."""

    require: Any = None
    development: Any = None


class Package(Struct, frozen=True, rename="kebab"):
    """What Composer says of an installed package."""

    name: str
    version: str = ""
    install_path: str | None = None
    """Relative to Composer's own folder; Composer 1 did not say."""
    require: Any = None
    replace: Any = None
    provide: Any = None


class Installed(Struct, frozen=True, rename="kebab"):
    """All packages of a ``vendor`` folder."""

    packages: tuple[Package, ...]
    dev_package_names: tuple[str, ...] = ()


def parse_installed(text: bytes, path: str) -> Installed:
    """Read ``installed.json``: of Composer 2, or the plain list that Composer 1 wrote."""
    try:
        found = msgspec.json.decode(text, type=Installed | tuple[Package, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{path} is not what Composer writes ({error})") from error
    installed = found if isinstance(found, Installed) else Installed(found)
    if any(len(each.name) > _LONGEST or len(each.version) > _LONGEST for each in installed.packages):
        raise DamagedError(f"{path} is not what Composer writes (a name or version is too long)")
    return installed


def parse_project(text: bytes) -> Requirements | None:
    """Read a ``composer.json``; ``None`` for what is none."""
    try:
        return msgspec.json.decode(text, type=Requirements)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def names(table: object) -> tuple[str, ...]:
    """Return the names of a table in small letters, as Composer compares them; none where it is something else."""
    return tuple(name.lower() for name in table) if isinstance(table, dict) else ()


class Wants(Struct, frozen=True):
    """Why each package is there, by its name in small letters."""

    all: Mapping[str, Want]
    requested: frozenset[str]


def who_wants(packages: Mapping[str, Package], project: Requirements | None, path: str) -> Wants:
    """Go from what a project asks for, first to run and then for development; without one, from what no other needs."""
    reach = Reach()
    graph = _Graph(packages)
    requested = set()
    if project is None:
        needed = {each for key in packages for each, _ in graph.needs(key) if each != key}
        for key in packages:
            if key not in needed:
                reach.add(key)
        reach.follow(graph.needs)
        return Wants(reach.wants, frozenset())
    done = 0
    for table in (project.require, project.development):
        for name in names(table):
            for key in graph.called(name):
                reach.add(key, how=f"asked for by /{path}".rstrip("/"))
                requested.add(key)
        done = reach.follow(graph.needs, done)
    return Wants(reach.wants, frozenset(requested))


class _Graph:
    """Who needs whom, by a package's own name or one that it stands in for."""

    def __init__(self, packages: Mapping[str, Package]) -> None:
        self._packages = packages
        self._stand_ins: dict[str, str] = {}
        for key, each in packages.items():
            for name in (*names(each.replace), *names(each.provide)):
                self._stand_ins.setdefault(name, key)

    def called(self, name: str) -> tuple[str, ...]:
        """Return the package of a name, or the first that stands in for it; PHP and its extensions are none."""
        key = name if name in self._packages else self._stand_ins.get(name)
        return () if key is None or "/" not in name else (key,)

    def needs(self, key: str) -> list[tuple[str, str]]:
        """List what a package needs and is there."""
        return [(each, "depends on it") for name in names(self._packages[key].require) for each in self.called(name)]
