"""Several layers of a file or folder, read side by side."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final

from layerscope.errors import LayerscopeError
from layerscope.layers import is_plain, read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import at_place

if TYPE_CHECKING:
    from layerscope.sources.processes import Advance, Tell

_INFLATING: Final = 16
"""How many times as long a compressed byte takes as one of a plain layer, most of which is passed over."""
_WORTH_IT: Final = 32 * 1024 * 1024
"""Plain bytes of all layers but the longest, below which there is too little to share."""

Read = Callable[[str, "Advance"], Contents]


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

    def read(name: str, advance: "Advance") -> Contents:
        try:
            return read_layer(windows[name], probes, advance)
        except LayerscopeError as error:
            raise at_place(error, title, name) from error

    plain = {name for name, window in windows.items() if is_plain(window)}
    sizes = {name: window.length for name, window in windows.items()}
    return share(sizes, read, f"reading {title}", progress, plain=plain)


def share(  # noqa: PLR0913 - two of them are for layers from elsewhere
    sizes: Mapping[str, int],
    read: Read,
    what: str,
    progress: Progress,
    *,
    plain: Collection[str] = (),
    labels: Mapping[str, str] | None = None,
    least: int = 1,
) -> Mapping[str, Contents]:
    """Have layers of these sizes read; those that are not ``plain`` cost more for their size.

    Of those that have ``labels`` is told how far each is. ``least`` are read at once, however few the cores.
    """
    costs = {name: size * (1 if name in plain else _INFLATING) for name, size in sizes.items()}
    names = sorted(costs, key=lambda name: -costs[name])
    numbers = {name: number for number, name in enumerate(sizes)} if labels else {}
    parts = tuple((labels[name], size) for name, size in sizes.items()) if labels else ()

    def start() -> None:
        progress.start(what, sum(sizes.values()), parts)

    def tell(name: str, amount: int) -> None:
        progress.advance(amount, numbers.get(name))

    if sum(costs[name] for name in names[1:]) >= _WORTH_IT:
        from layerscope.sources.processes import processes_for, walked_by

        if (processes := processes_for(len(names), least)) > 1:
            with walked_by(processes, names, read, tell) as walked:
                start()  # a bar may be a thread, and forks are made by now
                return dict(walked)
    start()
    contents = {name: read(name, partial(tell, name)) for name in names if name in plain}
    contents.update(_by_threads([name for name in names if name not in plain], read, tell, least))
    return contents


def _by_threads(names: list[str], read: Read, tell: "Tell", least: int) -> Iterator[tuple[str, Contents]]:
    if not names:
        return
    from concurrent.futures import ThreadPoolExecutor

    is_over = Event()

    def tell_unless_over(name: str, amount: int) -> None:
        if is_over.is_set():
            raise _Over
        tell(name, amount)

    with ThreadPoolExecutor(max(os.cpu_count() or 1, least)) as pool:
        try:
            walks = pool.map(lambda name: read(name, partial(tell_unless_over, name)), names)
            yield from zip(names, walks, strict=True)
        finally:
            is_over.set()  # after an error or an interruption nobody waits for what is half read
