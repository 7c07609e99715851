"""Text files of the image that somebody parses: taken by a probe, kept packed, unpacked by who asks."""

import re
from collections.abc import Callable
from typing import Final, Self

from isal import isal_zlib
from msgspec import Struct

from layerscope.errors import UnsupportedError
from layerscope.filesystem.files import Files
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

_LOGIN: Final = rb"://[^\s/:@\"']*+:[^\s/@\"']*+@"


class Packed(Struct, frozen=True):
    """The contents of a file. Packed, so that what is noted of a compressed layer stays about as small as it came."""

    deflated: bytes
    size: int
    """Of the file: more than was taken, where it is over the probe's limit."""
    has_login: bool = False
    """Whether there is an address with a password in it: such a text is not for any disk."""

    @classmethod
    def of(cls, contents: bytes, size: int) -> Self:
        """Pack ``contents`` of a file of ``size`` bytes."""
        has_login = b"://" in contents and re.search(_LOGIN, contents) is not None
        return cls(isal_zlib.compress(contents, 1), size, has_login)


class TextProbe:
    """Takes the whole of the files that ``chooses`` names, up to ``limit`` bytes.

    What it finds is known by the name of ``chooses``. Where that may be a secret, it is never written to disk.
    """

    def __init__(self, chooses: Callable[[Entry], bool], limit: int, *, secret: bool = False) -> None:
        self.name = f"{chooses.__module__}.{chooses.__qualname__}"
        self.finds = None if secret else Packed
        self._chooses = chooses
        self._limit = limit

    def wants(self, entry: Entry) -> bool:
        """Want files only, by name and place."""
        return self._chooses(entry) and entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> object | None:
        """Take a file; of one that is too large only the size."""
        contents = b"" if size > self._limit else window.take(size)
        return Packed.of(contents, size)

    def read_at(self, files: Files, path: str) -> bytes | None:
        """Return what stands at a path of the final filesystem, as :meth:`read` does; ``None`` also for nothing."""
        number = files.kept_at(path)
        return None if number is None else self.read(files, number)

    def read(self, files: Files, number: int) -> bytes | None:
        """Return what a file holds; ``None`` where that cannot be known. Raises UnsupportedError for one too large."""
        packed = files.look(self, files.carrier_of(number))
        if not isinstance(packed, Packed):
            return None
        if packed.size > self._limit:
            raise UnsupportedError(f"{files.entry(number).path} is larger ({packed.size:,} bytes) than is read")
        contents: bytes = isal_zlib.decompress(packed.deflated)
        return contents


class HeadProbe(TextProbe):
    """Takes what stands before the first empty line, or as much of it as stands in the first ``limit`` bytes."""

    def look(self, window: Window, size: int) -> object | None:
        """Take the beginning of a file."""
        contents = window.take(min(size, self._limit)).replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        return Packed.of(contents, len(contents))
