"""Tables of contents that lie, and blobs that are not what they seem: read whole, or an error that says so."""

import json
from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from builders import file, folder, hardlink, symlink, tar_of
from hypothesis import given
from hypothesis import strategies as st
from partially import Local

from benchmarks.seekable import (
    TOC_DIGEST,
    ZSTD_DIGEST,
    ZSTD_POSITION,
    Lines,
    Made,
    digest_of,
    estargz,
    footer,
    zstd,
    zstd_chunked,
)
from layerscope.errors import DamagedError, DigestError, RegistryError
from layerscope.layers.partial import NotSeekable, read_partially
from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

TAR = tar_of([folder("app"), file("app/one", b"1" * 5000), file("app/two", b"2" * 300), symlink("app/l", "one")])
FIRST, SECOND = 1, 3
"""Where the lines of the first file's two chunks begin, and that of the second file."""


class Whole:
    """Takes everything."""

    name = "whole"
    finds = bytes

    def wants(self, entry: Entry) -> bool:
        return entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> bytes:
        return window.take(size)


def changed(number: int, **fields: object) -> Callable[[Lines], Lines]:
    """Change fields of one line; ``None`` takes a field away."""

    def change(lines: Lines) -> Lines:
        line = {**lines[number], **fields}
        lines[number] = {key: value for key, value in line.items() if value is not None}
        return lines

    return change


LIES = {
    "no such type": changed(0, type="door"),
    "type of another type": changed(0, type=7),
    "no name": changed(0, name=None),
    "name that is no UTF-8": changed(0, name="caf\ufffd"),
    "name with a NUL": changed(0, name="a\0b"),
    "endless name": changed(0, name="a" * 40_000),
    "link that is no UTF-8": changed(4, linkName="caf\ufffd"),
    "negative size": changed(FIRST, size=-1),
    "huge size": changed(FIRST, size=1 << 70),
    "size that is no number": changed(FIRST, size="5000"),
    "size smaller than chunks": changed(FIRST, size=4000),
    "size larger than chunks": changed(FIRST, size=1 << 62),
    "fraction": changed(FIRST, size=0.5),
    "null": lambda lines: [{**lines[0], "uid": None}, *lines[1:]],
    "no digest": changed(FIRST, digest=None),
    "digest of another algorithm": changed(FIRST, digest="md5:" + "0" * 32),
    "short digest": changed(FIRST, chunkDigest="sha256:00"),
    "no digest of a chunk": changed(2, chunkDigest=None),
    "chunk behind the end": changed(FIRST, offset=1 << 40),
    "negative offset": changed(FIRST, offset=-5),
    "two at one place": lambda lines: changed(SECOND, offset=lines[FIRST]["offset"])(lines),
    "chunks out of order": lambda lines: changed(FIRST, offset=lines[SECOND]["offset"])(
        changed(SECOND, offset=lines[FIRST]["offset"])(lines)
    ),
    "chunk of another file": changed(2, name="app/two"),
    "chunk of no file": lambda lines: [lines[2], *lines],
    "chunk of a folder": lambda lines: [lines[0], {**lines[2], "name": "app/"}, *lines[1:]],
    "chunks that do not join": changed(2, chunkOffset=4000),
    "chunks in a loop": changed(2, chunkOffset=0),
    "chunk size of its own": changed(FIRST, chunkSize=17),
    "huge member": changed(SECOND, innerOffset=1 << 40),
    "no such kind of chunk": changed(SECOND, chunkType="ones"),
    "time that is none": changed(0, modtime="yesterday"),
    "not even lines": lambda _: [1, 2],  # type: ignore[list-item]
    "lines in lines": lambda lines: [lines],  # type: ignore[list-item]
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("make", [estargz, zstd_chunked])
def test_lies_of_the_table(make: Callable[..., Made], lie: str) -> None:
    """The table is what its digest says, so whoever made it lies: nothing of it is believed."""
    made = make(TAR, chunk=4096, change=LIES[lie])
    with pytest.raises(NotSeekable):
        read_partially(Local(made.blob), made.annotations, "here")


def test_a_table_that_tells_the_truth() -> None:
    for make in (estargz, zstd_chunked):
        made = make(TAR, chunk=4096)
        paths = [entry.path for entry in read_partially(Local(made.blob), made.annotations, "here").entries]
        assert paths == ["app", "app/one", "app/two", "app/l"]


MADE = estargz(TAR)
CHUNKED = zstd_chunked(TAR)
PLACE = ":".join(CHUNKED.annotations[ZSTD_POSITION].split(":")[:2])
ZERO = "sha256:" + "0" * 64
BLOBS = {
    "no annotation": Made(MADE.blob, {}),
    "digest that is another's": Made(MADE.blob, {TOC_DIGEST: ZERO}),
    "digest that is none": Made(MADE.blob, {TOC_DIGEST: "yes"}),
    "no footer": Made(MADE.blob[:-51], MADE.annotations),
    "nothing": Made(b"", MADE.annotations),
    "footer alone": Made(footer(0), MADE.annotations),
    "footer to nowhere": Made(MADE.blob[:-51] + footer(1 << 60), MADE.annotations),
    "footer to itself": Made(MADE.blob[:-51] + footer(len(MADE.blob) - 51), MADE.annotations),
    "footer to the beginning": Made(MADE.blob[:-51] + footer(0), MADE.annotations),
    "footer to the middle": Made(MADE.blob[:-51] + footer(100), MADE.annotations),
    "footer with no number": Made(MADE.blob[:-35] + b"+000000000000001" + MADE.blob[-19:], MADE.annotations),
    "table that is damaged": Made(MADE.blob[:-80] + bytes(29) + MADE.blob[-51:], MADE.annotations),
    "zstd: digest that is another's": Made(CHUNKED.blob, {**CHUNKED.annotations, ZSTD_DIGEST: ZERO}),
    "zstd: no position": Made(CHUNKED.blob, {ZSTD_DIGEST: CHUNKED.annotations[ZSTD_DIGEST]}),
    "zstd: position outside": Made(CHUNKED.blob, {**CHUNKED.annotations, ZSTD_POSITION: f"5:{1 << 40}:7:1"}),
    "zstd: position without bounds": Made(CHUNKED.blob, {**CHUNKED.annotations, ZSTD_POSITION: "9" * 5000 + ":1:1:1"}),
    "zstd: negative position": Made(CHUNKED.blob, {**CHUNKED.annotations, ZSTD_POSITION: "-5:9:7:1"}),
    "zstd: table of another type": Made(CHUNKED.blob, {**CHUNKED.annotations, ZSTD_POSITION: f"{PLACE}:{1 << 20}:2"}),
    "zstd: more than is said": Made(
        CHUNKED.blob,
        {
            **CHUNKED.annotations,
            ZSTD_POSITION: ":".join([*CHUNKED.annotations[ZSTD_POSITION].split(":")[:2], "9", "1"]),
        },
    ),
}


@pytest.mark.parametrize("what", BLOBS)
def test_blobs_that_are_read_whole(what: str) -> None:
    blob, annotations = BLOBS[what]
    with pytest.raises(NotSeekable):
        read_partially(Local(blob), annotations, "here")


def test_a_bomb_in_the_table_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is inflated than is allowed."""
    monkeypatch.setattr("layerscope.layers.partial.estargz.LIMIT", 100_000)
    made = estargz(
        tar_of([file("a", bytes(4000))]), change=lambda lines: [{**line, "pad": "x" * 1_000_000} for line in lines]
    )
    with pytest.raises(NotSeekable, match="takes more than 100,000 bytes"):
        read_partially(Local(made.blob), made.annotations, "here")


def test_a_table_of_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerscope.layers.partial.lines.LINES_LIMIT", 3)
    with pytest.raises(NotSeekable, match="more than 3 lines"):
        read_partially(Local(MADE.blob), MADE.annotations, "here")


def test_a_chunk_that_no_memory_is_wanted_for() -> None:
    size = 65 << 20
    made = zstd_chunked(tar_of([file("a", b"x" * size)]), chunk=size)
    with pytest.raises(NotSeekable, match="only a whole reading verifies"):
        read_partially(Local(made.blob), made.annotations, "here")


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists).map(
        lambda value: json.dumps({"version": 1, "entries": value}).encode()
    )
)
def test_any_table(document: bytes) -> None:
    """Whatever stands in the table's place with the right digest, there is a reading or none, and no other end."""
    packed = zstd.compress(document)
    annotations = {ZSTD_DIGEST: digest_of(packed), ZSTD_POSITION: f"0:{len(packed)}:{len(document)}:1"}
    with suppress(NotSeekable):
        assert read_partially(Local(packed), annotations, "here").entries == ()


@pytest.mark.parametrize("make", [estargz, zstd_chunked])
def test_a_chunk_that_was_changed(make: Callable[..., Made]) -> None:
    """It is an error, and nothing more is fetched: what comes is not to be trusted."""
    wrong = changed(FIRST, chunkDigest=ZERO)
    made = make(TAR, change=wrong)
    blob = Local(made.blob)
    told = read_partially(blob, made.annotations, "here")
    asked = len(blob.asked)
    with pytest.raises(DigestError, match="is not what the table of contents says of it"):
        told.facts.find(Whole(), 1, told.entries[1])
    with pytest.raises(DigestError):
        told.facts.find(Whole(), 2, told.entries[2])
    assert len(blob.asked) <= asked + 1


LARGE = estargz(tar_of([file(name, Random(name).randbytes(200_000)) for name in "abc"]))
"""More than is read with the footer."""


@pytest.mark.parametrize("at", [600, 1000, 100_000])
def test_a_chunk_whose_bytes_are_damaged(at: int) -> None:
    damaged = LARGE.blob[:at] + bytes(8) + LARGE.blob[at + 8 :]
    told = read_partially(Local(damaged), LARGE.annotations, "here")
    with pytest.raises(DamagedError):
        told.facts.find(Whole(), 0, told.entries[0])


def test_a_connection_that_breaks() -> None:
    """The error is told as it is, and nobody waits for it again."""

    class Broken(Local):
        tries = 0

        def read(self, offset: int, length: int) -> bytes:
            if offset < 1000:
                self.tries += 1
                raise RegistryError("it cannot be reached")
            return super().read(offset, length)

    blob = Broken(LARGE.blob)
    told = read_partially(blob, LARGE.annotations, "here")
    for index, entry in enumerate(told.entries):
        with pytest.raises(RegistryError):
            told.facts.find(Whole(), index, entry)
    assert blob.tries == 1


@pytest.mark.parametrize("change", [-1, 1])
def test_a_range_that_is_none(change: int) -> None:
    """Whoever is asked for a range gives another: nothing is made of it."""

    class Other(Local):
        def read(self, offset: int, length: int) -> bytes:
            return super().read(offset, length + change) if length < 200_000 else super().read(offset, length)

    with pytest.raises((NotSeekable, DamagedError)):
        read_partially(Other(LARGE.blob), LARGE.annotations, "here")


def test_links_that_lead_nowhere_are_as_in_a_header() -> None:
    tar = tar_of([hardlink("a", "b"), hardlink("b", "a"), hardlink("c", "../../c"), symlink("d", "d")])
    made = estargz(tar)
    told = read_partially(Local(made.blob), made.annotations, "here")
    assert [(entry.kind, entry.target) for entry in told.entries] == [
        (EntryKind.HARDLINK, "b"),
        (EntryKind.HARDLINK, "a"),
        (EntryKind.HARDLINK, "c"),
        (EntryKind.SYMLINK, "d"),
    ]
