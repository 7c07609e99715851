"""The contents of one file, read at places that it names itself, whether they can be gone back in or pass by once."""

from typing import Final

from layerscope.layers.windows import BytesWindow, Window

START: Final = 4096
"""Bytes of the beginning that are always at hand."""
_STEP: Final = 64 * 1024


class Contents:
    """Reads at any place; of what passes by, at places not behind the last, and in the beginning that was kept."""

    def __init__(self, window: Window, size: int) -> None:
        self.size: Final = size
        self.start = window.peek(START)
        self._window = window
        self.goes_back = window.back_to(window.position)

    def keep(self, count: int) -> None:
        """Hold the first ``count`` bytes of what passes by: of a whole file, everything."""
        if self.goes_back:
            return
        self.start = self._window.take(max(count, START))
        if count >= self.size:
            self._window = BytesWindow(self.start)
            self.goes_back = True

    def at(self, position: int, count: int) -> bytes:
        """Return ``count`` bytes of a place; fewer where the file ends, none where the place has passed by."""
        kept = len(self.start)
        if position + count <= kept:
            return self.start[position : position + count]
        if position < kept and not self.goes_back:
            return self.start[position:] + self.at(kept, position + count - kept)
        if position < self._window.position and not self._window.back_to(position):
            return b""
        return self._window.take_at(position, count)

    @property
    def reach(self) -> int:
        """Tell up to where everything can be read without passing over anything."""
        return self.size if self.goes_back else len(self.start)

    def from_here(self, position: int) -> int:
        """Return ``position``, or the first place after it that has not passed by."""
        return position if self.goes_back else max(position, self._window.position)

    def find(self, magic: bytes, begin: int, end: int, alignment: int, limit: int) -> bytes:
        """Return up to ``limit`` bytes from where ``magic`` first stands, at a multiple of ``alignment``.

        Looked through is what lies between ``begin`` and ``end``; nothing is returned where it is not there.
        """
        position, tail = begin, b""
        while position < end and (piece := self.at(position, min(_STEP, end - position))):
            block, base = tail + piece, position - len(tail)
            position += len(piece)
            at = block.find(magic)
            while at >= 0:
                if not (base + at) % alignment:
                    more = min(base + at + limit, end) - position
                    return block[at:] + (self.at(position, more) if more > 0 else b"")
                at = block.find(magic, at + 1)
            tail = block[1 - len(magic) :]
        return b""
