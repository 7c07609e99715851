"""Our own texts, as wide as is read with ease."""

import sys
from textwrap import fill
from typing import Final

from layerscope.cli.kit.terminal import is_terminal, view
from layerscope.render.kit.pen import Pen

_WIDTH: Final = 100
"""Columns of a line of prose at most, however wide the terminal is."""


class Prose:
    """Writes for standard output. In a file or a pipe, lines of a list are whole: what searches them wants that."""

    def __init__(self) -> None:
        self._view = view(in_file=False, top=0, sort="order", truncate=is_terminal(sys.stdout))
        self._pen = Pen(self._view)

    def heading(self, text: str) -> str:
        """Make a heading."""
        return self._pen.bold(text)

    def row(self, label: str, text: str) -> str:
        """Put a text beside its label, on one line."""
        return f"{label}  {self._pen.line(self._plain(text), self._view.width - len(label) - 2)}"

    def paragraph(self, text: str) -> str:
        """Break a text into lines at spaces alone: commands are pasted, and one that is long stays whole."""
        width = min(self._view.width, _WIDTH)
        return fill(self._plain(" ".join(text.split())), width, break_long_words=False, break_on_hyphens=False)

    def _plain(self, text: str) -> str:
        return text if self._view.unicode else text.replace("…", "...")
