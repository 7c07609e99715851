"""A split, for a person: what the image would weigh, then each step with its bytes and its reason."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from layerscope.proposals import ProposalReport, SplitReport, StepReport
from layerscope.render.kit.facts import identity
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import percent, size
from layerscope.render.kit.view import View

_ACTION: Final = 7
_WEIGHT: Final = 8
_NARROWEST: Final = 24
_SMALL: Final = 0.001
"""Share of the image's bytes below which rows of packages, and of what is left behind, are put together."""


def render(report: SplitReport, view: View) -> str:
    """Write the proposals, or why there is none."""
    pen = Pen(view)
    parts = pen.bold(pen.text(report.image.reference)), pen.dim(pen.text(identity(report.image)))
    lines = ["  ".join(filter(None, parts))]
    lines.append(f"{size(report.content_bytes)} of content")
    if report.reason:
        lines += ["", *_wrapped(report.reason, "", view, pen)]
    for each in report.proposals:
        lines += ["", *_proposal(report, each, view, pen)]
    if report.notes:
        lines += [
            "",
            pen.bold("Notes"),
            *(line for note in report.notes for line in _wrapped(note, INDENT, view, pen)),
        ]
    if report.proposals:
        lines += [
            "",
            *_wrapped("--format dockerfile writes the Dockerfile (--output FILE: into a file).", "", view, pen),
        ]
    return "\n".join(lines) + "\n"


def _proposal(report: SplitReport, proposal: ProposalReport, view: View, pen: Pen) -> Iterator[str]:
    share = percent(proposal.saved_bytes / report.content_bytes) if report.content_bytes else "0%"
    saved = pen.cyan(f"saves {size(proposal.saved_bytes)} ({share})")
    yield f"{pen.bold(proposal.kind)}  {size(proposal.predicted_content_bytes)}, {saved}"
    for step in _shortened(proposal.steps, report.content_bytes * _SMALL):
        yield from _step(step, view, pen)


def _step(step: StepReport, view: View, pen: Pen) -> Iterator[str]:
    weight = size(step.content_bytes) if step.content_bytes else ""
    label = f"{INDENT}{step.action.ljust(_ACTION)}  {weight.rjust(_WEIGHT)}  "
    room = max(_NARROWEST, view.width - len(label))
    first, *rest = wrap(pen.text(f"{step.what}: {step.reason}"), room, break_on_hyphens=False) or [""]
    paint = pen.red if step.action == "drop" else pen.cyan
    yield paint(label) + first
    yield from (" " * len(label) + line for line in rest)


def _shortened(steps: Sequence[StepReport], least: float) -> Iterator[StepReport]:
    """Put small packages, and small things that are left behind, on one row for each action."""
    rest: list[StepReport] = []
    for step in (*steps, None):
        if rest and (step is None or step.action != rest[0].action):
            yield from rest if len(rest) == 1 else [_together(rest)]
            rest = []
        if step is not None and step.action in ("install", "drop") and step.content_bytes < least:
            rest.append(step)
        elif step is not None:
            yield step


def _together(steps: Sequence[StepReport]) -> StepReport:
    names = ", ".join(step.what for step in steps[:3])
    total = sum(step.content_bytes for step in steps)
    return StepReport(steps[0].action, f"{len(steps)} more", total, f"{names}{', …' if len(steps) > 3 else ''}")


def _wrapped(text: str, indent: str, view: View, pen: Pen) -> list[str]:
    safe = pen.text(text)
    return wrap(safe, view.width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
