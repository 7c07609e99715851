"""What is known of the files of a layer by its table of contents, and by those chunks of it that are fetched.

Only whole chunks are fetched, since only they can be held against their digests. Who asks for the files that a probe
wants, mostly asks for one after the other: what is read ahead of them grows with each file asked for in turn, as an
operating system reads ahead, in few requests where they stand near one another and else in several at once.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import chain, islice
from sys import maxsize
from typing import Final

from layerscope.errors import DamagedError, DigestError, LayerscopeError
from layerscope.layers.compression import decompress
from layerscope.layers.facts import Probe, Told, digest_of
from layerscope.layers.partial.ranges import Range, Spans
from layerscope.layers.partial.table import Chunk, Table
from layerscope.layers.windows import Window
from layerscope.model import Compression, Entry, EntryKind

_EMPTY: Final = sha256().digest()
_HELD: Final = 32 * 1024 * 1024
"""Bytes of inflated chunks that are kept."""
_TOGETHER: Final = 128 * 1024 * 1024
"""Bytes that all layers of an image keep, inflated and not: some three of them all that each may."""
_SMALL: Final = 64 * 1024
"""Bytes of a file as it is stored, up to which it is fetched at once, not chunk by chunk."""
_MOST_AHEAD: Final = 2 * 1024 * 1024
"""Bytes that are read ahead at most."""
_IN_TURN: Final = 16
"""A file is asked for in turn if no more wanted ones lie between it and the last: rules leave out small files."""


class Room:
    """The memory that the layers of one image share: who was not asked for longest forgets what it keeps."""

    def __init__(self) -> None:
        self._held: OrderedDict[Chunks, int] = OrderedDict()

    def take(self, chunks: "Chunks", held: int) -> None:
        """Note that a layer keeps so many bytes by now."""
        self._held[chunks] = held
        self._held.move_to_end(chunks)
        while len(self._held) > 1 and sum(self._held.values()) > _TOGETHER:
            self._held.popitem(last=False)[0].forget()


class Chunks:
    """The contents of chunks: fetched, inflated, verified. After the first failure nothing more is tried."""

    def __init__(self, spans: Spans, compression: Compression, table: Table, place: str, room: Room) -> None:
        self._spans = spans
        self._room = room
        self._place = place
        self._compression = compression
        offsets = {chunk.offset for chunks in table.chunks.values() for chunk in chunks if chunk.digest}
        self._borders = [*sorted(offsets), spans.size]
        self._contents: OrderedDict[Chunk, bytes] = OrderedDict()
        self._held = 0
        self._failure: LayerscopeError | None = None

    def end_of(self, chunk: Chunk) -> int:
        """Return where the member of a chunk has ended at the latest, and all that it needs of it."""
        needed = chunk.inner + chunk.size
        return min(self._borders[bisect_right(self._borders, chunk.offset)], chunk.offset + needed + needed // 8 + 4096)

    @property
    def has_failed(self) -> bool:
        """Whether nothing more is tried."""
        return self._failure is not None

    def read(self, chunk: Chunk, ahead: Callable[[], Iterable[Range]]) -> bytes:
        """Return a chunk's contents; if it has to be fetched, ``ahead()`` is fetched along."""
        if self._failure:
            raise self._failure
        if chunk in self._contents:
            self._contents.move_to_end(chunk)
            return self._contents[chunk]
        try:
            raw = self._spans.get(chunk.offset, self.end_of(chunk), ahead)
            contents = self._inflated(raw, chunk)
        except LayerscopeError as error:
            self._failure = error
            raise
        self._contents[chunk] = contents
        self._held += len(contents)
        while self._held > _HELD and len(self._contents) > 1:
            self._held -= len(self._contents.popitem(last=False)[1])
        self._room.take(self, self._held + self._spans.held)
        return contents

    def forget(self) -> None:
        """Keep nothing of what was fetched; whoever asks again has it fetched again."""
        self._contents.clear()
        self._held = 0
        self._spans.forget()

    def _inflated(self, raw: bytes, chunk: Chunk) -> bytes:
        parts, left = [], chunk.inner + chunk.size
        try:
            for part in decompress(iter([raw]), self._compression):
                parts.append(part)
                left -= len(part)
                if left <= 0:
                    break
        except DamagedError as error:
            raise DamagedError(f"{self._place}: {error}", hint=error.hint) from error
        contents = b"".join(parts)[chunk.inner : chunk.inner + chunk.size]
        if sha256(contents).digest() != chunk.digest:
            message = f"{self._place}: the chunk at offset {chunk.offset} is not what the table of contents says of it"
            raise DigestError(message, hint="Push the image again; the registry's copy is damaged.")
        return contents


class ChunksWindow(Window):
    """A file, chunk by chunk, each fetched when something of it is taken."""

    def __init__(self, chunks: Sequence[Chunk], source: Chunks, ahead: Callable[[], Iterable[Range]]) -> None:
        self.position = 0
        self._chunks = chunks
        self._source = source
        self._ahead = ahead
        self._length = chunks[-1].begin + chunks[-1].size if chunks else 0
        self._begins = [chunk.begin for chunk in chunks]
        self._last = -1
        self._run = 0

    def take(self, count: int) -> bytes:
        piece = self.peek(count)
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        count = min(count, self._length - self.position)
        self.position += count
        return count

    def peek(self, count: int) -> bytes:
        parts = []
        at, end = self.position, min(self.position + count, self._length)
        while at < end:
            number = bisect_right(self._begins, at) - 1
            chunk = self._chunks[number]
            stop = min(end, chunk.begin + chunk.size)
            if chunk.digest:
                parts.append(self._contents(number)[at - chunk.begin : stop - chunk.begin])
            else:
                parts.append(bytes(stop - at))
            at = stop
        return b"".join(parts)

    def back_to(self, position: int) -> bool:
        self.position = position
        return True

    def _contents(self, number: int) -> bytes:
        """Return the contents of a chunk; of a file that is read through, more and more is fetched at once."""
        chunk = self._chunks[number]
        ahead = self._ahead if self._last < 0 else self._through
        if number != self._last:
            self._run = min(2 * self._run or _SMALL, _MOST_AHEAD) if number == self._last + 1 else 0
            self._last = number
        return self._source.read(chunk, ahead)

    def _through(self) -> Iterator[Range]:
        """Yield where the chunks are that come next, as far as is read ahead."""
        left = self._run
        for chunk in islice(self._chunks, self._last + 1, None):
            end = self._source.end_of(chunk)
            left -= end - chunk.offset
            if left < 0:
                return
            if chunk.digest:
                yield chunk.offset, end


class TableFacts:
    """Of a layer that is known by its table of contents."""

    def __init__(self, table: Table, source: Chunks) -> None:
        self._entries = table.entries
        self._digests = table.digests
        self._chunks = table.chunks
        self._source = source
        self._found: dict[tuple[str, int], object | None] = {}
        self._read_digests: dict[int, bytes] = {}
        self._turns: dict[str, _Turn] = {}

    @property
    def has_failed(self) -> bool:
        return self._source.has_failed

    def digest(self, index: int, entry: Entry) -> bytes | None:
        if entry.kind is EntryKind.FILE and not entry.size:
            return _EMPTY
        return self._digests.get(index)

    def reads(self, index: int, entry: Entry) -> int:
        return 0 if index in self._read_digests or index not in self._chunks else entry.size

    def read_digest(self, index: int, entry: Entry) -> bytes | None:
        if entry.size and index not in self._chunks:
            return None
        if index not in self._read_digests:
            window = ChunksWindow(self._chunks.get(index, ()), self._source, lambda: (self._at_once(index),))
            self._read_digests[index] = digest_of(window, entry.size)
        return self._read_digests[index]

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:
        key = (probe.name, index)
        if key not in self._found:
            wanted = entry.kind is EntryKind.FILE and probe.wants(entry)
            self._found[key] = self._look(probe, index, entry) if wanted else None
        return self._found[key]

    def told(self) -> Told:
        return Told({}, {}, None)  # nothing that a whole reading would not tell better: it is not kept

    def _look(self, probe: Probe, index: int, entry: Entry) -> object | None:
        if entry.size and index not in self._chunks:
            return None
        turn = self._turns.setdefault(probe.name, _Turn(probe, self._entries, self._chunks))
        turn.take(index)
        chunks = self._chunks.get(index, ())
        return probe.look(ChunksWindow(chunks, self._source, lambda: self._ahead(turn, index)), entry.size)

    def _ahead(self, turn: "_Turn", index: int) -> Iterator[Range]:
        """Yield what to fetch for a probe that asks for a file."""
        left = turn.most
        asked = self._found
        following = (each for each in turn.following(index) if (turn.probe.name, each) not in asked)
        for each in chain((index,), following):
            begin, end = self._at_once(each)
            left -= end - begin
            if left < 0 and each != index:
                return
            yield begin, end

    def _at_once(self, index: int) -> Range:
        """Return where a file is that is small; of any other, where its first chunk is."""
        stored = [chunk for chunk in self._chunks[index] if chunk.digest]
        if not stored:
            return 0, 0
        begin, end = stored[0].offset, self._source.end_of(stored[-1])
        return begin, end if end <= begin + _SMALL else self._source.end_of(stored[0])


class _Turn:
    """Whether a probe asks for one file after the other."""

    def __init__(self, probe: Probe, entries: Sequence[Entry], chunks: Mapping[int, object]) -> None:
        self.probe: Final = probe
        self._entries = entries
        self._chunks = chunks
        self._wanted: list[int] | None = None
        self._last = -1
        self._least = maxsize
        """Bytes of the smallest file that was asked for: who asks leaves out smaller ones."""
        self.most = 0
        """Bytes to read ahead."""

    def take(self, index: int) -> None:
        """Take notice that a file is asked for."""
        if self._last >= 0:
            wanted = self._wanted_ones()
            is_in_turn = 0 < bisect_right(wanted, index) - bisect_right(wanted, self._last) <= _IN_TURN
            self.most = min(2 * self.most or _SMALL, _MOST_AHEAD) if is_in_turn else 0
        self._last = index
        self._least = min(self._least, self._entries[index].size)

    def following(self, index: int) -> Iterator[int]:
        """Yield the files that the probe may want next."""
        if self.most:
            wanted = self._wanted_ones()
            following = islice(wanted, bisect_right(wanted, index), None)
            yield from (each for each in following if self._entries[each].size >= self._least)

    def _wanted_ones(self) -> list[int]:
        if self._wanted is None:
            self._wanted = [each for each in self._chunks if self.probe.wants(self._entries[each])]
        return self._wanted
