"""How instructions and names are put in what is advised of several images."""

from collections.abc import Iterable
from typing import Final

from layerscope.build.dialects import START, read
from layerscope.model import HistoryEntry
from layerscope.secrets import redacted

_NAMED: Final = 4
"""Packages, files, images or instructions that a remedy names."""
_LONGEST: Final = 120
"""Characters of an instruction in a remedy."""


def instruction(claim: HistoryEntry | None) -> str:
    """Write what made a layer as a Dockerfile has it, without secrets; empty where the history does not tell."""
    if claim is None:
        return ""
    reading = read(claim, START)
    return redacted(f"{reading.kind} {reading.text}".strip())


def short(text: str) -> str:
    """Write a text in one line, cut off where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def listed(names: Iterable[str], comma: str = ", ", count: int = 0) -> str:
    """Name the first few, and count the rest of ``count``, or of them."""
    every = list(names)
    more = max(count, len(every)) - _NAMED
    return comma.join(every[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
