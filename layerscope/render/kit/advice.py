"""What several images could share, for a person: which they are, how that is known, and what to do."""

from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap
from typing import Final

from layerscope.comparison import CommonParentReport, SharingReport, StaleBaseReport
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.stacks import known
from layerscope.render.kit.units import count
from layerscope.render.kit.view import View

_NARROWEST: Final = 24
_NAMED: Final = 4
"""Images or packages that are named."""
_EVIDENCE: Final = {
    "layers": "the same layers on other ones",
    "instructions": "the same instructions, whose layers weigh alike",
    "contents": "the same files",
}


def saved(advice: CommonParentReport | StaleBaseReport) -> str:
    """Say what it saves to follow an advice: content bytes if they are known, else blob bytes."""
    return known(advice.saved_blob_bytes if advice.saved_content_bytes is None else advice.saved_content_bytes)


def evidence(advice: CommonParentReport, quote: Callable[[str], str] = str) -> str:
    """Say how it is known, how surely, and what it is; ``quote`` makes names safe."""
    packages = [f"{each.name} {each.version}".strip() for each in advice.packages]
    what = [f"packages {listed(packages)}"] if packages else []
    if advice.paths:
        what.append(listed([f"/{path}" for path in advice.paths[:1]], advice.path_count))
    told = f"{_EVIDENCE.get(advice.method, advice.method)} ({advice.confidence} confidence)"
    return f"{told}: {quote('; '.join(what))}" if what else told


def listed(names: Iterable[str], number: int = 0) -> str:
    """Name the first few, and count the rest of ``number``, or of them."""
    every = list(names)
    more = max(number, len(every)) - len(every[:_NAMED])
    return ", ".join(every[:_NAMED]) + (f" and {more:,} more" if more else "")


def advice(sharing: SharingReport, view: View) -> list[str]:
    """Write the parents that are worth making, as many as the view has rows; the rest is counted."""
    shown = sharing.could_share[: view.top]
    rest = len(sharing.could_share) - len(shown)
    if not shown:
        return []
    pen = Pen(view)
    column = max(len(saved(each)) for each in shown)
    lines = [pen.bold("Could be shared")]
    for each in shown:
        lines += _one(each, sharing, view, pen, column)
    return lines + ([INDENT + pen.dim(f"and {rest:,} more (--top shows them)")] if rest else [])


def _one(each: CommonParentReport, sharing: SharingReport, view: View, pen: Pen, column: int) -> Iterator[str]:
    hanging = " " * (len(INDENT) + column + 2)
    room = max(_NARROWEST, view.width - len(hanging))
    names = f"{count(len(each.images), 'image')}: {', '.join(sharing.images[image].reference for image in each.images)}"
    yield f"{INDENT}{pen.red(saved(each).rjust(column))}  {pen.bold(pen.line(names, room))}"
    yield from (hanging + pen.dim(line) for line in wrap(pen.text(evidence(each)), room, break_on_hyphens=False))
    yield from (hanging + line for line in pen.remedy(each.remedy, room))
