"""Who did something, by the numbers that ``inspect`` shows."""

from typing import Final

from layerscope.answer import AuthorReport
from layerscope.render.kit.labels import label
from layerscope.render.kit.pen import Pen

_NARROWEST: Final = 8


def author(by: AuthorReport, pen: Pen, room: int) -> str:
    """Name an instruction by what it says: ``3 RUN pip install…``; a text of the base image is said to be its own."""
    if by.instruction is None:
        return f"layer {by.layer}"
    base = " (base image)" if by.in_base else ""
    return pen.line(label(by.instruction, by.kind, by.text), max(_NARROWEST, room - len(base))) + base


def short(by: AuthorReport) -> str:
    """Name an instruction by number and kind. Not escaped."""
    return f"layer {by.layer}" if by.instruction is None else f"{by.instruction} {by.kind}"
