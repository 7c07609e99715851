"""What the .NET SDK writes down beside an application (``App.deps.json``): text → packages, and their files.

What the fields mean: "Runtime Configuration Files" of the .NET SDK's documentation (runtime-configuration-file.md).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError
from layerscope.packages.kit.reach import Reach, Want

_RUNTIME_PACK: Final = "runtimepack."
BY_ITSELF: Final = "published along with the application"
_LONGEST: Final = 512
"""Characters of a name with its version."""
_BESIDE: Final = (".pdb", ".xml")
"""What may come along with an assembly and is not listed."""


class Library(Struct, frozen=True):
    """A package, or a project of whoever built the application."""

    name: str
    version: str
    is_package: bool
    is_runtime: bool
    """A part of .NET itself, published along with the application."""
    needs: tuple[str, ...]
    """Keys of libraries: names in small letters."""
    files: tuple[str, ...]
    """Where its files are, relative to the application."""


class _Kind(Struct, frozen=True):
    type: str = ""


class _Target(Struct, frozen=True, rename="camel"):
    dependencies: dict[str, Any] | None = None
    runtime: dict[str, Any] | None = None
    native: dict[str, Any] | None = None
    resources: dict[str, Any] | None = None
    runtime_targets: dict[str, Any] | None = None


class _Document(Struct, frozen=True, rename="camel"):
    runtime_target: Any
    targets: dict[str, dict[str, _Target]]
    libraries: dict[str, _Kind]


def parse_deps(text: bytes, path: str) -> dict[str, Library]:
    """Read a ``.deps.json``: key → library; nothing of other programs' files that are called so."""
    try:
        document = msgspec.json.decode(text, type=_Document)
    except msgspec.ValidationError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{path} is not what the .NET SDK writes ({error})") from error
    target = document.runtime_target
    chosen = document.targets.get(str(target.get("name") if isinstance(target, dict) else target), {})
    libraries = (
        _library(full, each, document.libraries.get(full, _Kind()).type)
        for full, each in chosen.items()
        if len(full) <= _LONGEST
    )
    return {library.name.lower(): library for library in libraries}


def _library(full: str, target: _Target, kind: str) -> Library:
    name, _, version = full.partition("/")
    return Library(
        name=name.removeprefix(_RUNTIME_PACK),
        version=version,
        is_package=kind.lower() in ("package", "runtimepack"),
        is_runtime=kind.lower() == "runtimepack",
        needs=tuple(needed.lower() for needed in target.dependencies or ()),
        files=tuple(dict.fromkeys(filter(_is_within, _files(target)))),
    )


def _files(target: _Target) -> Iterator[str]:
    """Yield where an application's publishing puts files: most of them flat, translations in a folder a language."""
    for path in (*(target.runtime or ()), *(target.native or ())):
        name = path.rpartition("/")[2]
        yield name
        yield from (f"{name.rpartition('.')[0]}{suffix}" for suffix in _BESIDE)
    for path in target.resources or ():
        yield "/".join(path.rsplit("/", 2)[-2:])
    yield from target.runtime_targets or ()


def _is_within(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def who_wants(libraries: Mapping[str, Library]) -> dict[str, Want]:
    """Return package → who wants it, by keys: first come those that the projects ask for."""
    reach = Reach()
    packages = {key for key, library in libraries.items() if library.is_package}
    for key, library in libraries.items():
        if library.is_runtime:
            reach.add(key, how=BY_ITSELF)
    for library in libraries.values():
        if not library.is_package:
            for needed in library.needs:
                if needed in packages:
                    reach.add(needed, how=f"asked for by {library.name}")
    reach.follow(lambda key: ((needed, "depends on it") for needed in libraries[key].needs if needed in packages))
    return reach.wants
