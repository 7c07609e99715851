"""What the terminal can show: the one place that asks it."""

import os
import shutil
import sys
from typing import Final, TextIO

from layerscope.render import Sort
from layerscope.render.kit.view import View

_UNSEEN_WIDTH: Final = 100
"""Columns where no terminal says how many it has: in a file or a pipe."""
_LEAST_WIDTH: Final = 40


def view(
    *, in_file: bool, top: int, sort: Sort, truncate: bool, packages: bool = False, include_base: bool = False
) -> View:
    """Tell a renderer what its reader can see; a file is read later, by whatever reads UTF-8."""
    columns = shutil.get_terminal_size((_UNSEEN_WIDTH, 24)).columns
    return View(
        width=max(_LEAST_WIDTH, columns),
        colour=not in_file and shows_colour(sys.stdout),
        unicode=in_file or speaks_unicode(sys.stdout),
        top=top,
        sort=sort,
        truncate=truncate,
        packages=packages,
        include_base=include_base,
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody watches; a stream that the shell closed is ``None``."""
    return stream is not None and stream.isatty()


def shows_colour(stream: TextIO | None) -> bool:
    """Tell whether colours are seen and wanted (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def speaks_unicode(stream: TextIO | None) -> bool:
    """Tell whether the stream's reader expects UTF-8."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return encoding.lower().replace("_", "-") in {"utf-8", "utf8"}
