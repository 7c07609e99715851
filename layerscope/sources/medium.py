"""What every source supplies: named members, some of them documents, some of them layers.

A source supplies the least; what the members mean is told by ``layerscope.image``, once for all sources.
"""

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from time import time_ns
from typing import Final, Protocol

from layerscope.errors import DamagedError, LayerscopeError, MissingBlobError
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts
from layerscope.model import Entry, EntryKind

DOCUMENT_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of a manifest, configuration or index: the distribution specification asks for 4 MiB at least."""
STANDARD_INPUT: Final = "standard input"
"""What messages call it."""
_SETTLED: Final = 100_000_000
"""Nanoseconds."""
_LINKS_LIMIT: Final = 40
"""Symbolic links that one name may lead through, as Linux has it."""


class Medium(Protocol):
    """A set of named members, such as the files of an archive or of a folder."""

    title: str
    """How messages call it: a path, ``standard input``, an image's name."""
    transport: str
    """``file`` for one archive, ``folder``, ``stream``, ``engine``, ``registry``."""
    vouched_by: str
    """Who vouches that layers are what their diff IDs say: an engine, by its address; else empty."""

    @property
    def fetched_bytes(self) -> int | None:
        """How many bytes have come from a registry until now; ``None`` where nothing is fetched."""
        ...

    def names(self) -> Iterable[str]:
        """List the members."""
        ...

    def has(self, name: str) -> bool:
        """Tell whether there is a member of this name, or a link that leads to one."""
        ...

    def document(self, name: str) -> bytes:
        """Return a small member whole; raises MissingBlobError, or DamagedError where it is too large."""
        ...

    def size(self, name: str) -> int | None:
        """Return how many bytes a member has as it is stored; ``None`` where there is none."""
        ...

    def is_walked_by_headers(self, name: str) -> bool:
        """Tell whether to walk a member as a layer costs no more than reading its headers."""
        ...

    def identity(self, name: str) -> tuple[int, ...] | None:
        """Return what changes whenever the bytes of a member do (of no name: of the whole); ``None``: nothing tells."""
        ...

    def facts(self, name: str) -> Facts | None:
        """Return what can be asked of a layer that was walked earlier; ``None`` where its contents are out of reach."""
        ...

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        """Walk the members ``names`` as layers; raises DamagedError and its kin, with the member's name."""
        ...

    def filesystem(self) -> Contents | None:
        """Return the archive's own entries as if it were one layer; ``None`` for what is no tar."""
        ...


def identity_of(status: os.stat_result, start: int, length: int) -> tuple[int, ...] | None:
    """Tell a stretch of a file from all others, and from what it was before.

    A file that was changed a moment ago may be changed again without its times telling: clocks of file systems tick
    every few milliseconds.
    """
    if time_ns() - status.st_ctime_ns < _SETTLED:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, start, length)


class Members:
    """The files of a tar by name, links followed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._files: dict[str, Entry] = {}
        self._links: dict[str, str] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Enter one more; of several with one name the last counts."""
        if entry.kind is EntryKind.FILE:
            self._links.pop(entry.path, None)
            self._files[entry.path] = entry
        elif entry.kind is EntryKind.HARDLINK:
            self._links[entry.path] = entry.target
        elif entry.kind is EntryKind.SYMLINK:
            self._links[entry.path] = posixpath.normpath(posixpath.join("/", entry.parent, entry.target))[1:]

    def names(self) -> Iterable[str]:
        """List files and links."""
        return [*self._files, *self._links]

    def find(self, name: str) -> Entry | None:
        """Return the file of this name, links followed; ``None`` where there is none."""
        for _ in range(_LINKS_LIMIT):
            if name not in self._links:
                return self._files.get(name)
            name = self._links[name]
        return None

    def get(self, name: str, title: str) -> Entry:
        """Return the file of this name, links followed; raises MissingBlobError."""
        entry = self.find(name)
        if entry is None:
            raise missing(name, title)
        return entry


def blob_name(digest: str) -> str:
    """Return what a layout calls the blob of a digest (image-spec, image-layout.md, "Blobs")."""
    return f"blobs/{digest.replace(':', '/', 1)}"


def missing(name: str, title: str) -> MissingBlobError:
    """Make the error of a member that is not there."""
    return MissingBlobError(f"{title}: {name} is missing", hint="Save or download the image again, whole.")


def too_large(name: str, title: str, size: int) -> DamagedError:
    """Make the error of a document that no image needs."""
    message = f"{title}: {name} is {size:,} bytes long, more than any manifest or configuration needs"
    return DamagedError(message, hint="Is this the image that you meant?")


def at_place(error: LayerscopeError, *places: str) -> LayerscopeError:
    """Return the same error with the place put before what happened there."""
    return type(error)(": ".join((*places, str(error))), hint=error.hint)
