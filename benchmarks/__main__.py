"""The command: `python -m benchmarks [--only NAME] [--small] [--markdown] [--rounds N]`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import fleets, images, partial
from benchmarks.cases import Case, Setting, cases
from benchmarks.measure import Failure, compare, own_peak_mb, run
from benchmarks.report import Outcome, render

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECKOUT = Path(__file__).parents[1]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time layerscope against others.")
    parser.add_argument("--only", action="append", metavar="NAME", help="this case (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print the cases' names and end")
    parser.add_argument("--small", action="store_true", help="images of a twentieth of the size, for a quick run")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--rounds", type=int, metavar="N", help="runs of each command (default: the case's)")
    parser.add_argument(
        "--command",
        default=str(Path(sys.executable).with_name("layerscope")),
        help="how to start layerscope (default: the one beside this Python)",
    )
    return parser.parse_args(arguments)


def _measure(case: Case, directory: Path) -> Outcome:
    """Run one case."""
    problem = case.skip()
    if problem:
        return Outcome(case, {}, f"skipped, {problem}")
    images.ensure(case.images, directory)
    fleets.ensure(case.fleets, directory)
    print(f"measuring {case.name}", file=sys.stderr, flush=True)
    if case.before:
        outcome = run(case.before)
        if isinstance(outcome, Failure):
            return Outcome(case, {}, f"{case.before.label}: {outcome.reason}")
    try:
        return Outcome(case, compare((case.subject, case.baseline, *case.beside), case.rounds))
    finally:
        if case.after:
            run(case.after)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a command of a case that is not skipped failed."""
    asked = _arguments(arguments)
    directory = Path(os.environ.get("LAYERSCOPE_BENCH_DIR") or _CHECKOUT / ".bench").absolute()
    every = cases(Setting(directory, tuple(shlex.split(asked.command)), asked.small))
    names = [*(case.name for case in every), partial.NAME]
    if asked.list:
        print("\n".join(names))
        return 0
    unknown = sorted(set(asked.only or ()) - set(names))
    if unknown:
        print(f"no such case: {', '.join(unknown)} (there are {', '.join(names)})", file=sys.stderr)
        return 2
    chosen = [case for case in every if not asked.only or case.name in asked.only]
    if asked.rounds:
        chosen = [replace(case, rounds=asked.rounds) for case in chosen]
    outcomes = [_measure(case, directory) for case in chosen]
    if asked.small:
        print("The images are a twentieth of the size that the targets are meant for.\n")
    if outcomes:
        print(render(outcomes, markdown=asked.markdown, floor_mb=own_peak_mb()))
    if not asked.only or partial.NAME in asked.only:
        layerscope = tuple(shlex.split(asked.command))
        print(partial.table(directory, layerscope, small=asked.small, markdown=asked.markdown))
    return int(any(isinstance(outcome.results.get(outcome.case.subject), Failure) for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
