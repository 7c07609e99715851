"""Hostile text within a markup language: shown, and obeyed by none."""

import re
from collections.abc import Sequence
from html import escape as escape_html
from typing import Final

from layerscope.render.kit.escape import escape

_TICKS: Final = re.compile("`+")


def html(text: str) -> str:
    """Make a text safe for HTML and XML, in attributes too."""
    return escape_html(escape(text))


def code(text: str) -> str:
    """Write a text as Markdown code, fit for a table's cell: no link, no mention, no markup is made of it."""
    safe = escape(text).replace("|", r"\x7c")  # that ends a cell, whatever stands before it
    ticks = "`" * (_longest_run(safe) + 1)
    pad = " " if safe.startswith("`") or safe.endswith("`") or not safe.strip() else ""
    return f"{ticks}{pad}{safe or ' '}{pad}{ticks}"


def fenced(lines: Sequence[str]) -> list[str]:
    """Put lines that are safe for a terminal into a block of Markdown."""
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [f"{fence}text", *lines, fence]


def _longest_run(text: str) -> int:
    return max((len(found[0]) for found in _TICKS.finditer(text)), default=0)
