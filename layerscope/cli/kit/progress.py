"""Progress as a bar on a terminal: only where somebody watches, and only if it takes a while."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

from layerscope.cli.kit.terminal import is_terminal, speaks_unicode
from layerscope.progress import Progress, Silence

if TYPE_CHECKING:
    import rich.progress

_PATIENCE: Final = 0.3
"""Seconds that nobody minds waiting."""
_TICK: Final = 0.1
_NAME_CELLS: Final = 40
_ROWS: Final = 8
"""Parts that are shown at once."""


@contextmanager
def watching(*, quiet: bool) -> Iterator[Progress]:
    """Show progress on standard error while the block runs, if it is a terminal; nothing of it stays."""
    if quiet or not is_terminal(sys.stderr):
        yield Silence()
        return
    bar = ProgressBar()
    try:
        yield bar
    finally:
        bar.close()


class ProgressBar:
    """Counts what it hears of, from any thread; a thread of its own draws that ten times a second."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._what = ""
        self._total: int | None = None
        self._done = 0
        self._parts: Sequence[tuple[str, int]] = ()
        self._parts_done: list[int] = []
        self._drawer: Thread | None = None
        self._over = Event()

    def start(self, what: str, total: int | None, parts: Sequence[tuple[str, int]] = ()) -> None:
        """Begin ``what``; what was begun before is over."""
        with self._lock:
            self._what, self._total, self._done = what, total, 0
            self._parts, self._parts_done = parts, [0] * len(parts)
            if self._drawer is None:
                self._drawer = Thread(target=self._draw, name="progress", daemon=True)
                self._drawer.start()

    def advance(self, amount: int, part: int | None = None) -> None:
        """Count ``amount`` more bytes."""
        with self._lock:
            self._done += amount
            if part is not None:
                self._parts_done[part] += amount

    def close(self) -> None:
        """Clear the bar; the terminal is as it was when this returns."""
        self._over.set()
        if self._drawer is not None:
            self._drawer.join()

    def _draw(self) -> None:
        """Draw until it is over, from when it has taken longer than one likes to wait."""
        if self._over.wait(_PATIENCE):
            return
        with _bar() as bar:
            task = bar.add_task("", total=None)
            shown = ""
            rows: dict[int, rich.progress.TaskID] = {}
            while not self._over.wait(_TICK):
                with self._lock:
                    what, total, done = self._what, self._total, self._done
                    parts = _under_way(self._parts, self._parts_done)
                if what != shown:
                    bar.reset(task, description=_named(what))
                    shown = what
                for gone in rows.keys() - parts.keys():
                    bar.remove_task(rows.pop(gone))
                for number, (name, size, part_done) in parts.items():
                    if number not in rows:
                        rows[number] = bar.add_task(_named(f"  {name}"), total=size)
                    bar.update(rows[number], completed=part_done)
                bar.update(task, total=total, completed=done)
                bar.refresh()


def _under_way(parts: Sequence[tuple[str, int]], done: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Choose the parts that were begun and are not done, by number: as many as a terminal has room for."""
    under_way = (
        (number, (name, size, count))
        for number, ((name, size), count) in enumerate(zip(parts, done, strict=True))
        if 0 < count < size
    )
    return dict(islice(under_way, _ROWS))


def _named(what: str) -> str:
    from layerscope.render.kit.cells import clip
    from layerscope.render.kit.escape import escape

    return clip(escape(what, unicode=speaks_unicode(sys.stderr)), _NAME_CELLS)


def _bar() -> "rich.progress.Progress":
    """Make the bar; rich takes longer to import than most images to read."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
    )
