"""Plain layers walked by two processes, each taking the next layer when it is done with its last.

A header walk hardly leaves the interpreter, so that threads would only contend for it. The second process is a fork: it
is there within a few milliseconds, has the files open, and says nothing. A layer that it could not walk it leaves out;
that one is walked here, and fails here, as if there had been no other process.
"""

import marshal
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn

from msgspec.structs import astuple

from layerscope.errors import LayerscopeError
from layerscope.layers import contents_of
from layerscope.layers.contents import Contents
from layerscope.layers.windows import FileWindow
from layerscope.model import Entry, EntryKind

_WORTH_IT: Final = 32 * 1024 * 1024
"""Bytes of all layers but the longest, below which there is too little to share."""
_MOST: Final = 255
"""Layers; a ticket is one byte."""
_KINDS: Final = tuple(EntryKind)
_KIND: Final = Entry.__struct_fields__.index("kind")

Walk = Callable[[str], Contents]
_Packed = list[tuple[str, list[Any]]]
"""Layers by name, their entries field by field."""


@contextmanager
def walk_in_two(windows: Mapping[str, FileWindow], walk: Walk) -> Iterator[Iterator[tuple[str, Contents]]]:
    """Yield an iterator over what ``walk`` makes of each of ``windows``, by name; it raises what ``walk`` raises.

    Only with it other threads may be started.
    """
    names = sorted(windows, key=lambda name: -windows[name].length)
    if not _is_worth_it([windows[name].length for name in names]):
        yield ((name, walk(name)) for name in names)
        return
    with _tickets(len(names)) as tickets, _second_process(lambda: _walk_some(names, tickets, walk)) as answer:
        yield _walk_all(windows, (names[ticket] for ticket in tickets), walk, answer)


def _walk_all(
    windows: Mapping[str, FileWindow], mine: Iterator[str], walk: Walk, answer: int
) -> Iterator[tuple[str, Contents]]:
    """Walk what is left, take what the second process walked, and walk what it could not."""
    missing = set(windows)
    for name in mine:
        missing.remove(name)
        yield name, walk(name)
    for name, columns in _read(answer):
        missing.remove(name)
        yield name, contents_of(_unpack(columns), windows[name])
    for name in sorted(missing):
        yield name, walk(name)


def _is_worth_it(lengths: Sequence[int]) -> bool:
    """Tell whether there is enough to do, a second core, and one thread: a fork lacks the others, and may need them."""
    return (
        sum(lengths[1:]) >= _WORTH_IT
        and len(lengths) <= _MOST
        and sys.platform == "linux"
        and len(os.sched_getaffinity(0)) > 1
        and len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - it takes a path apart for nothing
    )


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
def _second_process(work: Callable[[], _Packed]) -> Iterator[int]:
    """Let a fork do ``work``; yield the file that its result comes from. With the block the process is over."""
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no process to be had: then the file is empty
        child = None
    if child == 0:
        _be_second(work, writing)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
        if child is not None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _be_second(work: Callable[[], _Packed], writing: int) -> NoReturn:
    """Write what ``work`` returns, and end, whatever happens."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one decides what an interruption means
        with open(writing, "wb") as file:
            file.write(marshal.dumps(work()))
    finally:
        os._exit(0)


def _walk_some(names: Sequence[str], tickets: Iterator[int], walk: Walk) -> _Packed:
    """Walk layers while there are any; a damaged one is left out."""
    packed = []
    for name in (names[ticket] for ticket in tickets):
        with suppress(LayerscopeError):
            packed.append((name, _pack(walk(name).entries)))
    return packed


def _read(answer: int) -> _Packed:
    """Read what the second process wrote; nothing where it broke off."""
    with open(answer, "rb", closefd=False) as file:
        try:
            packed: _Packed = marshal.loads(file.read())  # noqa: S302 - our own words
        except (EOFError, ValueError, TypeError):
            return []
    return packed


def _pack(entries: Sequence[Entry]) -> list[Any]:
    """Sort entries by field: columns of plain values are written and read at C speed."""
    columns: list[Any] = list(zip(*map(astuple, entries), strict=True))
    if columns:
        columns[_KIND] = bytes(columns[_KIND])
    return columns


def _unpack(columns: list[Any]) -> tuple[Entry, ...]:
    """Undo :func:`_pack`."""
    if not columns:
        return ()
    columns[_KIND] = map(_KINDS.__getitem__, columns[_KIND])
    return tuple(map(Entry, *columns))
