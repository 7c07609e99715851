"""Who did something, by the numbers that ``inspect`` shows."""

import re
from typing import Final

from layerscope.answer import AuthorReport
from layerscope.render.kit.pen import Pen

_BLANKS: Final = re.compile("[ \t]+")
_NARROWEST: Final = 8


def author(by: AuthorReport, pen: Pen, room: int) -> str:
    """Name an instruction by what it says: ``3 RUN pip install…``; a text of the base image is said to be its own."""
    if by.instruction is None:
        return f"layer {by.layer}"
    base = " (base image)" if by.in_base else ""
    label = _BLANKS.sub(" ", f"{by.instruction} {by.kind} {by.text}").strip()
    return pen.line(label, max(_NARROWEST, room - len(base))) + base


def short(by: AuthorReport) -> str:
    """Name an instruction by number and kind. Not escaped."""
    return f"layer {by.layer}" if by.instruction is None else f"{by.instruction} {by.kind}"
