"""Writing for one view: text made safe, shortened and coloured as the view asks."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Final

from layerscope.render.kit.bars import bar
from layerscope.render.kit.cells import clip, clip_middle
from layerscope.render.kit.escape import escape
from layerscope.render.kit.view import View

INDENT: Final = "  "
"""Before each line of a section."""
_NARROWEST: Final = 12
"""Cells that a line is given at least, however narrow the terminal."""
_RESET: Final = "\x1b[0m"


class Pen:
    """Writes for one view. Every text of a report passes through it once, before it is coloured."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._mark = "…" if view.unicode else "..."

    def text(self, raw: str) -> str:
        """Make a text safe. What our own texts leave out is marked as what is cut off here."""
        return escape(raw.replace("…", self._mark), unicode=self._view.unicode)

    def line(self, raw: str, room: int) -> str:
        """Make a text safe and shorten its end."""
        safe = self.text(raw)
        return clip(safe, room, self._mark) if self._view.truncate else safe

    def path(self, raw: str, room: int) -> str:
        """Make a path of the image safe, absolute, and shorten its middle."""
        safe = self.text("/" + raw.removeprefix("/"))
        return clip_middle(safe, room, self._mark) if self._view.truncate else safe

    def notes(self, notes: Iterable[str]) -> list[str]:
        """Write what the reader should know, each note on lines of its own."""
        room, hanging = max(_NARROWEST, self._view.width), INDENT + " " * len("note: ")
        return [
            line
            for note in notes
            for line in wrap(f"note: {self.text(note)}", room, initial_indent=INDENT, subsequent_indent=hanging)
        ]

    def remedy(self, raw: str, room: int) -> list[str]:
        """Write what to do, behind an arrow, on lines of ``room`` cells; a word with hyphens stays whole."""
        arrow = "→ " if self._view.unicode else "> "
        lines = wrap(self.text(raw), room, initial_indent=arrow, subsequent_indent="  ", break_on_hyphens=False)
        return list(map(self.cyan, lines))

    def bar(self, kept: int, wasted: int, *, whole: int, cells: int) -> str:
        """Draw a bar, its wasted part beside the kept one."""
        drawn = bar(kept, wasted, whole=whole, cells=cells, unicode=self._view.unicode)
        return self.cyan(drawn.kept) + self.red(drawn.wasted)

    def bold(self, text: str) -> str:
        """Make a text stand out."""
        return self._paint("\x1b[1m", text)

    def dim(self, text: str) -> str:
        """Make a text stand back."""
        return self._paint("\x1b[2m", text)

    def cyan(self, text: str) -> str:
        """Paint what is there."""
        return self._paint("\x1b[36m", text)

    def red(self, text: str) -> str:
        """Paint what is wasted."""
        return self._paint("\x1b[31m", text)

    def _paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self._view.colour and text else text
