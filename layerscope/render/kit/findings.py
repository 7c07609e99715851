"""The findings, for a person: what is wasted, who is to blame, and right below it what to do."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View
from layerscope.report import FindingReport, Report

_NARROWEST: Final = 24


def findings(report: Report, view: View) -> list[str]:
    """Write the findings with most bytes, as many as the view has rows; the rest is counted, and so are the base's."""
    own = [finding for finding in report.findings if view.include_base or not finding.in_base]
    shown, rest = own[: view.top], own[view.top :]
    below = len(report.findings) - len(own)
    if not view.top or not (shown or below):
        return []
    pen = Pen(view)
    weights = [_weight(finding) for finding in shown]
    column = max(map(len, weights), default=0)
    lines = [pen.bold("Findings")]
    for weight, finding in zip(weights, shown, strict=True):
        lines += _finding(report, finding, weight.rjust(column), view, pen)
    if rest:
        lines.append(INDENT + pen.dim(_remainder(rest)))
    if below:
        lines.append(INDENT + pen.dim(_below(below, report.totals.base_reclaimable_bytes)))
    return lines


def _weight(finding: FindingReport) -> str:
    """Say what would be saved; of what saves no bytes, how much it matters."""
    return size(finding.reclaimable_bytes) if finding.reclaimable_bytes else finding.severity


def _finding(report: Report, finding: FindingReport, weight: str, view: View, pen: Pen) -> Iterator[str]:
    hanging = " " * (len(INDENT) + len(weight) + 2)
    room = max(_NARROWEST, view.width - len(hanging))
    title = f"{finding.rule}{_place(report, finding)}"
    weight = pen.red(weight) if finding.reclaimable_bytes else pen.dim(weight)
    yield f"{INDENT}{weight}  {pen.bold(pen.line(title, room))}"
    for line in wrap(pen.text(finding.message[:1].upper() + finding.message[1:]), room, break_on_hyphens=False):
        yield hanging + line
    if finding.paths:
        more = finding.path_count - 1
        others = f" and {more:,} more" if more else ""
        yield hanging + pen.dim(pen.path(finding.paths[0], room - len(others)) + others)
    yield from (hanging + line for line in pen.remedy(finding.remedy, room))


def _place(report: Report, finding: FindingReport) -> str:
    """Name the instruction by its number in the table above, else the layer."""
    if finding.instruction is not None and finding.instruction < len(report.instructions):
        line = f"  {finding.dockerfile}" if finding.dockerfile else ""
        return f"  in {finding.instruction} {report.instructions[finding.instruction].kind}{line}"
    return "" if finding.layer is None else f"  in layer {finding.layer}"


def _remainder(rest: Sequence[FindingReport]) -> str:
    """Count what is not shown; claims may overlap, so their bytes are not added up."""
    return f"and {count(len(rest), 'finding')} more (--top shows them)"


def _below(number: int, claimed: int) -> str:
    """Count what is found in the base image: it is there to be known, and somebody else's to change."""
    weight = f", {size(claimed)}" if claimed else ""
    return f"in the base image: {count(number, 'finding')}{weight} (--include-base shows them)"
