"""The report for a person at a terminal: what the image weighs, by instruction, and what is wasted.

Free text stands in the last column only, so that wide characters in it never move another column.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from layerscope.render.kit.cells import width
from layerscope.render.kit.facts import facts, identity
from layerscope.render.kit.findings import findings
from layerscope.render.kit.grid import Cells, grid
from layerscope.render.kit.labels import label
from layerscope.render.kit.packages import packages
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View
from layerscope.report import (
    CopyReport,
    ImageReport,
    InstructionReport,
    LayerReport,
    PathReport,
    Report,
    WastedPathReport,
)

_NARROWEST: Final = 8
"""Cells that a text is given at least, however narrow the terminal."""
_READABLE: Final = 20
"""Cells that each of two names on one line needs to be understood."""
_COPIES: Final = 3
"""Copies of one path whose authors are named."""


def render(report: Report, view: View) -> str:
    """Write the whole page: heading, instructions, then findings, folders, files and wasted paths if there are any."""
    page = _Page(report, view)
    sections = (
        page.heading(),
        page.notes(),
        page.instructions(),
        findings(report, view),
        *(packages(report, view) if view.packages else ()),
        page.folders(),
        page.files(),
        page.wasted(),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


class _Page:
    """One report, written for one view; each section is a list of lines, empty if there is nothing to say."""

    def __init__(self, report: Report, view: View) -> None:
        self._report = report
        self._view = view
        self._pen = Pen(view)

    def heading(self) -> list[str]:
        """Say which image it is and what it weighs in all."""
        told = facts(self._report, self._view)
        room = self._room(told)
        rows = [
            (self._pen.dim(name), self._pen.bold(number), self._pen.dim(self._pen.line(rest, room)))
            for name, number, rest in told
        ]
        return [*self._title(self._report.image), "", *grid(rows, "left", "right", "left")]

    def _title(self, image: ImageReport) -> list[str]:
        """Name the image: the reference whole, so that it can be copied, the rest beside it if it fits."""
        name = self._pen.text(image.reference or "(unnamed image)")
        beside = self._pen.text(identity(image))
        parts = (self._pen.bold(name), self._pen.dim(beside))
        if width(name) + width(beside) + 2 > self._view.width:
            return [part for part in parts if part]
        return ["  ".join(part for part in parts if part)]

    def notes(self) -> list[str]:
        """Say what the reader should know of how the image was read."""
        return self._pen.notes(self._report.notes)

    def instructions(self) -> list[str]:
        """Write a row for each instruction, and for each layer that none claims."""
        rows = _sorted(_rows(self._report), self._view)
        if not rows:
            return []
        wasted = "wasted" if any(row.wasted for row in rows) else ""
        headers = ("#", "", "bytes", "", wasted, "line" if any(row.line for row in rows) else "", "instruction")
        cells = self._bar_cells()
        measures = [(row.number, row.origin, row.size, "#" * cells, row.waste, row.line, "") for row in rows]
        room = self._room([headers, *measures])
        whole = max(1, *(row.content for row in rows))
        body = [self._row(row, whole, cells, room) for row in rows]
        head = [self._pen.dim(self._pen.line(name, room)) for name in headers]
        return [
            self._pen.bold("Instructions"),
            *grid([head, *body], "right", "left", "right", "left", "right", "left", "left"),
        ]

    def _row(self, row: "_Row", whole: int, cells: int, room: int) -> list[str]:
        pen = self._pen
        label = pen.line(row.label, room)
        if not row.content:
            return [pen.dim(cell) for cell in (row.number, row.origin, row.size, "", "", row.line, label)]
        bar = pen.bar(row.content - row.wasted, row.wasted, whole=whole, cells=cells)
        kind, blank, text = label.partition(" ")
        label = pen.dim(label) if row.origin else pen.bold(kind) + blank + text
        return [pen.dim(row.number), pen.dim(row.origin), row.size, bar, pen.red(row.waste), row.line, label]

    def _bar_cells(self) -> int:
        """Give the bar what the texts can spare."""
        return 0 if self._view.width < 60 else min(16, self._view.width // 10)

    def folders(self) -> list[str]:
        """List the folders that weigh most."""
        folders = self._report.directories[: self._view.top]
        rows = [(size(folder.content_bytes), folder.path) for folder in folders]
        return self._paths("Largest folders", rows)

    def files(self) -> list[str]:
        """List the files that weigh most, with who wrote them."""
        files = self._report.files[: self._view.top]
        rows = [(size(file.content_bytes), _author(self._report, file), file.path) for file in files]
        return self._paths("Largest files", rows)

    def _paths(self, title: str, rows: Sequence[Cells], indent: str = "") -> list[str]:
        """List paths, whatever is said of each before it."""
        if not rows:
            return []
        room = self._room(rows) - len(indent)
        body = [(*row[:-1], self._pen.path(row[-1], room)) for row in rows]
        table = grid(body, "right", *["left"] * (len(rows[0]) - 1))
        return [self._pen.bold(title), *(indent + line for line in table)]

    def wasted(self) -> list[str]:
        """List the paths that waste most, below those who wrote and hid them."""
        groups = _by_blame(self._report.wasted[: self._view.top])
        rows = [(size(path.wasted_bytes), path.path) for group in groups for path in group]
        lines = iter(self._paths("Most wasted", rows, INDENT))
        section = list(islice(lines, 1))
        for group in groups:
            section += self._blame(group[0].copies)
            section += islice(lines, len(group))
        return section

    def _blame(self, copies: Sequence[CopyReport]) -> list[str]:
        """Say who wrote each copy, and who hid it."""
        lines = [line for copy in copies[:_COPIES] for line in self._culprits(copy)]
        if len(copies) > _COPIES:
            lines.append(f"and so on: {count(len(copies), 'copy')} in all")
        return [INDENT + self._pen.dim(line) for line in lines]

    def _culprits(self, copy: CopyReport) -> list[str]:
        """Name both on one line, a short name leaving its room to the other; on two where that is narrow."""
        writer, hider = (_name(self._report, layer) for layer in (copy.layer, copy.by_layer))
        room = self._view.width - len(INDENT) - len(f"written by , {copy.fate} by ")
        if room < 2 * _READABLE:
            room = self._view.width - len(INDENT) - len(f"{copy.fate} by ")
            return [
                f"written by {self._pen.line(writer, room)}",
                f"{copy.fate} by {self._pen.line(hider, room)}",
            ]
        first = self._pen.line(writer, max(room // 2, room - width(self._pen.text(hider))))
        second = self._pen.line(hider, room - width(first))
        return [f"written by {first}, {copy.fate} by {second}"]

    def _room(self, rows: Sequence[Cells]) -> int:
        """Measure what the last column may take beside the widest cells of the others, empty columns left out."""
        columns = list(zip(*rows, strict=True))[:-1]
        taken = sum(max(map(len, column)) + 2 for column in columns if any(column))
        return max(_NARROWEST, self._view.width - len(INDENT) - taken)


class _Row(NamedTuple):
    """A row of the instructions: what one instruction weighs, or a layer that none claims."""

    number: str
    label: str
    layer: LayerReport | None
    in_base: bool | None
    line: str = ""
    """Where it stands in its Dockerfile, ``12`` or ``12-15``."""

    @property
    def content(self) -> int:
        return self.layer.content_bytes if self.layer else 0

    @property
    def wasted(self) -> int:
        return self.layer.overwritten_bytes + self.layer.removed_bytes if self.layer else 0

    @property
    def origin(self) -> str:
        return "base" if self.in_base else ""

    @property
    def size(self) -> str:
        if self.layer is None:
            return ""
        return size(self.content) if self.layer.present else "absent"

    @property
    def waste(self) -> str:
        return size(self.wasted) if self.wasted else ""


def _rows(report: Report) -> Iterator[_Row]:
    """Go through the instructions in order, each unattributed layer after the layers below it."""
    homeless = deque(layer for layer in report.layers if layer.instruction is None)
    for instruction in report.instructions:
        layer = None if instruction.layer is None else report.layers[instruction.layer]
        while layer and homeless and homeless[0].index < layer.index:
            yield _unattributed(homeless.popleft())
        yield _Row(str(instruction.index), _label(instruction), layer, instruction.in_base, _line(instruction))
    yield from map(_unattributed, homeless)


def _unattributed(layer: LayerReport) -> _Row:
    return _Row("", f"(unattributed layer {layer.index})", layer, layer.in_base)


def _line(instruction: InstructionReport) -> str:
    """Leave the lines: the file's name stands in findings, and would be the same in every row."""
    return ascii((instruction.dockerfile or "").rpartition(":")[2])[1:-1]


def _sorted(rows: Iterator[_Row], view: View) -> list[_Row]:
    if view.sort == "order":
        return list(rows)
    return sorted(rows, key=lambda row: row.wasted if view.sort == "wasted" else row.content, reverse=True)


def _label(instruction: InstructionReport) -> str:
    return label(instruction.kind, instruction.text)


def _claimant(report: Report, layer: int) -> InstructionReport | None:
    """Find the instruction that made a layer, if the history tells."""
    index = report.layers[layer].instruction
    return None if index is None else report.instructions[index]


def _name(report: Report, layer: int) -> str:
    """Name a layer by what its instruction says: ``3 RUN pip install…``."""
    instruction = _claimant(report, layer)
    return f"layer {layer}" if instruction is None else f"{instruction.index} {_label(instruction)}"


def _author(report: Report, file: PathReport) -> str:
    """Name who wrote a file by number and kind; in ASCII, since a column follows."""
    if file.layer is None:
        return ""
    instruction = _claimant(report, file.layer)
    if instruction is None:
        return f"layer {file.layer}"
    return f"{instruction.index} {ascii(instruction.kind)[1:-1][:11]}".strip()


def _by_blame(paths: Sequence[WastedPathReport]) -> list[list[WastedPathReport]]:
    """Put paths together that were written and hidden by the same; those that waste most come first."""
    groups: dict[tuple[tuple[int, str, int], ...], list[WastedPathReport]] = {}
    for path in paths:
        blame = tuple((copy.layer, copy.fate, copy.by_layer) for copy in path.copies)
        groups.setdefault(blame, []).append(path)
    return list(groups.values())
