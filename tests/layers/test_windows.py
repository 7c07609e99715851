"""One contract for all windows: they differ in where bytes come from, and in nothing else."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from builders import BLOCK, file, folder, long_name, symlink, tar_of
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import DamagedError
from layerscope.layers.tar import walk
from layerscope.layers.windows import (
    BytesWindow,
    FileWindow,
    PartWindow,
    PipeWindow,
    StreamWindow,
    Window,
    drain,
    pieces,
)
from layerscope.model import Entry, EntryKind

Maker = Callable[[bytes], AbstractContextManager[Window]]


@contextmanager
def from_file(data: bytes) -> Iterator[Window]:
    """A stretch in the middle of a file, with other bytes around it."""
    with tempfile.TemporaryFile() as opened:
        opened.write(b"before" + data + b"after")
        opened.flush()
        yield FileWindow(opened.fileno(), len(b"before"), len(data))


def in_pieces(sizes: tuple[int, ...]) -> Maker:
    @contextmanager
    def make(data: bytes) -> Iterator[Window]:
        yield StreamWindow(cut(data, sizes))

    return make


def cut(data: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at, turn = at + size, turn + 1


@contextmanager
def from_part(data: bytes) -> Iterator[Window]:
    """A member of an archive that is itself passing by."""
    whole = StreamWindow(cut(b"before" + data + b"after", (7, 600)))
    whole.skip(len(b"before"))
    yield PartWindow(whole, len(data))


@contextmanager
def from_pipe(data: bytes) -> Iterator[Window]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as end:
            for piece in cut(data, (1, 700, 65536)):
                end.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    window = PipeWindow(reading, lambda _: None)
    try:
        yield window
        drain(window)
    finally:
        writer.join()
        window.close()
        os.close(reading)


MAKERS: dict[str, Maker] = {
    "file": from_file,
    "stream of one piece": in_pieces((1 << 30,)),
    "stream of single bytes": in_pieces((1,)),
    "stream of blocks": in_pieces((BLOCK,)),
    "stream of odd pieces": in_pieces((1, 511, 513, 3, 2000)),
    "part": from_part,
    "pipe": from_pipe,
}
every_window = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)

TAR = tar_of(
    [
        folder("d"),
        file("d/large", bytes(range(256)) * 2000),
        file("small", b"1"),
        long_name("n" * 300),
        file("short", b"contents" * 64),
        symlink("l", "t"),
    ]
)


def walked(window: Window) -> list[Entry]:
    return list(walk(window))


@every_window
def test_walks_are_identical(make: Maker) -> None:
    with make(TAR) as window:
        assert walked(window) == walked(StreamWindow(iter([TAR])))


@every_window
def test_contents_may_be_taken_in_part_while_walking(make: Maker) -> None:
    with make(TAR) as window:
        heads = {entry.path: window.take(3) for entry in walk(window) if entry.kind is EntryKind.FILE}

    assert heads["d/large"] == b"\0\1\2"
    assert heads["small"] == b"1" + bytes(2)
    assert heads["n" * 300] == b"con"


@every_window
def test_reading_on_beyond_the_contents_is_an_error_of_the_caller(make: Maker) -> None:
    with make(TAR) as window:
        entries = walk(window)
        assert [next(entries).path for _ in range(3)] == ["d", "d/large", "small"]
        window.take(3 * BLOCK)

        with pytest.raises(DamagedError, match="claims more contents than the tar has"):
            next(entries)


@every_window
def test_a_cut_tar_breaks_off_alike(make: Maker) -> None:
    with make(TAR[:1500]) as window, pytest.raises(DamagedError, match="ends 511524 bytes before the contents"):
        walked(window)


@every_window
@pytest.mark.parametrize("before", [0, 1, 512, 1000, len(TAR) - 1, len(TAR)])
def test_what_is_left_comes_in_pieces(make: Maker, before: int) -> None:
    """Whether or not something has been looked at, and wherever a piece of the stream ends."""
    for look in (0, 512):
        with make(TAR) as window:
            window.skip(before)
            window.peek(look)
            assert b"".join(pieces(window)) == TAR[before:]
            assert window.position == len(TAR)


@every_window
def test_nothing_at_all(make: Maker) -> None:
    with make(b"") as window:
        assert (window.peek(5), window.take(5), window.skip(5), window.position) == (b"", b"", 0, 0)
        assert walked(window) == []


@every_window
def test_pieces_are_all_that_is_left(make: Maker) -> None:
    with make(TAR) as window:
        window.skip(1000)

        assert b"".join(pieces(window)) == TAR[1000:]
        assert window.position == len(TAR)


STEPS = st.lists(st.tuples(st.sampled_from(["take", "skip", "peek", "take_at"]), st.integers(0, 6000)), max_size=12)


@every_window
@given(data=st.binary(max_size=3000).map(lambda unit: unit * 4), steps=STEPS)
def test_take_skip_and_peek_are_those_of_a_slice(make: Maker, data: bytes, steps: list[tuple[str, int]]) -> None:
    at = 0
    with make(data) as window:
        for step, count in steps:
            expected = data[at : at + count]
            if step == "skip":
                assert window.skip(count) == len(expected)
            elif step == "take_at":
                at = min(at + count, len(data))
                expected = data[at : at + 700]
                assert window.take_at(window.position + count, 700) == expected
            else:
                assert getattr(window, step)(count) == expected
            if step != "peek":
                at += len(expected)
            assert window.position == at


@contextmanager
def at_hand(data: bytes) -> Iterator[Window]:
    yield BytesWindow(data)


@pytest.mark.parametrize("make", [from_file, at_hand], ids=["file", "at hand"])
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 5000)), max_size=12))
def test_what_does_not_pass_by_can_be_gone_back_in(make: Maker, places: list[tuple[int, int]]) -> None:
    data = bytes(range(251)) * 33
    with make(data) as window:
        for position, count in places:
            assert position >= window.position or window.back_to(position)
            assert window.take_at(position, count) == data[position : position + count]


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "file"])
def test_what_passes_by_cannot(name: str) -> None:
    with MAKERS[name](b"0123456789") as window:
        window.take(5)

        assert not window.back_to(0)
        assert window.take(5) == b"56789"


@every_window
def test_drain_goes_to_the_end(make: Maker) -> None:
    with make(TAR) as window:
        window.take(100)
        drain(window)

        assert window.position == len(TAR)
        assert window.take(1) == b""


def test_a_part_ends_where_it_ends_and_leaves_the_rest() -> None:
    whole = StreamWindow(cut(b"0123456789", (3,)))
    part = PartWindow(whole, 4)

    assert (part.peek(9), part.take(9), part.take(1), part.skip(1)) == (b"0123", b"0123", b"", 0)
    assert whole.take(9) == b"456789"


def test_a_pipe_tells_how_far_it_is_however_bytes_pass() -> None:
    reading, writing = os.pipe()
    heard: list[int] = []
    with os.fdopen(writing, "wb") as end:
        end.write(bytes(5000))
    window = PipeWindow(reading, heard.append)

    window.take(10)
    drain(window)

    window.close()
    os.close(reading)
    assert sum(heard) == window.position == 5000


def test_a_file_where_a_pipe_was_meant_is_read_as_well() -> None:
    with tempfile.TemporaryFile() as opened:
        opened.write(TAR)
        opened.seek(0)
        window = PipeWindow(opened.fileno(), lambda _: None)

        assert walked(window) == walked(StreamWindow(iter([TAR])))
        window.close()


@given(st.binary(max_size=5000), st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_a_stream_is_the_same_in_any_pieces(data: bytes, sizes: list[int]) -> None:
    window = StreamWindow(cut(data, tuple(sizes)))

    assert b"".join(iter(lambda: window.take(333), b"")) == data
