"""Turn results into tables."""

from __future__ import annotations

import os
import platform
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tabulate import tabulate

from benchmarks.measure import Best, Command, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.cases import Case

_MARKS: Final = {True: "met", False: "MISSED"}
_NOTHING: Final = "-"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case's commands gave; `problem` says why nothing was measured, when nothing was."""

    case: Case
    results: Mapping[Command, Best | Failure]
    problem: str | None = None

    @property
    def ratio(self) -> float | None:
        """The subject's wall time divided by the baseline's."""
        subject, baseline = self.results.get(self.case.subject), self.results.get(self.case.baseline)
        if isinstance(subject, Best) and isinstance(baseline, Best):
            return subject.wall_s / baseline.wall_s
        return None

    @property
    def notes(self) -> list[str]:
        """Why something of the case is not in the table, one line for each."""
        failures = [result.reason for result in self.results.values() if isinstance(result, Failure)]
        return [f"{self.case.name}: {note}" for note in (*([self.problem] if self.problem else []), *failures)]


def _seconds(result: Best | Failure | None) -> str:
    """Show a result's wall time."""
    return f"{result.wall_s:.3f}" if isinstance(result, Best) else _NOTHING


def _peak(result: Best | Failure | None) -> str:
    """Show a result's peak memory."""
    return f"{result.peak_mb:.0f}" if isinstance(result, Best) else _NOTHING


def _main_row(outcome: Outcome) -> list[str]:
    """Make a case's row in the first table."""
    case, ratio = outcome.case, outcome.ratio
    subject, baseline = outcome.results.get(case.subject), outcome.results.get(case.baseline)
    measured = [result for result in (subject, baseline) if isinstance(result, Best)]
    peak_met = (
        _MARKS[subject.peak_mb < case.peak_mb] if case.peak_mb is not None and isinstance(subject, Best) else _NOTHING
    )
    return [
        case.name,
        case.about,
        _seconds(subject),
        _seconds(baseline),
        _NOTHING if ratio is None else f"{ratio:.2f}",
        f"≤ {case.ratio:g}",
        _NOTHING if ratio is None else _MARKS[ratio <= case.ratio],
        _peak(subject),
        _NOTHING if case.peak_mb is None else f"< {case.peak_mb:g}",
        peak_met,
        f"{max(result.spread for result in measured):.2f}" if measured else _NOTHING,
    ]


def _command_rows(outcome: Outcome) -> list[list[str]]:
    """Make a case's rows in the second table: every command that was measured."""
    baseline = outcome.results.get(outcome.case.baseline)
    return [
        [
            outcome.case.name,
            what.label,
            _seconds(result),
            f"{result.wall_s / baseline.wall_s:.2f}" if isinstance(baseline, Best) else _NOTHING,
            f"{result.processor_s:.3f}",
            _peak(result),
            f"{result.spread:.2f}",
        ]
        for what, result in outcome.results.items()
        if isinstance(result, Best)
    ]


def machine() -> str:
    """One line on where this was measured."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        described = []
    model = next((line.partition(":")[2].strip() for line in described if line.startswith("model name")), "")
    versions = f"Python {platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}, {sys.platform}"
    return f"{os.cpu_count()} x {model or platform.machine()}, {versions} {platform.release()}"


def render(outcomes: Sequence[Outcome], *, markdown: bool, floor_mb: float) -> str:
    """Both tables and the notes, as plain text or as Markdown.

    `floor_mb` (10**6 bytes) is the least peak that can be shown.
    """
    style = "github" if markdown else "simple"
    main = tabulate(
        [_main_row(outcome) for outcome in outcomes],
        [
            "case",
            "what / against what",
            "s",
            "against s",
            "ratio",
            "target",
            "",
            "peak MB",
            "target",
            "",
            "spread",
        ],
        style,
        disable_numparse=True,
        colalign=("left", "left", *["right"] * 4, "left", "right", "right", "left", "right"),
    )
    rows = [row for outcome in outcomes for row in _command_rows(outcome)]
    commands = tabulate(
        rows,
        ["case", "command", "s", "of baseline", "processor s", "peak MB", "spread"],
        style,
        disable_numparse=True,
        colalign=("left", "left", *["right"] * 5) if rows else None,
    )
    notes = [note for outcome in outcomes for note in outcome.notes]
    foot = [f"Measured on {machine()}.", f"A peak below {floor_mb:.0f} MB shows as {floor_mb:.0f} MB."]
    bullets = [f"- {note}" for note in notes]
    return "\n".join(
        [main, "", commands, "", " ".join(foot), *(["", "Not measured:", "", *bullets] if bullets else [])]
    )
