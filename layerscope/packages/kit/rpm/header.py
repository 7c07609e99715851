"""A header of rpm's: what it says of one installed package (rpm's docs/manual/format.md)."""

from collections.abc import Iterator
from itertools import chain, repeat
from struct import Struct, unpack_from
from typing import Final

import msgspec

from layerscope.errors import DamagedError
from layerscope.packages.kit.listed import joined

_NAME, _VERSION, _RELEASE, _EPOCH, _ARCHITECTURE = 1000, 1001, 1002, 1003, 1022
_OLD_FILE_NAMES, _FILE_STATES, _FILE_FLAGS = 1027, 1029, 1037
_PROVIDES, _REQUIRES, _RECOMMENDS, _SUPPLEMENTS = 1047, 1049, 5046, 5052
_FOLDER_INDEXES, _BASE_NAMES, _FOLDERS = 1116, 1117, 1118
_TAGS: Final = frozenset({
    *(_NAME, _VERSION, _RELEASE, _EPOCH, _ARCHITECTURE, _OLD_FILE_NAMES, _FILE_STATES, _FILE_FLAGS, _PROVIDES),
    *(_REQUIRES, _RECOMMENDS, _SUPPLEMENTS, _FOLDER_INDEXES, _BASE_NAMES, _FOLDERS),
})  # fmt: skip
_LENGTHS: Final = Struct(">2I")
_ENTRY: Final = Struct(">4I")
_CODES: Final = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q"}
_TEXTS: Final = frozenset({6, 8, 9})
_ENTRIES_LIMIT: Final = 65535
_GHOST: Final = 0x40
_ABSENT: Final = frozenset({1, 2, 3, 4})
"""States of a file that is another package's, was not installed, is elsewhere, or is of another architecture."""


class Identity(msgspec.Struct, frozen=True):
    """What names a package."""

    name: str
    version: str
    """With the epoch where one is stated, and the release: ``1:1.1.1k-12.el8``."""
    architecture: str


class Package(msgspec.Struct, frozen=True):
    """One installed package."""

    identity: Identity
    files: tuple[str, ...]
    """Paths from the root, with a slash before each; without those that rpm only knows of (%ghost)."""
    requires: tuple[str, ...]
    """Packages, what they provide, or paths. Versions, and what is required under conditions, are left out."""
    recommends: tuple[str, ...]
    supplements: tuple[str, ...]
    """Where any of these is installed, this package is recommended."""
    provides: tuple[str, ...]


def read_identity(header: bytes) -> Identity:
    """Read what names a package; raises DamagedError for what is no header."""
    return _identity(_Header(header))


def read_package(header: bytes) -> Package:
    """Read a header; raises DamagedError for what is none."""
    fields = _Header(header)
    return Package(
        identity=_identity(fields),
        files=joined(_files(fields), len(header), "rpm's database"),
        requires=_names(fields, _REQUIRES),
        recommends=_names(fields, _RECOMMENDS),
        supplements=_names(fields, _SUPPLEMENTS),
        provides=_names(fields, _PROVIDES),
    )


def _identity(fields: "_Header") -> Identity:
    epoch = fields.numbers(_EPOCH)
    version = f"{fields.text(_VERSION)}-{fields.text(_RELEASE)}"
    return Identity(fields.text(_NAME), f"{epoch[0]}:{version}" if epoch else version, fields.text(_ARCHITECTURE))


def _names(fields: "_Header", tag: int) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(fields.texts(tag)) if not name.startswith(("(", "rpmlib(")))


def _files(fields: "_Header") -> Iterator[tuple[str, str]]:
    """Yield the folder and the name of each file that the package brought."""
    flags = chain(fields.numbers(_FILE_FLAGS), repeat(0))
    states = chain(fields.numbers(_FILE_STATES), repeat(0))
    for file, flag, state in zip(_named(fields), flags, states, strict=False):
        if not flag & _GHOST and state not in _ABSENT:
            yield file


def _named(fields: "_Header") -> Iterator[tuple[str, str]]:
    """Yield folder and name of every file that the header speaks of; of one in no folder, nothing."""
    yield from (("", path) for path in fields.texts(_OLD_FILE_NAMES))
    folders = fields.texts(_FOLDERS)
    for name, index in zip(fields.texts(_BASE_NAMES), fields.numbers(_FOLDER_INDEXES), strict=False):
        yield (folders[index], name) if index < len(folders) else ("", "")


class _Header:
    """Values by their tags."""

    def __init__(self, header: bytes) -> None:
        if len(header) < _LENGTHS.size:
            raise DamagedError("rpm's database has a header that is cut off")
        entries, length = _LENGTHS.unpack_from(header)
        self._start = _LENGTHS.size + _ENTRY.size * entries
        if entries > _ENTRIES_LIMIT or self._start + length > len(header):
            raise DamagedError("rpm's database has a header that is cut off")
        self._header = header
        index = _ENTRY.iter_unpack(header[_LENGTHS.size : self._start])
        self._index = {tag: (kind, offset, count) for tag, kind, offset, count in index if tag in _TAGS}
        if not self.text(_NAME):
            raise DamagedError("rpm's database has a header that names no package")

    def texts(self, tag: int) -> list[str]:
        """Return the texts of a tag."""
        kind, offset, count = self._index.get(tag, (0, 0, 0))
        if kind not in _TEXTS or not count:
            return []
        count = min(count, len(self._header))
        texts = self._header[self._start + offset :].split(b"\0", count)[:count]
        return [text.decode("utf-8", "surrogateescape") for text in texts]

    def text(self, tag: int) -> str:
        """Return the only or first text of a tag; empty where there is none."""
        kind, offset, _ = self._index.get(tag, (0, 0, 0))
        at = self._start + offset
        end = self._header.find(b"\0", at) if kind in _TEXTS else -1
        return self._header[at:end].decode("utf-8", "surrogateescape") if end >= 0 else ""

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the numbers of a tag; none where they do not fit into the header."""
        kind, offset, count = self._index.get(tag, (0, 0, 0))
        code = _CODES.get(kind)
        if code is None or self._start + offset + Struct(f">{code}").size * count > len(self._header):
            return ()
        numbers: tuple[int, ...] = unpack_from(f">{count}{code}", self._header, self._start + offset)
        return numbers
