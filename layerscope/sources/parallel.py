"""Several layers of a file or folder, read side by side."""

import os
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Final

from layerscope.errors import LayerscopeError
from layerscope.layers import is_plain, read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import at_place
from layerscope.sources.processes import Advance, processes_for, walked_by

_INFLATING: Final = 16
"""How many times as long a compressed byte takes as one of a plain layer, most of which is passed over."""
_WORTH_IT: Final = 32 * 1024 * 1024
"""Plain bytes of all layers but the longest, below which there is too little to share."""

_Read = Callable[[str, Advance], Contents]


class _Over(Exception):  # noqa: N818 - no error: it ends a thread whose result nobody waits for
    pass


def read_layers(
    windows: Mapping[str, FileWindow], title: str, progress: Progress, probes: Probes
) -> Mapping[str, Contents]:
    """Walk the layer in each of ``windows``, by name; raises the error of a damaged one, with its name.

    Layers share the cores, the longest first: by processes where there can be any. Elsewhere by threads, which is of
    use to compressed ones alone, since inflating leaves the interpreter to others.
    """
    probes = None if probes is None else tuple(probes)  # gathered here, before there are other processes

    def read(name: str, advance: Advance) -> Contents:
        try:
            return read_layer(windows[name], probes, advance)
        except LayerscopeError as error:
            raise at_place(error, title, name) from error

    total = sum(window.length for window in windows.values())
    plain = {name for name, window in windows.items() if is_plain(window)}
    costs = {name: window.length * (1 if name in plain else _INFLATING) for name, window in windows.items()}
    names = sorted(costs, key=lambda name: -costs[name])
    processes = processes_for(len(names)) if sum(costs[name] for name in names[1:]) >= _WORTH_IT else 1
    if processes > 1:
        with walked_by(processes, names, read, progress.advance) as walked:
            progress.start(f"reading {title}", total)  # a bar may be a thread, and forks are made by now
            return dict(walked)
    progress.start(f"reading {title}", total)
    contents = {name: read(name, progress.advance) for name in names if name in plain}
    contents.update(_by_threads([name for name in names if name not in plain], read, progress.advance))
    return contents


def _by_threads(names: list[str], read: _Read, advance: Advance) -> Iterator[tuple[str, Contents]]:
    if not names:
        return
    from concurrent.futures import ThreadPoolExecutor

    is_over = Event()

    def advance_unless_over(amount: int) -> None:
        if is_over.is_set():
            raise _Over
        advance(amount)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from zip(names, pool.map(lambda name: read(name, advance_unless_over), names), strict=True)
        finally:
            is_over.set()  # after an error or an interruption nobody waits for what is half read
