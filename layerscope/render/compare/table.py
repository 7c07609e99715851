"""Several images for a person at a terminal: the tree of shared parents, each image, and what each two share."""

from collections.abc import Sequence
from typing import Final

from layerscope.comparison import CompareReport, SharingReport, StaleBaseReport
from layerscope.render.kit.advice import advice, saved
from layerscope.render.kit.cells import width
from layerscope.render.kit.grid import Cells, grid
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.stacks import bytes_of, facts, known, names_of, shows_content, tree, with_names
from layerscope.render.kit.units import count
from layerscope.render.kit.view import View

_NARROWEST_CELL: Final = 5
"""Cells of the shortest bytes, ``0 B``, with the space before them."""
_NARROWEST: Final = 12
"""Cells that a text is given at least, however narrow the terminal."""


def render(report: CompareReport, view: View) -> str:
    """Write the whole page."""
    sharing = with_names(report.compare)
    page = _Page(sharing, view)
    sections = (
        page.heading(),
        page.notes(),
        page.tree(),
        page.images(),
        page.pairs(),
        page.stale_bases(),
        advice(sharing, view),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


class _Page:
    """One report, written for one view; each section is a list of lines, empty if there is nothing to say."""

    def __init__(self, sharing: SharingReport, view: View) -> None:
        self._sharing = sharing
        self._view = view
        self._pen = Pen(view)
        self._content = shows_content(sharing.totals)
        self._kind = "content bytes" if self._content else "blob bytes"

    def heading(self) -> list[str]:
        """Say what all weigh together."""
        pen = self._pen
        told = facts(self._sharing)
        room = self._room(told)
        return grid(
            [(pen.dim(name), pen.bold(number), pen.dim(pen.line(rest, room))) for name, number, rest in told],
            *("left", "right", "left"),
        )

    def notes(self) -> list[str]:
        """Say what is unknown, and why."""
        return self._pen.notes(self._sharing.notes)

    def tree(self) -> list[str]:
        """Draw the parents, each with what it adds to its own, and the images with what is theirs alone."""
        pen, view = self._pen, self._view
        every = list(tree(self._sharing, content=self._content, unicode=view.unicode))
        twigs = every[: view.top]
        if not twigs or not self._sharing.parents:
            return []
        numbers = [(known(twig.added), f"{twig.images:,}" if twig.images else "") for twig in twigs]
        room = self._room([("adds", "images", ""), *((*each, "") for each in numbers)])
        rows = []
        for (added, images), twig in zip(numbers, twigs, strict=True):
            left = max(_NARROWEST, room - len(twig.branch))
            name = pen.line(twig.name, left)
            about = twig.about if width(name) + 2 + len(twig.about) <= left and twig.about else ""
            text = pen.dim(twig.branch) + (pen.bold(name) if twig.images else name) + (about and pen.dim(f"  {about}"))
            rows.append((added, images, text))
        head = (pen.dim("adds"), pen.dim("images"), "")
        lines = grid([head, *rows], "right", "right", "left")
        return [self._title("Shared parents"), *lines, *self._more(len(every) - len(twigs))]

    def images(self) -> list[str]:
        """List the images in their order, with what each adds to those before it."""
        pen, content = self._pen, self._content
        shown = self._sharing.images[: self._view.top]
        has_pods = any(image.pods is not None for image in shown)
        rows = []
        for number, image in enumerate(shown, 1):
            told = bytes_of(image, content=content)
            pods = "" if image.pods is None else f"{image.pods:,}"
            rows.append(
                (str(number), pods, *map(known, (told.whole, told.shared, told.own, told.new)), names_of(image))
            )
        new = "new" if content else "pulled"
        head = ("#", "pods" if has_pods else "", "whole", "shared", "own", new, "image")
        room = self._room([head, *rows])
        body = [(pen.dim(row[0]), *row[1:4], pen.bold(row[4]), row[5], pen.line(row[6], room)) for row in rows]
        sides = ("right", "right", "right", "right", "right", "right", "left")
        lines = grid([tuple(map(pen.dim, head)), *body], *sides)
        return [self._title("Images"), *lines, *self._more(len(self._sharing.images) - len(shown))] if rows else []

    def pairs(self) -> list[str]:
        """Show what each two share, if the terminal is wide enough for all."""
        pairs, pen = self._sharing.pairs, self._pen
        if pairs is None:
            return []
        cells = pairs.content_bytes if self._content else pairs.blob_bytes
        if cells is None or not 3 <= len(cells) <= self._view.width // _NARROWEST_CELL:
            return []
        numbers = [str(number) for number in range(1, len(cells) + 1)]
        rows = [
            (number, *(known(cell) if other < at else "" for other, cell in enumerate(row[:-1])))
            for at, (number, row) in enumerate(zip(numbers, cells, strict=True))
        ][1:]
        head = ("#", *numbers[:-1])
        if self._taken([head, *rows]) > self._view.width:
            return []
        body = [(pen.dim(row[0]), *row[1:]) for row in rows]
        return [self._title("Shared by two"), *grid([tuple(map(pen.dim, head)), *body], *["right"] * len(head))]

    def stale_bases(self) -> list[str]:
        """Name the bases that are in use in several versions, and what to do about that."""
        return [line for base in self._sharing.stale_bases[: self._view.top] for line in self._stale_base(base)]

    def _stale_base(self, base: StaleBaseReport) -> list[str]:
        pen, room = self._pen, max(_NARROWEST, self._view.width - len(INDENT))
        title, weight, versions = "Stale base", saved(base), count(len(base.versions), "version")
        name = pen.line(f"{base.name} in {versions}", max(_NARROWEST, room - len(title) - len(weight) - 2))
        lines = [f"{pen.bold(title)}  {pen.red(weight)}  {name}"]
        for version in base.versions[: self._view.top]:
            users = ", ".join(self._sharing.images[each].reference for each in version.images)
            lines.append(INDENT + pen.line(f"{version.digest[:19]}  {users}", room))
        return lines + [INDENT + line for line in pen.remedy(base.remedy, room)]

    def _title(self, title: str) -> str:
        return f"{self._pen.bold(title)}  {self._pen.dim(self._kind)}"

    def _more(self, number: int) -> list[str]:
        return [INDENT + self._pen.dim(f"and {number:,} more (--top shows them)")] if number > 0 else []

    def _room(self, rows: Sequence[Cells]) -> int:
        """Measure what the last column may take beside the widest cells of the others."""
        return max(_NARROWEST, self._view.width - self._taken([row[:-1] for row in rows]) - 2)

    def _taken(self, rows: Sequence[Cells]) -> int:
        """Measure what columns take, those left out that are empty."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return len(INDENT) + sum(each + 2 for each in widths if each) - 2
