"""A table of contents → the entries that the header walk of the same layer yields, and where each file's contents are.

What the table does not tell as a header does (a name that is not UTF-8 loses its bytes in JSON), or what contradicts
itself, makes the layer one to be read whole.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec import Struct

from layerscope.layers.headers import as_whiteout, is_whiteout
from layerscope.layers.partial.lines import Line
from layerscope.layers.partial.ranges import NotSeekable
from layerscope.layers.paths import PATH_LIMIT, PathCleaner
from layerscope.model import Entry, EntryKind

CHUNK_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a chunk, inflated: only a whole one can be held against its digest."""
_INNER_LIMIT: Final = 16 * 1024 * 1024 * 1024
"""Bytes that all chunks together have before them in their members: those are inflated for each anew."""
_UNKNOWN: Final = -1
_LOST: Final = "\N{REPLACEMENT CHARACTER}"
_ALGORITHM: Final = "sha256:"
_ZEROS: Final = "zeros"
_KINDS: Final = {
    "reg": EntryKind.FILE,
    "dir": EntryKind.DIRECTORY,
    "symlink": EntryKind.SYMLINK,
    "hardlink": EntryKind.HARDLINK,
    "char": EntryKind.CHARACTER_DEVICE,
    "block": EntryKind.BLOCK_DEVICE,
    "fifo": EntryKind.FIFO,
}


class Chunk(NamedTuple):
    """A part of a file that can be fetched by itself."""

    begin: int
    """Where in the file."""
    size: int
    offset: int
    """Where in the blob the member begins that it is in."""
    inner: int
    """Bytes of the inflated member before it."""
    digest: bytes
    """SHA-256; nothing for zeros, which are not fetched."""


class Table(Struct, frozen=True):
    """What is in a layer and where, as its table of contents tells."""

    entries: tuple[Entry, ...]
    chunks: dict[int, tuple[Chunk, ...]]
    """Of each file that is not empty, by the index of its entry."""
    digests: dict[int, bytes]
    """SHA-256 of its contents."""


def read_table(lines: Sequence[Line], end: int) -> Table:
    """Read the lines of a blob whose files stand before ``end``; raises NotSeekable."""
    reader = _Reader(end)
    for line in lines:
        if line.type == "chunk":
            reader.add_chunk(line)
        else:
            reader.add(line)
    return reader.finish()


def sha256_of(text: str) -> bytes:
    """Return the value of a digest; raises NotSeekable for one of another algorithm."""
    try:
        value = bytes.fromhex(text.removeprefix(_ALGORITHM))
    except ValueError:
        value = b""
    if not text.startswith(_ALGORITHM) or len(value) != 32:
        raise NotSeekable(f"its table of contents, or a part of it, has no SHA-256 digest ({text[:80]!r})")
    return value


class _Reader:
    def __init__(self, end: int) -> None:
        self._end = end
        self._paths = PathCleaner()
        self._times: dict[str, int] = {"": 0}
        self._entries: list[Entry] = []
        self._chunks: dict[int, tuple[Chunk, ...]] = {}
        self._digests: dict[int, bytes] = {}
        self._file: list[Line] = []
        """The file that is not finished, and those of its chunks that came."""
        self._places: set[tuple[int, int]] = set()
        self._inner = 0

    def add(self, line: Line) -> None:
        """Take in anything but a chunk."""
        self._finish_file()
        kind = _KINDS.get(line.type)
        if kind is None:
            raise NotSeekable(f"its table of contents has an entry of type {line.type[:80]!r}")
        raw, link = _bytes(line.name), _bytes(line.link)
        target, size = "", 0
        if kind is EntryKind.FILE:
            size = line.size
            if size:
                self._file = [line]
        elif kind is EntryKind.SYMLINK:
            target, size = line.link, len(link)
        elif kind is EntryKind.HARDLINK:
            target = self._paths.clean(link)
        parent, last = self._paths.split(raw)
        if is_whiteout(last):
            kind, last, target, size = as_whiteout(kind, last, target, size)
        name = last.decode()
        time, mode = self._time(line.modtime), line.mode & 0o7777
        stored = size if kind is EntryKind.FILE else 0
        self._entries.append(Entry(parent, name, kind, size, target, mode, line.uid, line.gid, time, _UNKNOWN, stored))

    def add_chunk(self, line: Line) -> None:
        """Take in a further chunk of the file before."""
        if not self._file or line.name != self._file[0].name:
            raise NotSeekable("its table of contents has a chunk of no file")
        self._file.append(line)

    def finish(self) -> Table:
        """Return what was read."""
        self._finish_file()
        if self._inner > _INNER_LIMIT:
            raise NotSeekable("its chunks stand too deep in their members")
        return Table(tuple(self._entries), self._chunks, self._digests)

    def _finish_file(self) -> None:
        if not self._file:
            return
        lines, self._file = self._file, []
        index, size = len(self._entries) - 1, lines[0].size
        if self._entries[index].kind is not EntryKind.FILE:
            return  # a whiteout, whose contents are nobody's
        self._digests[index] = sha256_of(lines[0].digest)
        begins = [line.chunk_offset for line in lines]
        ends = [*begins[1:], size]
        if begins[0]:
            raise NotSeekable("a file in its table of contents has no beginning")
        chunks = tuple(
            self._chunk(line, end - begin, is_last=end == size, whole=lines[0].digest if len(lines) == 1 else "")
            for line, begin, end in zip(lines, begins, ends, strict=True)
        )
        places = [(chunk.offset, chunk.inner) for chunk in chunks if chunk.digest]
        if places != sorted(places):
            raise NotSeekable("the chunks of a file in its table of contents are out of order")
        self._chunks[index] = chunks

    def _chunk(self, line: Line, size: int, *, is_last: bool, whole: str) -> Chunk:
        """Make a chunk of a line; ``whole`` is the digest of the file, where it has no other chunk."""
        if size <= 0 or not (line.chunk_size == size or (is_last and not line.chunk_size)):
            raise NotSeekable("the chunks of a file in its table of contents do not join")
        if line.chunk_type == _ZEROS:
            return Chunk(line.chunk_offset, size, 0, 0, b"")
        if line.chunk_type:
            raise NotSeekable(f"its table of contents has a chunk of type {line.chunk_type[:80]!r}")
        place = line.offset, line.inner_offset
        if line.offset >= self._end or place in self._places:
            raise NotSeekable("its table of contents has two chunks at one place, or one behind the end")
        if size + line.inner_offset > CHUNK_LIMIT:
            raise NotSeekable(f"it has a chunk of {size:,} bytes, which only a whole reading verifies")
        self._places.add(place)
        self._inner += line.inner_offset
        return Chunk(line.chunk_offset, size, *place, sha256_of(line.chunk_digest or whole))

    def _time(self, text: str) -> int:
        """Read a time, which is the same for many entries."""
        time = self._times.get(text)
        if time is None:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError as error:
                raise NotSeekable(f"its table of contents has a time that is none ({text[:80]!r})") from error
            moment = moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC)
            time = self._times[text] = int(moment.timestamp())
        return time


def _bytes(name: str) -> bytes:
    """Return a name as it stands in the tar."""
    raw = name.encode()
    if _LOST in name or b"\0" in raw or len(raw) > PATH_LIMIT:
        raise NotSeekable("its table of contents has a name that no header has as it is")
    return raw
