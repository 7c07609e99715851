"""What a layer is read from that is not read whole: something that can be asked for any range of its bytes."""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from layerscope.errors import DamagedError

_HELD: Final = 16 * 1024 * 1024
"""Bytes that are kept of what was read, for who asks for the same or for what came along."""


class Ranges(Protocol):
    """The blob of a layer, as a registry keeps it."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return these bytes; raises a LayerscopeError, or NotSeekable where ranges are not heeded."""
        ...


class NotSeekable(Exception):  # noqa: N818 - no error: the layer is to be read whole
    """A layer that has to be read whole. The message says why."""


class Spans:
    """Reads ranges, a little more than asked where that is likely to be asked next; remembers the last ones."""

    def __init__(self, ranges: Ranges) -> None:
        self.size: Final = ranges.size
        self._read = ranges.read
        self._spans: deque[tuple[int, bytes]] = deque()
        self._held = 0

    def get(self, start: int, end: int, ahead: Callable[[], int] = lambda: 0) -> bytes:
        """Return the bytes from ``start`` to ``end``; if they have to be read, those up to ``ahead()`` with them."""
        if not 0 <= start <= end <= self.size:
            raise DamagedError(f"bytes {start} to {end} are outside of the blob of {self.size}")
        for begin, span in self._spans:
            if begin <= start and end <= begin + len(span):
                return span[start - begin : end - begin]
        stop = max(end, min(ahead(), self.size))
        after = next((each for each in self._spans if start < each[0] <= stop <= each[0] + len(each[1])), (stop, b""))
        span = self._read(start, after[0] - start)
        if len(span) != after[0] - start:
            raise DamagedError(f"{len(span)} bytes came from offset {start}, where {after[0] - start} were asked for")
        self._keep(start, span)
        return (span + after[1])[: end - start]

    def _keep(self, start: int, span: bytes) -> None:
        self._spans.appendleft((start, span))
        self._held += len(span)
        while self._held > _HELD and len(self._spans) > 1:
            self._held -= len(self._spans.pop()[1])
