"""Several layers of a file or folder: compressed ones side by side."""

import os
from collections.abc import Mapping
from threading import Event

from layerscope.errors import LayerscopeError
from layerscope.layers import is_plain, read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import at_place


class _Over(Exception):  # noqa: N818 - no error: it ends a thread whose result nobody waits for
    pass


def read_layers(
    windows: Mapping[str, FileWindow], title: str, progress: Progress, probes: Probes
) -> Mapping[str, Contents]:
    """Walk the layer in each of ``windows``, by name; raises the error of a damaged one, with its name.

    Inflating leaves the interpreter to others, so compressed layers share the cores, the longest first. Plain ones are
    walked one after another: their walk hardly leaves the interpreter, and threads would only contend for it.
    """
    progress.start(f"reading {title}", sum(window.length for window in windows.values()))
    is_over = Event()

    def advance(amount: int) -> None:
        if is_over.is_set():
            raise _Over
        progress.advance(amount)

    def read(name: str) -> Contents:
        try:
            return read_layer(windows[name], probes, advance)
        except LayerscopeError as error:
            raise at_place(error, title, name) from error

    longest_first = sorted(windows, key=lambda name: -windows[name].length)
    plain = {name for name in longest_first if is_plain(windows[name])}
    compressed = [name for name in longest_first if name not in plain]
    contents = {name: read(name) for name in longest_first if name in plain}
    if compressed:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                contents.update(zip(compressed, pool.map(read, compressed), strict=True))
            finally:
                is_over.set()  # after an error or an interruption nobody waits for what is half read
    return contents
