"""What npm and its like write down of packages: ``package.json`` and npm's lock file, text → records.

Of a ``package.json`` what is odd is passed over, as its readers do: packages of ten years ago are still installed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError
from layerscope.filesystem.files import Files
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

FOLDER: Final = "node_modules"
MANIFEST: Final = "package.json"

_LONGEST: Final = 256
"""Characters of a name or version; npm takes names up to 214."""
_DEPTH: Final = 64
"""Of packages within packages, in the first version of the lock file."""
_BOM: Final = b"\xef\xbb\xbf"


class Manifest(Struct, frozen=True):
    """What a ``package.json`` says."""

    name: str
    version: str
    needs: tuple[str, ...]
    """Names of what it needs to run, whatever is optional and what others are to bring along (peers) among them."""
    development: tuple[str, ...]
    """Names of what only those need who work on it."""


class _Manifest(Struct, frozen=True, rename="camel"):
    """Read as they come, since all of these have been anything."""

    name: Any = ""
    version: Any = ""
    dependencies: Any = None
    optional_dependencies: Any = None
    peer_dependencies: Any = None
    dev_dependencies: Any = None


def parse_manifest(text: bytes) -> Manifest | None:
    """Read a ``package.json``; ``None`` for what is none: no program can load such a package."""
    try:
        raw = msgspec.json.decode(text.removeprefix(_BOM), type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return Manifest(
        name=_text(raw.name),
        version=_text(raw.version),
        needs=_names(raw.dependencies, raw.optional_dependencies, raw.peer_dependencies),
        development=_names(raw.dev_dependencies),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _names(*tables: object) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            name for table in tables if isinstance(table, dict) for name in table if 0 < len(name) <= _LONGEST
        )
    )


class ManifestProbe:
    """Reads the ``package.json`` of packages (not of folders within them) and of whatever has packages."""

    name: Final = "package.json"
    finds: Final = Manifest

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def wants(self, entry: Entry) -> bool:
        """Want them by name and place."""
        return entry.name == MANIFEST and entry.kind is EntryKind.FILE and _is_package(entry.parent)

    def look(self, window: Window, size: int) -> object | None:
        """Read one; one that is too large is as good as none."""
        return parse_manifest(window.take(size)) if size <= self._limit else None

    def read(self, files: Files, number: int) -> Manifest | None:
        """Return what one says."""
        found = files.look(self, files.carrier_of(number))
        return found if isinstance(found, Manifest) else None


def _is_package(folder: str) -> bool:
    _, inside, name = f"/{folder}".rpartition(f"/{FOLDER}/")
    return not inside or name.count("/") == (1 if name.startswith("@") else 0)


class _Locked(Struct, frozen=True):
    """What a lock file of version 2 or 3 says of one folder."""

    dev: bool = False
    link: bool = False


class _Lock(Struct, frozen=True):
    """A lock file of any version."""

    packages: dict[str, _Locked] | None = None
    dependencies: dict[str, Any] = msgspec.field(default_factory=dict)
    """Only read where there is no ``packages``: version 1."""


def parse_lock(text: bytes, path: str, is_there: Callable[[str], bool]) -> dict[str, bool]:
    """Read npm's lock file: folder, relative to the project → whether it is there for development only.

    What optional dependencies need as well (``devOptional``) is not, since npm keeps it.
    """
    try:
        lock = msgspec.json.decode(text, type=_Lock)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{path} is no lock file of npm ({error})") from error
    if lock.packages is None:
        return dict(_version_1(lock.dependencies, "", 0, is_there))
    return {folder: each.dev and not each.link for folder, each in lock.packages.items()}


def _version_1(
    dependencies: Mapping[str, Any], above: str, depth: int, is_there: Callable[[str], bool]
) -> Iterator[tuple[str, bool]]:
    for name, each in dependencies.items():
        folder = f"{above}{FOLDER}/{name}"
        if isinstance(each, dict) and is_there(folder):
            yield folder, each.get("dev") is True
            if isinstance(within := each.get("dependencies"), dict) and depth < _DEPTH:
                yield from _version_1(within, f"{folder}/", depth + 1, is_there)
