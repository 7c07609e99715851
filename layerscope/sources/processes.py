"""Layers walked by several processes, each taking the next one when it is done with its last.

Walking hardly leaves the interpreter, so that threads contend for it. The other processes are forks: they are there
within a few milliseconds, have the files open, and say nothing. A layer that one of them could not walk it leaves out;
that one is walked here, and fails here, as if there had been no other process.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from typing import Any, Final, NoReturn

from msgspec.structs import astuple, replace

from layerscope.errors import LayerscopeError
from layerscope.layers.contents import Contents
from layerscope.model import Entry, EntryKind

Advance = Callable[[int], None]
Walk = Callable[[str, Advance], Contents]

_MOST_LAYERS: Final = 255
"""A ticket is one byte."""
_MOST_PROCESSES: Final = 8
_PATIENCE: Final = 0.1
"""Seconds between two looks at how far the others are."""
_PIECE: Final = 1024 * 1024
_KINDS: Final = tuple(EntryKind)
_Packed = list[tuple[str, Contents, list[Any]]]
"""Layers by name; their entries field by field, apart."""
_KIND: Final = Entry.__struct_fields__.index("kind")


def processes_for(layers: int) -> int:
    """Tell how many processes can share the work: as many as there are cores; one beside other threads.

    A fork has none of the other threads, and waits for ever for what they held.
    """
    if sys.platform != "linux" or layers > _MOST_LAYERS or len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        return 1
    return min(len(os.sched_getaffinity(0)), layers, _MOST_PROCESSES)


@contextmanager
def walked_by(
    processes: int, names: Sequence[str], walk: Walk, advance: Advance
) -> Iterator[Iterator[tuple[str, Contents]]]:
    """Yield an iterator over what ``walk`` makes of each of ``names``; it raises what ``walk`` raises.

    ``advance`` hears, in this process, of what all of them do. Inside of the block threads may be started.
    """
    counters = _Counters(processes, advance)
    with ExitStack() as stack:
        tickets = stack.enter_context(_tickets(len(names)))
        mine = (names[ticket] for ticket in tickets)

        def work(number: int) -> _Packed:
            return _packed(mine, lambda name: walk(name, partial(counters.add, number)))

        answers = [stack.enter_context(_process(partial(work, number))) for number in range(1, processes)]
        yield _all(names, mine, lambda name: walk(name, counters.advance), (_read(each, counters) for each in answers))


def _all(
    names: Sequence[str], mine: Iterator[str], walk: Callable[[str], Contents], answers: Iterable[_Packed]
) -> Iterator[tuple[str, Contents]]:
    """Walk what is left, take what the others walked, and walk what they could not."""
    missing = dict.fromkeys(names)
    for name in mine:
        del missing[name]
        yield name, walk(name)
    for name, contents, columns in chain.from_iterable(answers):
        del missing[name]
        yield name, replace(contents, entries=_entries(columns))
    for name in missing:
        yield name, walk(name)


class _Counters:
    """How far each process is: numbers in memory that all of them see, and this one tells of."""

    def __init__(self, processes: int, advance: Advance) -> None:
        from mmap import mmap  # these three are for large images alone

        self._counts = memoryview(mmap(-1, 8 * processes)).cast("Q")
        self._told = 0
        self._tell = advance

    def add(self, number: int, amount: int) -> None:
        """Count what a process did."""
        self._counts[number] += amount

    def advance(self, amount: int) -> None:
        """Count what this process did, and tell what all have done since it was last told."""
        self.add(0, amount)
        done = sum(self._counts)
        self._tell(done - self._told)
        self._told = done


@contextmanager
def _tickets(count: int) -> Iterator[Iterator[int]]:
    """Hand out the numbers below ``count``, each once, to whichever process asks first: they are bytes in a pipe."""
    reading, writing = os.pipe()
    try:
        os.write(writing, bytes(range(count)))
        os.close(writing)
        yield (ticket for (ticket,) in iter(lambda: os.read(reading, 1), b""))
    finally:
        os.close(reading)


@contextmanager
def _process(work: Callable[[], object]) -> Iterator[int]:
    """Let a fork do ``work``; yield the file that its result comes from. With the block the process is over."""
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no process to be had: then the file is empty
        child = None
    if child == 0:
        _be_other(work, writing)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
        if child is not None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _be_other(work: Callable[[], object], writing: int) -> NoReturn:
    """Write what ``work`` returns, and end, whatever happens."""
    import pickle

    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides what an interruption means
        with open(writing, "wb") as file:
            file.write(pickle.dumps(work(), pickle.HIGHEST_PROTOCOL))
    finally:
        os._exit(0)


def _read(answer: int, counters: _Counters) -> _Packed:
    """Wait for what another process has to say; nothing where it breaks off."""
    import pickle
    from select import select

    pieces = []
    while True:
        while not select([answer], [], [], _PATIENCE)[0]:
            counters.advance(0)
        piece = os.read(answer, _PIECE)
        if not piece:
            break
        pieces.append(piece)
    counters.advance(0)
    try:
        packed: _Packed = pickle.loads(b"".join(pieces))  # noqa: S301 - our own words
    except (EOFError, pickle.UnpicklingError):
        return []
    return packed


def _packed(names: Iterator[str], walk: Callable[[str], Contents]) -> _Packed:
    """Walk layers; a damaged one is left out."""
    packed = []
    for name in names:
        with suppress(LayerscopeError):
            contents = walk(name)
            packed.append((name, replace(contents, entries=()), _columns(contents.entries)))
    return packed


def _columns(entries: Sequence[Entry]) -> list[Any]:
    """Sort entries by field: columns of plain values are written and read at C speed."""
    columns: list[Any] = list(zip(*map(astuple, entries), strict=True))
    if columns:
        columns[_KIND] = bytes(columns[_KIND])
    return columns


def _entries(columns: list[Any]) -> tuple[Entry, ...]:
    """Undo :func:`_columns`."""
    if not columns:
        return ()
    columns[_KIND] = map(_KINDS.__getitem__, columns[_KIND])
    return tuple(map(Entry, *columns))
