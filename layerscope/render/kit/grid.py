"""Rows of cells as lines of text."""

from collections.abc import Sequence

from tabulate import tabulate

from layerscope.render.kit.pen import INDENT

Cells = Sequence[str]


def grid(rows: Sequence[Cells], *align: str) -> list[str]:
    """Align rows to columns: a line each. Columns that are empty in every row are left out."""
    columns = [(column, side) for column, side in zip(zip(*rows, strict=True), align, strict=True) if any(column)]
    table = tabulate(
        list(zip(*(column for column, _ in columns), strict=True)),
        tablefmt="plain",
        colalign=[side for _, side in columns],
        disable_numparse=True,
        preserve_whitespace=True,
    )
    return [INDENT + line for line in table.splitlines()]
