"""One package, for a person: who installed it, and for whom."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from layerscope.answer import ChainReport, WhyPackageReport
from layerscope.render.kit.authors import author
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View

_NARROWEST: Final = 24


def package(answer: WhyPackageReport, view: View) -> Iterator[list[str]]:
    """Write sections: what it is and why it is there, then its largest files."""
    pen, found = Pen(view), answer.package
    name = pen.bold(pen.text(f"{found.name} {found.version}".rstrip()))
    facts = {
        "package": f"{found.manager}, {size(found.content_bytes)} in {count(answer.files, 'file')}",
        "installed by": "",
        "why": _why(answer, view),
        "needed by": _needed_by(answer, view),
        "recorded in": f"/{found.record}",
    }
    column = max(map(len, facts))
    room = max(_NARROWEST, view.width - len(INDENT) - column - 2)
    lines = [name]
    for label, text in facts.items():
        if text is None:
            continue
        told = wrap(pen.text(text), room, break_on_hyphens=False) or [author(answer.by, pen, room)]
        lines.append(f"{INDENT}{pen.dim(label.ljust(column))}  {told[0]}")
        lines += (f"{INDENT}{' ' * column}  {line}" for line in told[1:])
    yield lines
    if answer.largest:
        yield [pen.bold("Largest files"), *_files(answer, view)]


def _why(answer: WhyPackageReport, view: View) -> str:
    """Say who wants it: the chain, with how each wants the next where that is not that it depends on it."""
    first, *_ = answer.chain
    development = "for development only; " if answer.package.development else ""
    if len(answer.chain) == 1:
        return development + (first.why or "its manager does not note that")
    arrow = "→" if view.unicode else "->"
    chain = f" {arrow} ".join([first.name, *map(_chained, answer.chain, answer.chain[1:])])
    return f"{development}{chain}" + (f"; {first.name}: {first.why}" if first.why else "")


def _chained(before: ChainReport, each: ChainReport) -> str:
    """Name a package of a chain; how it is wanted is said where that is not that it is depended on."""
    return each.name if each.why == "depends on it" else f"{each.name} ({before.name} {each.why})"


def _needed_by(answer: WhyPackageReport, view: View) -> str | None:
    if answer.needed_by is None:
        return None
    if not answer.needed_by:
        return "no installed package"
    shown = answer.needed_by[: max(1, view.top)]
    rest = len(answer.needed_by) - len(shown)
    names = [each.name if each.how == "depends on it" else f"{each.name} ({each.how})" for each in shown]
    return ", ".join(names) + (f" and {rest:,} more" if rest else "")


def _files(answer: WhyPackageReport, view: View) -> Iterator[str]:
    pen = Pen(view)
    weights = [size(file.content_bytes) for file in answer.largest]
    column = max(map(len, weights))
    for weight, file in zip(weights, answer.largest, strict=True):
        yield f"{INDENT}{weight.rjust(column)}  {pen.path(file.path, max(_NARROWEST, view.width - column - 4))}"
