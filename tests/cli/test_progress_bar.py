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


def shown(*, pause: float = 0, quiet: bool = False, terminal: bool = True, script: str = SLOW) -> str:
    """What standard error gets while something reads."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    env = BARE | {"TERM": "xterm", "COLUMNS": "120"}
    script = script.format(quiet=quiet, pause=pause) if script == SLOW else script
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


PARTS = """
import time
import rich.console, rich.progress  # of which the bar would take some time
from layerscope.cli.kit.progress import ProgressBar
bar = ProgressBar()
bar.start("reading app:1", 1200, [(f"layer {number}", 100) for number in range(12)])
for number in range(11):
    bar.advance(50, number)
time.sleep(1.5)
for number in range(10):
    bar.advance(50, number)
time.sleep(1)
bar.close()
"""


def test_parts_under_way_have_bars_of_their_own() -> None:
    text = shown(script=PARTS)
    first, _, later = text.rpartition("layer 7")
    assert all(f"  layer {number} " in first for number in range(7))
    assert "layer 8" not in first  # there is no room for all
    assert "  layer 10 " in later
    assert "layer 11" not in text  # not begun
    assert text.endswith("\x1b[2K")


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
