"""Time commands against each other: wall time, processor time and peak resident memory."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TIME_LIMIT: Final = 900
"""Seconds after which a command is killed and has failed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A pipeline: one argument list for each process.  The last one is measured; its output is discarded.

    `output_starts` is what the output must start with; it is looked at in the unmeasured run alone.
    """

    label: str
    pipeline: tuple[tuple[str, ...], ...]
    output_starts: bytes = b""

    def __str__(self) -> str:
        """As a shell shows it."""
        return " | ".join(" ".join(arguments) for arguments in self.pipeline)


def command(label: str, *arguments: str) -> Command:
    """Make a pipeline of one process."""
    return Command(label, (arguments,))


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    `wall_s`: seconds from before the first process starts until the last has ended.  `processor_s` and
    `peak_mb`: seconds of processor time and peak resident memory (10**6 bytes) of the last process.
    """

    wall_s: float
    processor_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A command that could not be measured, and why in one line."""

    reason: str


@dataclass(frozen=True, slots=True)
class Best:
    """The least of several runs, each figure for itself, except the memory: the most.

    `spread` is the slowest run's wall time divided by the fastest's: near 1 on a quiet machine.
    """

    wall_s: float
    processor_s: float
    peak_mb: float
    spread: float


def run(what: Command, output: IO[bytes] | int = subprocess.DEVNULL) -> Run | Failure:
    """Run a command once, its output going to `output`.

    The kernel counts the memory of the starting process as the started one's, so no peak is below that of
    the process that calls this (see `own_peak_mb`).
    """
    with TemporaryFile() as errors:
        start = time.perf_counter()
        try:
            processes = _start(what, output, errors)
        except OSError as error:
            return Failure(f"{error.filename}: {error.strerror}")
        watchdog = threading.Timer(TIME_LIMIT, _kill, [processes])
        watchdog.start()
        try:
            for process in processes:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            watchdog.cancel()
        wall = time.perf_counter() - start
        for process, arguments in zip(processes, what.pipeline, strict=True):
            if process.returncode:
                errors.seek(0)
                last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
                return Failure(f"{arguments[0]} ended with {process.returncode}: {last[:200]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def _start(what: Command, output: IO[bytes] | int, errors: IO[bytes]) -> list[subprocess.Popen[bytes]]:
    """Start a pipeline's processes, each reading what the one before it writes."""
    processes: list[subprocess.Popen[bytes]] = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    source: IO[bytes] | int = subprocess.DEVNULL
    for number, arguments in enumerate(what.pipeline, 1):
        last = number == len(what.pipeline)
        try:
            process = subprocess.Popen(
                arguments,
                stdin=source,
                stdout=output if last else subprocess.PIPE,
                stderr=errors,
                env=environment,  # byte code is kept, as it is of whatever is installed
            )
        except OSError:
            if not isinstance(source, int):
                source.close()
            _kill(processes)
            for earlier in processes:
                earlier.wait()
            raise
        if not isinstance(source, int):
            source.close()
        processes.append(process)
        source = process.stdout or subprocess.DEVNULL
    return processes


def _kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Kill what still runs of a pipeline."""
    for process in processes:
        if process.returncode is None:
            process.kill()


def _warm_up(what: Command) -> Run | Failure:
    """Run a command once and look at how its output starts."""
    with TemporaryFile() as output:
        outcome = run(what, output)
        output.seek(0)
        start = output.read(len(what.output_starts))
    if isinstance(outcome, Run) and start != what.output_starts:
        return Failure(f"{what.label}: its output starts with {start!r}, not {what.output_starts!r}")
    return outcome


def compare(commands: Sequence[Command], rounds: int) -> dict[Command, Best | Failure]:
    """Run each command once unmeasured, then all of them in turn `rounds` times, every other round backwards.

    In turn, so that whatever else the machine does slows all of them alike.  A command that fails is not run
    again.
    """
    results: dict[Command, list[Run] | Failure] = {}
    for what in commands:
        warm_up = _warm_up(what)
        results[what] = warm_up if isinstance(warm_up, Failure) else []
    for number in range(rounds):
        for what in commands if number % 2 == 0 else reversed(commands):
            so_far = results[what]
            if isinstance(so_far, Failure):
                continue
            outcome = run(what)
            if isinstance(outcome, Failure):
                results[what] = outcome
            else:
                so_far.append(outcome)
    return {what: outcome if isinstance(outcome, Failure) else _best(outcome) for what, outcome in results.items()}


def _best(runs: Sequence[Run]) -> Best:
    """Take the best of some runs."""
    walls = [one.wall_s for one in runs]
    return Best(
        min(walls),
        min(one.processor_s for one in runs),
        max(one.peak_mb for one in runs),
        max(walls) / min(walls),
    )


def own_peak_mb() -> float:
    """Tell the least peak (10**6 bytes) that a run started from this process can show."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
