"""The packages, for a person: what weighs most and why it is there, and where the bytes are that none of them owns."""

from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.render.kit.cells import width
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View
from layerscope.report import PackageReport, PathReport, Report

_NARROWEST: Final = 12


def packages(report: Report, view: View) -> Iterator[list[str]]:
    """Write two sections: the packages with most bytes, and the folders with most bytes that are no package's."""
    pen = Pen(view)
    shown = report.packages[: view.top]
    if shown:
        owned = sum(package.content_bytes for package in report.packages)
        yield [_title(pen, "Packages", f"{count(len(report.packages), 'package')}, {size(owned)}"), *_rows(shown, view)]
    folders = report.unowned[: view.top]
    if folders and report.totals.unowned_bytes is not None:
        yield [_title(pen, "In no package", size(report.totals.unowned_bytes)), *_folders(folders, view)]


def _title(pen: Pen, title: str, sum_of_all: str) -> str:
    return f"{pen.bold(title)}  {pen.dim(sum_of_all)}"


def _rows(shown: Sequence[PackageReport], view: View) -> Iterator[str]:
    pen = Pen(view)
    weights = [size(package.content_bytes) for package in shown]
    column = max(map(len, weights))
    managers = max(len(package.manager) for package in shown)
    room = max(_NARROWEST, view.width - len(INDENT) - column - managers - 4)
    for weight, package in zip(weights, shown, strict=True):
        name = pen.line(f"{package.name} {package.version}".strip(), room)
        left = room - width(name) - 2
        reason = pen.dim(pen.line(_reason(package), left)) if left >= _NARROWEST else ""
        manager = pen.dim(package.manager.ljust(managers))
        yield f"{INDENT}{weight.rjust(column)}  {manager}  {name}{'  ' if reason else ''}{reason}"


def _reason(package: PackageReport) -> str:
    return f"for development: {package.reason}" if package.development else package.reason


def _folders(folders: Sequence[PathReport], view: View) -> Iterator[str]:
    pen = Pen(view)
    weights = [size(folder.content_bytes) for folder in folders]
    column = max(map(len, weights))
    room = max(_NARROWEST, view.width - len(INDENT) - column - 2)
    for weight, folder in zip(weights, folders, strict=True):
        yield f"{INDENT}{weight.rjust(column)}  {pen.path(folder.path, room)}"
