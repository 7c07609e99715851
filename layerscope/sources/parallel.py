"""Several layers of a file or folder, read side by side."""

import os
from collections.abc import Callable, Mapping
from threading import Event

from layerscope.errors import LayerscopeError
from layerscope.layers import is_plain, read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import at_place
from layerscope.sources.second_process import walk_in_two


class _Over(Exception):  # noqa: N818 - no error: it ends a thread whose result nobody waits for
    pass


def read_layers(
    windows: Mapping[str, FileWindow], title: str, progress: Progress, probes: Probes
) -> Mapping[str, Contents]:
    """Walk the layer in each of ``windows``, by name; raises the error of a damaged one, with its name.

    Inflating leaves the interpreter to others, so compressed layers share the cores by threads, the longest first;
    plain ones by processes, before anybody starts a thread.
    """
    is_over = Event()

    def advance(amount: int) -> None:
        if is_over.is_set():
            raise _Over
        progress.advance(amount)

    def read(name: str, advance: Callable[[int], None] = lambda _: None) -> Contents:
        try:
            return read_layer(windows[name], probes, advance)
        except LayerscopeError as error:
            raise at_place(error, title, name) from error

    plain = {name: window for name, window in windows.items() if is_plain(window)}
    compressed = [name for name in windows if name not in plain]
    compressed.sort(key=lambda name: -windows[name].length)
    contents: dict[str, Contents] = {}
    with walk_in_two(plain, read) as walked:
        progress.start(f"reading {title}", sum(window.length for window in windows.values()))
        for name, of_layer in walked:
            contents[name] = of_layer
            progress.advance(of_layer.stored_bytes)
    if compressed:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                reading = pool.map(lambda name: read(name, advance), compressed)
                contents.update(zip(compressed, reading, strict=True))
            finally:
                is_over.set()  # after an error or an interruption nobody waits for what is half read
    return contents
