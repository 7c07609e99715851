"""What a layer is read from that is not read whole: something that can be asked for any range of its bytes."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from layerscope.errors import DamagedError

_HELD: Final = 16 * 1024 * 1024
"""Bytes that are kept of what was read, for who asks for the same or for what came along."""
_LARGE: Final = 2 * 1024 * 1024
"""Bytes of a range that is not kept, if nothing came along with it: who asked has it."""
_GAP: Final = 8 * 1024
"""Bytes that nobody wants, and that are read rather than to ask twice."""
_AT_ONCE: Final = 6
"""Ranges that are asked for at once: each is a request, most of whose time is waiting."""

Range = tuple[int, int]
"""Where it begins, and where it has ended."""


class Ranges(Protocol):
    """The blob of a layer, as a registry keeps it; several threads may ask at once."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return these bytes; raises a LayerscopeError."""
        ...


class NotSeekable(Exception):  # noqa: N818 - no error: the layer is to be read whole
    """A layer that has to be read whole. The message says why."""


class Spans:
    """Reads ranges, and with them what is likely to be asked for next; remembers the last ones."""

    def __init__(self, ranges: Ranges) -> None:
        self.size: Final = ranges.size
        self._read = ranges.read
        self._spans: deque[tuple[int, bytes]] = deque()
        self.held = 0
        """Bytes that are kept."""

    def get(self, start: int, end: int, ahead: Callable[[], Iterable[Range]] = lambda: ()) -> bytes:
        """Return the bytes from ``start`` to ``end``; if they have to be read, ``ahead()`` is read along."""
        if not 0 <= start <= end <= self.size:
            raise DamagedError(f"bytes {start} to {end} are outside of the blob of {self.size}")
        found = self._find(start, end) if start < end else b""
        if found is not None:
            return found
        known = next((each for each in self._spans if start < each[0] < end <= each[0] + len(each[1])), (end, b""))
        along = [each for each in ahead() if each[0] < each[1] and self._find(*each) is None]
        result = b""
        for begin, span in self._fetch(_joined([(start, known[0]), *along])):
            if begin <= start < begin + len(span):
                result = span[start - begin : known[0] - begin] + known[1][: end - known[0]]
            if len(span) <= _LARGE or (begin, len(span)) != (start, known[0] - start):
                self._spans.append((begin, span))
                self.held += len(span)
        while self.held > _HELD:
            self.held -= len(self._spans.popleft()[1])
        return result

    def forget(self) -> None:
        """Keep nothing."""
        self._spans.clear()
        self.held = 0

    def _find(self, start: int, end: int) -> bytes | None:
        for begin, span in self._spans:
            if begin <= start and end <= begin + len(span):
                return span[start - begin : end - begin]
        return None

    def _fetch(self, ranges: list[Range]) -> Iterable[tuple[int, bytes]]:
        if len(ranges) == 1:
            return [self._one(ranges[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._one, ranges))

    def _one(self, asked: Range) -> tuple[int, bytes]:
        start, end = asked
        span = self._read(start, end - start)
        if len(span) != end - start:
            raise DamagedError(f"{len(span)} bytes came from offset {start}, where {end - start} were asked for")
        return start, span


def _joined(ranges: Iterable[Range]) -> list[Range]:
    """Join ranges that overlap or nearly touch."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1] + _GAP:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
