"""The progress bar, on a terminal of its own."""

import os
import pty
import subprocess
import sys
from threading import Thread

import pytest
from conftest import BARE

from layerscope.cli.kit.progress import ProgressBar, watching
from layerscope.progress import Silence

SLOW = """
import sys, time
from layerscope.cli.kit.progress import watching
with watching(quiet={quiet}) as progress:
    progress.start("reading \\x1b[31m[bold]app.tar", 1_000_000)
    for _ in range(10):
        time.sleep({pause})
        progress.advance(100_000)
sys.stderr.write("rich" if "rich" in sys.modules else "plain")
"""


def shown(*, pause: float, quiet: bool = False, terminal: bool = True) -> str:
    """What standard error gets while something reads."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    env = BARE | {"TERM": "xterm", "COLUMNS": "120"}
    script = SLOW.format(quiet=quiet, pause=pause)
    with subprocess.Popen([sys.executable, "-c", script], stderr=theirs, env=env) as process:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:
            pass
    os.close(ours)
    assert process.returncode == 0
    return written.decode()


def test_a_slow_read_is_shown_and_cleared() -> None:
    text = shown(pause=0.15)
    assert r"reading \x1b[31m[bold]app.tar" in text
    assert "/1.0 MB" in text
    assert text.endswith("\x1b[2Krich")


@pytest.mark.parametrize(("pause", "quiet", "terminal"), [(0, False, True), (0.05, True, True), (0.05, False, False)])
def test_silence(pause: float, quiet: bool, terminal: bool) -> None:
    assert shown(pause=pause, quiet=quiet, terminal=terminal) == "plain"


def test_nobody_watches_here() -> None:
    with watching(quiet=False) as progress:
        assert isinstance(progress, Silence)


def test_many_threads_count_together() -> None:
    bar = ProgressBar()
    bar.start("a", None)
    threads = [Thread(target=lambda: [bar.advance(1) for _ in range(10_000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bar.close()
    assert bar._done == 80_000
