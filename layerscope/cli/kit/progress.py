"""Progress as a bar on a terminal: only where somebody watches, and only if it takes a while."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

from layerscope.cli.kit.terminal import is_terminal, speaks_unicode
from layerscope.progress import Progress, Silence
from layerscope.render.kit.cells import clip
from layerscope.render.kit.escape import escape

if TYPE_CHECKING:
    import rich.progress

_PATIENCE: Final = 0.3
"""Seconds that nobody minds waiting."""
_TICK: Final = 0.1
_NAME_CELLS: Final = 40


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
        self._drawer: Thread | None = None
        self._over = Event()

    def start(self, what: str, total: int | None) -> None:
        """Begin ``what``; what was begun before is over."""
        with self._lock:
            self._what, self._total, self._done = what, total, 0
            if self._drawer is None:
                self._drawer = Thread(target=self._draw, name="progress", daemon=True)
                self._drawer.start()

    def advance(self, amount: int) -> None:
        """Count ``amount`` more bytes."""
        with self._lock:
            self._done += amount

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
            while not self._over.wait(_TICK):
                with self._lock:
                    what, total, done = self._what, self._total, self._done
                if what != shown:
                    bar.reset(task, description=_named(what))
                    shown = what
                bar.update(task, total=total, completed=done, refresh=True)


def _named(what: str) -> str:
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
