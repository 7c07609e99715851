"""Tars that mean harm: each is refused in words, soon, and without much memory."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from builders import BLOCK, END, GNU, base_256, file, folder, hardlink, header, long_name, padded, pax, symlink, tar_of

from layerscope import layers
from layerscope.errors import DamagedError, UnsupportedError
from layerscope.layers import headers, read_layer, tarfields
from layerscope.layers.contents import Contents
from layerscope.layers.paths import PATH_LIMIT
from layerscope.layers.windows import FileWindow, StreamWindow


def read(stream: Iterator[bytes]) -> Contents:
    return read_layer(StreamWindow(stream))


def read_tar(*members: bytes) -> Contents:
    return read(iter([tar_of(members)]))


def endless(*members: bytes) -> Iterator[bytes]:
    """Members again and again: only a limit ends them."""
    return itertools.cycle(members)


@pytest.fixture
def _little_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


little_memory = pytest.mark.usefixtures("_little_memory")


# --- long paths

LONGEST = "n" * PATH_LIMIT
TOO_LONG = LONGEST + "n"


def test_the_longest_path() -> None:
    contents = read_tar(long_name(LONGEST), file("f"), pax([(b"path", LONGEST.encode())]), file("f"))

    assert [entry.name for entry in contents.entries] == [LONGEST, LONGEST]


@pytest.mark.parametrize(
    "members",
    [
        [long_name(TOO_LONG), file("f")],
        [pax([(b"path", TOO_LONG.encode())]), file("f")],
        [long_name(TOO_LONG, flag=b"K"), symlink("l", "t")],
        [long_name(TOO_LONG, flag=b"K"), hardlink("l", "t")],
        [pax([(b"linkpath", TOO_LONG.encode())]), hardlink("l", "t")],
        [
            pax(
                [
                    (b"GNU.sparse.major", b"1"),
                    (b"GNU.sparse.minor", b"0"),
                    (b"GNU.sparse.name", TOO_LONG.encode()),
                ]
            ),
            file("f"),
        ],
    ],
)
@little_memory
def test_a_longer_one(members: list[bytes]) -> None:
    with pytest.raises(DamagedError, match=f"a path of {len(TOO_LONG)} bytes"):
        read_tar(*members)


@little_memory
def test_a_path_of_nearly_a_megabyte() -> None:
    with pytest.raises(DamagedError, match="a path of 1000000 bytes"):
        read_tar(long_name("x" * 1_000_000), file("f"))


@little_memory
def test_a_hundred_thousand_nested_folders() -> None:
    with pytest.raises(DamagedError, match="a path of 200000 bytes"):
        read_tar(long_name("a/" * 100_000), folder("f"))


@little_memory
def test_long_names_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headers, "_TEXT_LIMIT", 1_000_000)

    with pytest.raises(UnsupportedError, match="more than 1,000,000 bytes of long names"):
        read(endless(long_name("x" * 30_000), file("f")))


# --- extension headers


@little_memory
def test_an_extension_larger_than_go_takes_is_not_even_read() -> None:
    def stream() -> Iterator[bytes]:
        yield header("x", flag=b"x", size=(1 << 20) + 1)
        pytest.fail("its payload was read")

    with pytest.raises(DamagedError, match="an extension of 1048577 bytes"):
        read(stream())


@little_memory
def test_many_pax_headers_of_many_records_are_forgotten_one_by_one() -> None:
    records = b"".join(b"13 %07d=1\n" % number for number in range((1 << 20) // 13))
    one = header("x", flag=b"x", size=len(records)) + padded(records)

    contents = read(itertools.chain(itertools.repeat(one, 2), [file("f"), END]))

    assert [entry.path for entry in contents.entries] == ["f"]


@little_memory
def test_global_headers_are_forgotten() -> None:
    members = (pax([(b"key%d" % number, bytes(200_000))], flag=b"g") for number in range(300))

    assert read(itertools.chain(members, [END])).entries == ()


# --- sizes


@pytest.mark.parametrize(
    "member",
    [
        header("f", raw={124: base_256(1 << 62, 12)}),
        pax([(b"size", b"%d" % (1 << 62))]) + header("f"),
    ],
)
def test_contents_of_four_exabytes_are_missing(member: bytes) -> None:
    with pytest.raises(DamagedError, match=f"the tar ends {(1 << 62) - 1024} bytes before the contents"):
        read_tar(member)


def test_contents_of_four_exabytes_that_begin(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("hostile") / "layer.tar"
    path.write_bytes(header("f", raw={124: base_256(1 << 62, 12)}) + END)

    with path.open("rb") as opened, pytest.raises(DamagedError, match="bytes before the contents"):
        read_layer(FileWindow(opened.fileno(), 0, path.stat().st_size))


@pytest.mark.parametrize("size", [b"-1", b"x", b"1e3", b"9" * 5000, b"%d" % (1 << 63)])
def test_a_pax_size_that_is_none(size: bytes) -> None:
    with pytest.raises(DamagedError, match="header at offset"):
        read_tar(pax([(b"size", size)]), file("f"))


@pytest.mark.parametrize("key", [b"GNU.sparse.size", b"GNU.sparse.realsize"])
def test_a_logical_size_that_is_none(key: bytes) -> None:
    with pytest.raises(DamagedError, match="header at offset"):
        read_tar(pax([(b"GNU.sparse.map", b""), (b"GNU.sparse.offset", b"0"), (key, b"-5")]), file("f"))


def test_owners_and_times_that_no_system_has() -> None:
    huge = b"9" * 4000
    contents = read_tar(
        header("f", raw={108: b"\xff" + bytes(7), 136: b"\x80\xff" + bytes(10)}),
        pax([(b"uid", huge), (b"gid", b"-" + huge), (b"mtime", huge)]) + file("g"),
    )

    assert all(abs(number) < 1 << 63 for e in contents.entries for number in (e.uid, e.gid, e.mtime))


# --- without end


@little_memory
def test_a_sparse_map_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarfields, "_SPARSE_BLOCKS_LIMIT", 1000)
    goes_on = bytes(504) + b"\1" + bytes(7)
    first = header("sparse", flag=b"S", magic=GNU, raw={482: b"\1", 483: b"%011o\0" % 9})

    with pytest.raises(DamagedError, match="its sparse map has no end"):
        read(itertools.chain([first], itertools.repeat(goes_on)))


def test_a_sparse_map_that_breaks_off() -> None:
    first = header("sparse", flag=b"S", magic=GNU, raw={482: b"\1", 483: b"%011o\0" % 9})

    with pytest.raises(DamagedError, match="its sparse map breaks off"):
        read(iter([first, bytes(BLOCK - 1)]))


@little_memory
def test_entries_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "ENTRIES_LIMIT", 1000)

    with pytest.raises(UnsupportedError, match="a layer of more than 1,000 entries"):
        read(endless(file("f")))


def test_as_many_entries_as_the_limit_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "ENTRIES_LIMIT", 3)

    assert len(read_tar(*[file("f")] * 3).entries) == 3


@little_memory
def test_many_owners_are_not_remembered_for_ever() -> None:
    contents = read(itertools.chain((header("f", uid=number) for number in range(20_000)), [END]))

    assert [entry.uid for entry in contents.entries] == list(range(20_000))
