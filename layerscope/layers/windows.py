"""Bytes that are read once, front to back, with stretches passed over: what the header walk stands on.

A window hides where bytes come from. Contents are skipped as cheaply as the source allows: a file moves its position,
a pipe is spliced away inside the kernel, a decompressor has to produce what it throws away.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol

READ_AHEAD: Final = 4096
"""Bytes read with a header from a file: small files follow one another, so the next header is often among them."""
CHUNK: Final = 64 * 1024
"""Bytes asked of a file or pipe that is read through."""


class Window(Protocol):
    """Bytes read once, front to back; ``position`` counts what was taken or skipped."""

    position: int

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes; fewer only where the data ends."""
        ...

    def skip(self, count: int) -> int:
        """Pass over ``count`` bytes; return how many there were, fewer only where the data ends."""
        ...

    def peek(self, count: int) -> bytes:
        """Return what ``take`` would, without taking it."""
        ...

    def take_at(self, position: int, count: int) -> bytes:
        """Pass over everything before ``position``, which is not behind, and return the next ``count`` bytes."""
        self.skip(position - self.position)
        return self.take(count)

    def back_to(self, position: int) -> bool:  # noqa: ARG002 - what passes by cannot
        """Go to a place that was passed, or stay; tell whether this window can."""
        return False


def pieces(window: Window) -> Iterator[bytes]:
    """Read what is left of ``window``, a piece at a time."""
    if isinstance(window, StreamWindow):
        yield from window.rest()
        return
    while piece := window.take(CHUNK):
        yield piece


def counted(stream: Iterator[bytes], advance: Callable[[int], None]) -> Iterator[bytes]:
    """Tell ``advance`` how many bytes pass."""
    for piece in stream:
        advance(len(piece))
        yield piece


def drain(window: Window) -> None:
    """Pass over what is left of ``window``."""
    window.skip(sys.maxsize)


class FileWindow(Window):
    """``length`` bytes of an open file from ``start`` on; reads by position, so that threads may share the file."""

    def __init__(self, file: int, start: int, length: int) -> None:
        self.position = 0
        self.file = file
        self.start = start
        self.length = length
        self._buffer = b""
        self._buffered_from = 0

    def take(self, count: int) -> bytes:
        return self.take_at(self.position, count)

    def take_at(self, position: int, count: int) -> bytes:
        begin = position - self._buffered_from  # never negative: back_to sees to that
        piece = self._buffer[begin : begin + count]
        if len(piece) < count:
            position = self.position = min(position, self.length)
            piece = self._refill(count)
        self.position = position + len(piece)
        return piece

    def _refill(self, count: int) -> bytes:
        left = self.length - self.position
        if left <= 0:
            return b""
        self._buffer = os.pread(self.file, min(max(count, READ_AHEAD), left), self.start + self.position)
        self._buffered_from = self.position
        return self._buffer[: min(count, left)]

    def skip(self, count: int) -> int:
        count = min(count, self.length - self.position)
        self.position += count
        return count

    def peek(self, count: int) -> bytes:
        position = self.position
        piece = self.take(count)
        self.position = position
        return piece

    def back_to(self, position: int) -> bool:
        if position < self._buffered_from:
            self._buffer = b""
            self._buffered_from = position
        self.position = position
        return True


class BytesWindow(Window):
    """Bytes that are at hand."""

    def __init__(self, contents: bytes) -> None:
        self.position = 0
        self._contents = contents

    def take(self, count: int) -> bytes:
        piece = self.peek(count)
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        count = min(count, len(self._contents) - self.position)
        self.position += count
        return count

    def peek(self, count: int) -> bytes:
        return self._contents[self.position : self.position + count]

    def back_to(self, position: int) -> bool:
        self.position = position
        return True


class StreamWindow(Window):
    """Pieces of bytes as they come."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self.position = 0
        self._stream = stream
        self._buffer = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        at = self._at
        piece = self._buffer[at : at + count]
        if len(piece) == count:
            self._at = at + count
        else:
            piece = self._gather(piece, count)
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        left = count - (len(self._buffer) - self._at)
        if left <= 0:
            self._at += count
            self.position += count
            return count
        self._drop_buffer()
        left -= self._discard(left)
        while left > 0:
            piece = self._next()
            if not piece:
                break
            if len(piece) > left:
                self._buffer, self._at = piece, left
                left = 0
            else:
                left -= len(piece)
        self.position += count - left
        return count - left

    def peek(self, count: int) -> bytes:
        position = self.position
        piece = self.take(count)
        self._buffer = piece + self._buffer[self._at :]
        self._at = 0
        self.position = position
        return piece

    def rest(self) -> Iterator[bytes]:
        """Yield what is left in the very pieces in which it comes."""
        piece = self._buffer[self._at :] or self._next()
        self._drop_buffer()
        while piece:
            self.position += len(piece)
            yield piece
            piece = self._next()

    def _gather(self, piece: bytes, count: int) -> bytes:
        """Join ``piece``, all that is left of the buffer, with what comes, up to ``count`` bytes."""
        parts = [piece]
        missing = count - len(piece)
        self._drop_buffer()
        while missing > 0:
            following = self._next()
            if not following:
                break
            parts.append(following[:missing])
            if len(following) > missing:
                self._buffer, self._at = following, missing
            missing -= len(parts[-1])
        return b"".join(parts)

    def _drop_buffer(self) -> None:
        self._buffer, self._at = b"", 0

    def _next(self) -> bytes:
        return next(self._stream, b"")

    def _discard(self, count: int) -> int:  # noqa: ARG002 - a pipe can, pieces cannot
        """Pass over up to ``count`` bytes without reading them; return how many."""
        return 0


class PipeWindow(StreamWindow):
    """A pipe: what is skipped is spliced to nowhere inside the kernel, where the system can (Linux)."""

    _PIPE_SIZE: Final = 1024 * 1024
    _SPLICE_LIMIT: Final = 1 << 30

    def __init__(self, file: int, advance: Callable[[int], None]) -> None:
        super().__init__(counted(iter(lambda: os.read(file, CHUNK), b""), advance))
        self._file = file
        self._advance = advance
        self._nowhere: int | None = None
        with suppress(ImportError, AttributeError, OSError):
            import fcntl

            fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, self._PIPE_SIZE)
            self._nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def _discard(self, count: int) -> int:
        if self._nowhere is None:
            return 0
        left = count
        try:
            while left and (moved := os.splice(self._file, self._nowhere, min(left, self._SPLICE_LIMIT))):
                left -= moved
                self._advance(moved)
        except (OSError, AttributeError):
            self.close()
        return count - left

    def close(self) -> None:
        """Give back the way to nowhere; reading goes on without it."""
        if self._nowhere is not None:
            os.close(self._nowhere)
            self._nowhere = None


class PartWindow(Window):
    """The next ``length`` bytes of another window: one member of an archive that is itself passing by."""

    def __init__(self, whole: Window, length: int) -> None:
        self.position = 0
        self._whole = whole
        self._length = length

    def take(self, count: int) -> bytes:
        piece = self._whole.take(min(count, self._length - self.position))
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        count = self._whole.skip(min(count, self._length - self.position))
        self.position += count
        return count

    def peek(self, count: int) -> bytes:
        return self._whole.peek(min(count, self._length - self.position))
