"""Bytes under keys, in files: written as a whole or not at all, checked when read, bounded, the least used gone first.

Any number of processes may use one folder at once, without locks: an entry is written beside its place and then moved
there, so that nobody sees half of one, and one that is gone was never there.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from struct import Struct as Layout
from time import time
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from xxhash import xxh3_128

Kind = Literal["layers", "documents", "reports"]
"""Also the folder's name."""
KINDS: Final[tuple[Kind, ...]] = ("layers", "documents", "reports")
MAX_BYTES: Final = 1_000_000_000
"""Bytes of all entries together, unless somebody says otherwise."""

_MAGIC: Final = b"lscope\0\1"
"""The last byte is the version of this layout."""
_HEADER: Final = Layout("<8sQ16s")
"""Magic, bytes of the body unpacked, check sum of the key, that length and the packed body."""
_PACKED_LIMIT: Final = 256 * 1024 * 1024
_BODY_LIMIT: Final = 1024 * 1024 * 1024
"""Bytes of one entry, packed and not: more is not kept, nor believed."""
_FANNED: Final = 2
"""Letters of a name that are its folder."""
_NAME: Final = "[0-9a-f]{62}"
_UNFINISHED: Final = "new"
_NEW_NAME: Final = "[0-9]{1,10}-[0-9a-f]{16}"
_FORGOTTEN: Final = 3600
"""Seconds after which what a process has not finished writing, it never will."""
_LEFT: Final = 0.9
"""Of the bytes that are allowed, how much is left where entries had to go: not each new one is to look for others."""


class Holding(Struct, frozen=True):
    """What there is of one kind of entries."""

    entries: int
    stored_bytes: int


class _File(NamedTuple):
    used: int
    size: int
    path: str


class Cache:
    """A folder of entries. What cannot be read or written there costs nothing but the time that it would have saved."""

    def __init__(self, folder: str | os.PathLike[str] | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._folder = None if folder is None else os.fspath(folder)
        self.max_bytes = max_bytes
        self._is_ours: bool | None = None
        self._has_grown = False

    @cached_property
    def folder(self) -> str:
        """Where the entries are; the user's own folder is looked for when it is needed."""
        return _users_folder() if self._folder is None else self._folder

    def get(self, kind: Kind, key: bytes) -> bytes | None:
        """Return what was put under ``key``, which thereby counts as used; one that is damaged is dropped."""
        if not self._is_usable():
            return None
        path = self._path(kind, key)
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib is slower than all the rest
                size = os.fstat(file.fileno()).st_size
                entry = file.read(size) if size <= _PACKED_LIMIT else b""
        except OSError:
            return None
        with suppress(OSError):  # a cache that others keep may be for reading alone
            os.utime(path)
        body = _opened(key, entry)
        if body is None:
            self._drop(path)
        return body

    def put(self, kind: Kind, key: bytes, body: bytes) -> None:
        """Keep ``body`` under ``key``, in place of what was there."""
        from isal import isal_zlib

        packed: bytes = isal_zlib.compress(body, 1)
        if len(body) > _BODY_LIMIT or len(packed) > min(_PACKED_LIMIT, self.max_bytes) or not self._is_usable():
            return
        header = _HEADER.pack(_MAGIC, len(body), _check_sum(key, len(body), packed))
        path = self._path(kind, key)
        new = f"{self.folder}/{_UNFINISHED}/{os.getpid()}-{os.urandom(8).hex()}"
        try:
            for folder in (f"{self.folder}/{kind}", os.path.dirname(path), os.path.dirname(new)):  # noqa: PTH120
                with suppress(FileExistsError):
                    os.mkdir(folder, mode=0o700)  # noqa: PTH102
            try:
                with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:  # noqa: PTH123
                    is_whole = file.write(header) + file.write(packed) == len(header) + len(packed)
                if is_whole:
                    os.replace(new, path)  # noqa: PTH105
                    self._has_grown = True
            finally:
                self._drop(new)
        except OSError:  # a full disk, a folder that nobody may write to
            return

    def drop(self, kind: Kind, key: bytes) -> None:
        """Forget an entry, as one that says what cannot be."""
        self._drop(self._path(kind, key))

    def tidy(self) -> None:
        """Keep to the bytes that are allowed, if anything was added."""
        if self._has_grown:
            self._has_grown = False
            self.prune()

    def prune(self) -> int:
        """Let the least recently used entries go, until the rest is within bounds; return how many bytes went."""
        for each in self._unfinished():
            if each.used < (time() - _FORGOTTEN) * 1e9:
                self._drop(each.path)
        files = [each for kind in KINDS for each in self._files(kind)]
        total = sum(each.size for each in files)
        if total <= self.max_bytes:
            return 0
        gone = 0
        for each in sorted(files):
            if total - gone <= self.max_bytes * _LEFT:
                break
            self._drop(each.path)
            gone += each.size
        return gone

    def clear(self) -> int:
        """Let all entries go; return how many bytes went. What else lies in the folder stays."""
        files = [*self._unfinished(), *(each for kind in KINDS for each in self._files(kind))]
        for each in files:
            self._drop(each.path)
        return sum(each.size for each in files)

    def holdings(self) -> dict[Kind, Holding]:
        """Count what there is."""
        holdings: dict[Kind, Holding] = {}
        for kind in KINDS:
            sizes = [each.size for each in self._files(kind)]
            holdings[kind] = Holding(len(sizes), sum(sizes))
        return holdings

    def hindrance(self) -> str:
        """Say why nothing is kept, looking only; empty if nothing is in the way."""
        if not self.folder:
            return "there is no home to keep it in"
        there = self.folder
        while not os.path.exists(there) and there != os.path.dirname(there):  # noqa: PTH110, PTH120
            there = os.path.dirname(there)  # noqa: PTH120
        if there == self.folder and (foreign := _foreign(os.stat(there))):  # noqa: PTH116
            return foreign
        there = there or os.curdir
        return "" if os.access(there, os.W_OK | os.X_OK) else f"nothing may be written to {there}"

    def _path(self, kind: Kind, key: bytes) -> str:
        name = sha256(key).hexdigest()
        return f"{self.folder}/{kind}/{name[:_FANNED]}/{name[_FANNED:]}"

    def _files(self, kind: Kind) -> Iterator[_File]:
        for folder in _listed(f"{self.folder}/{kind}"):
            if folder.is_dir(follow_symlinks=False) and len(folder.name) == _FANNED:
                yield from _files_of(folder.path, _NAME)

    def _unfinished(self) -> Iterator[_File]:
        yield from _files_of(f"{self.folder}/{_UNFINISHED}", _NEW_NAME)

    def _is_usable(self) -> bool:
        """Tell whether the folder is the user's own: what others may write there is not to be believed."""
        if self._is_ours is None:
            self._is_ours = bool(self.folder) and self._make()
        return self._is_ours

    def _make(self) -> bool:
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103
            status = os.stat(self.folder)  # noqa: PTH116
        except OSError:
            return False
        return not _foreign(status)

    @staticmethod
    def _drop(path: str) -> None:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108


def _foreign(status: os.stat_result) -> str:
    """Say why what is in a folder is not the user's own alone; empty if it is."""
    if status.st_uid != os.geteuid():
        return "the folder belongs to somebody else"
    return "others may write to the folder" if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else ""


def _users_folder() -> str:
    from platformdirs import user_cache_dir

    folder = user_cache_dir("layerscope", appauthor=False)
    return folder if folder.startswith(os.sep) else ""  # of a user without a home


def _opened(key: bytes, entry: bytes) -> bytes | None:
    """Return the body of an entry that is whole, and of this key."""
    from isal import isal_zlib

    if len(entry) < _HEADER.size:
        return None
    magic, length, check_sum = _HEADER.unpack_from(entry)
    packed = entry[_HEADER.size :]
    if magic != _MAGIC or length > _BODY_LIMIT or check_sum != _check_sum(key, length, packed):
        return None
    try:
        unpacker = isal_zlib.decompressobj()
        body: bytes = unpacker.decompress(packed, max_length=length + 1)
    except isal_zlib.error:  # type: ignore[misc]  # its stub says an instance
        return None
    return body if len(body) == length else None


def _check_sum(key: bytes, length: int, packed: bytes) -> bytes:
    digest = xxh3_128(len(key).to_bytes(8, "little") + key + length.to_bytes(8, "little"))
    digest.update(packed)
    return digest.digest()


def _files_of(folder: str, named: str) -> Iterator[_File]:
    """Yield the files of names that are ours: who gives a folder of other things as the cache shall not lose those."""
    for each in _listed(folder):
        with suppress(OSError):  # gone since it was listed
            if re.fullmatch(named, each.name) and each.is_file(follow_symlinks=False):
                status = each.stat(follow_symlinks=False)
                yield _File(status.st_mtime_ns, status.st_size, each.path)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except OSError:
        return []
