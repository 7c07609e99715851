"""Text files of the image that a rule parses: taken by a probe, kept packed, unpacked by who asks."""

from collections.abc import Callable

from isal import isal_zlib
from msgspec import Struct

from layerscope.errors import UnsupportedError
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.evidence import Evidence


class Packed(Struct, frozen=True):
    """The contents of a file. Packed, so that what is noted of a compressed layer stays about as small as it came."""

    deflated: bytes
    size: int
    """Of the file: more than was taken, where it is over the probe's limit."""


class TextProbe:
    """Takes the whole of the files that ``chooses`` names, up to ``limit`` bytes.

    Two of them are never equal: answers are kept for each probe by itself.
    """

    def __init__(self, chooses: Callable[[Entry], bool], limit: int) -> None:
        self._chooses = chooses
        self._limit = limit

    def wants(self, entry: Entry) -> bool:
        """Want files only, by name and place."""
        return entry.kind is EntryKind.FILE and self._chooses(entry)

    def look(self, window: Window, size: int) -> object | None:
        """Take a file; of one that is too large only the size."""
        contents = b"" if size > self._limit else window.take(size)
        return Packed(isal_zlib.compress(contents, 1), size)

    def read(self, evidence: Evidence, number: int) -> bytes | None:
        """Return what a file holds; ``None`` where that cannot be known. Raises UnsupportedError for one too large."""
        packed = evidence.look(self, number)
        if not isinstance(packed, Packed):
            return None
        if packed.size > self._limit:
            raise UnsupportedError(f"{evidence.entry(number).path} is larger ({packed.size:,} bytes) than is read")
        contents: bytes = isal_zlib.decompress(packed.deflated)
        return contents


def kept_at(evidence: Evidence, path: str) -> int | None:
    """Return the number of the file or link that stands at a path in the final filesystem."""
    folder, _, name = path.rpartition("/")
    number = evidence.filesystem.folders.get(folder, {}).get(name, -1)
    return number if number >= 0 and evidence.entry(number).kind is not EntryKind.DIRECTORY else None


def below_any(path: str, folders: tuple[str, ...]) -> bool:
    """Tell whether a path lies in one of the folders, at any depth."""
    return any(path.startswith(f"{folder}/") for folder in folders)
