"""What is stored of one image, for a person at a terminal: a row for each instruction, with the bytes of its layer."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from layerscope.render.kit.cells import width
from layerscope.render.kit.facts import base_fact, identity
from layerscope.render.kit.grid import grid
from layerscope.render.kit.labels import label
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View
from layerscope.stored import StoredLayerReport, StoredReport

_NARROWEST: Final = 8
"""Cells that a text is given at least, however narrow the terminal."""


def render(report: StoredReport, view: View) -> str:
    """Write the whole page: heading, notes, instructions."""
    pen = Pen(view)
    sections = (_heading(report, view, pen), pen.notes(report.notes), _instructions(report, view, pen))
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _heading(report: StoredReport, view: View, pen: Pen) -> list[str]:
    image, totals = report.image, report.totals
    name = pen.bold(pen.text(image.reference or "(unnamed image)"))
    made_of = f"{count(len(report.instructions), 'instruction')}, {count(totals.layers, 'layer')}"
    if totals.blob_bytes is None:
        told = [("stored", "unknown", f"not told by this source; {made_of}")]
    else:
        told = [("stored", size(totals.blob_bytes), f"as blobs, {made_of}; no layer was read")]
    if image.base and image.base.confidence != "low":
        told.append(base_fact(image.base))
    taken = sum(max(map(len, column)) + 2 for column in list(zip(*told, strict=True))[:-1])
    room = max(_NARROWEST, view.width - len(INDENT) - taken)
    rows = [(pen.dim(what), pen.bold(number), pen.dim(pen.line(rest, room))) for what, number, rest in told]
    return [f"{name}  {pen.dim(pen.text(identity(image)))}".rstrip(), "", *grid(rows, "left", "right", "left")]


class _Row(NamedTuple):
    number: str
    origin: str
    weight: int | None
    """``None``: it made no layer, or its size is not known."""
    size: str
    line: str
    label: str


def _instructions(report: StoredReport, view: View, pen: Pen) -> list[str]:
    rows = list(_rows(report))
    if not rows:
        return []
    if view.sort != "order":
        rows.sort(key=lambda row: row.weight or 0, reverse=True)
    cells = 0 if view.width < 60 else min(16, view.width // 10)
    whole = max(1, *(row.weight or 0 for row in rows))
    headers = ("#", "", "blob", "", "line" if any(row.line for row in rows) else "", "instruction")
    measures = [(row.number, row.origin, row.size, "#" * cells, row.line) for row in rows]
    taken = sum(max(map(width, column)) + 2 for column in zip(headers[:-1], *measures, strict=True) if any(column))
    room = max(_NARROWEST, view.width - len(INDENT) - taken)
    body = [_cells(row, pen, whole, cells, room) for row in rows]
    lines = grid([[pen.dim(name) for name in headers], *body], "right", "left", "right", "left", "right", "left")
    return [pen.bold("Instructions"), *lines]


def _cells(row: _Row, pen: Pen, whole: int, cells: int, room: int) -> list[str]:
    label = pen.line(row.label, room)
    if not row.weight:
        return [pen.dim(cell) for cell in (row.number, row.origin, row.size, "", row.line, label)]
    kind, blank, text = label.partition(" ")
    label = pen.dim(label) if row.origin else pen.bold(kind) + blank + text
    bar = pen.bar(row.weight, 0, whole=whole, cells=cells)
    return [pen.dim(row.number), pen.dim(row.origin), row.size, bar, row.line, label]


def _rows(report: StoredReport) -> Iterator[_Row]:
    """Go through the instructions in order, each unattributed layer after the layers below it."""
    homeless = deque(layer for layer in report.layers if layer.instruction is None)
    for each in report.instructions:
        while each.layer is not None and homeless and homeless[0].index < each.layer:
            yield _unattributed(homeless.popleft())
        has_layer = each.layer is not None
        yield _Row(
            number=str(each.index),
            origin="base" if each.in_base else "",
            weight=each.blob_bytes if has_layer else None,
            size=(_size(each.blob_bytes) or "unknown") if has_layer else "",
            line=ascii((each.dockerfile or "").rpartition(":")[2])[1:-1],
            label=label(each.kind, each.text),
        )
    yield from map(_unattributed, homeless)


def _unattributed(layer: StoredLayerReport) -> _Row:
    origin, stored = "base" if layer.in_base else "", layer.blob_bytes
    return _Row("", origin, stored, _size(stored) or "unknown", "", f"(unattributed layer {layer.index})")


def _size(bytes_: int | None) -> str:
    return "" if bytes_ is None else size(bytes_)
