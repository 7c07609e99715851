"""Compressed layers: what is read, what is refused, and what it costs."""

import bz2
import gzip
import lzma
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from builders import END, file, folder, header, tar_of
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import DamagedError, UnreadableImageError, UnsupportedError
from layerscope.layers import read_layer
from layerscope.layers.compression import decompress, sniff
from layerscope.layers.contents import Contents
from layerscope.layers.windows import StreamWindow
from layerscope.model import Compression

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TAR = tar_of([folder("d"), file("d/f", bytes(range(256)) * 20), file("g", b"1")])
PATHS = ["d", "d/f", "g"]


def zstd_with_check_sum(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PACKERS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: lambda data: gzip.compress(data, mtime=0),
    Compression.ZSTD: zstd_with_check_sum,
    Compression.XZ: lzma.compress,
    Compression.BZIP2: bz2.compress,
}
every_kind = pytest.mark.parametrize("kind", PACKERS)
PADDED = [Compression.GZIP, Compression.XZ]


def read(blob: bytes, size: int = 1 << 20) -> Contents:
    return read_layer(StreamWindow(blob[at : at + size] for at in range(0, len(blob), size)))


def paths_in(blob: bytes, size: int = 1 << 20) -> list[str]:
    return [entry.path for entry in read(blob, size).entries]


@every_kind
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_each_kind_is_told_from_its_first_bytes(kind: Compression, size: int) -> None:
    blob = PACKERS[kind](TAR)

    contents = read(blob, size)

    assert [entry.path for entry in contents.entries] == PATHS
    assert contents.compression is kind
    assert (contents.tar_bytes, contents.stored_bytes) == (len(TAR), len(blob))
    assert contents.digest == "sha256:" + sha256(blob).hexdigest()


def test_a_plain_tar_is_not_hashed() -> None:
    contents = read(TAR)

    assert (contents.compression, contents.digest) == (Compression.NONE, None)
    assert (contents.tar_bytes, contents.stored_bytes) == (len(TAR), len(TAR))


@pytest.mark.parametrize("name", ["BZh", "PK\3\4", "LZIP"])
def test_a_tar_whose_first_name_looks_compressed(name: str) -> None:
    assert paths_in(tar_of([file(name)])) == [name]


@every_kind
@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_members_and_frames_one_after_another_are_joined(kind: Compression, size: int) -> None:
    halves = [PACKERS[kind](half) for half in (TAR[:700], b"", TAR[700:])]

    assert paths_in(b"".join(halves), size) == PATHS


@pytest.mark.parametrize("kind", PADDED)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_zeros_after_the_data_are_padding(kind: Compression, size: int) -> None:
    assert paths_in(PACKERS[kind](TAR) + bytes(4096), size) == PATHS


@every_kind
def test_anything_else_after_the_data_is_damage(kind: Compression) -> None:
    with pytest.raises(DamagedError, match=f"the {kind} data is damaged"):
        read(PACKERS[kind](TAR) + b"garbage" * 20)


@every_kind
def test_an_empty_payload_is_an_empty_tar(kind: Compression) -> None:
    contents = read(PACKERS[kind](b""))

    assert (contents.entries, contents.tar_bytes) == ((), 0)


def test_what_follows_the_end_of_the_tar_still_counts() -> None:
    contents = read(gzip.compress(TAR + bytes(10_000)))

    assert contents.tar_bytes == len(TAR) + 10_000


def test_a_gzip_header_with_every_field() -> None:
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(TAR) + deflate.flush()
    head = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x04\0extr" + b"name\0" + b"comment\0"
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    blob = head + body + zlib.crc32(TAR).to_bytes(4, "little") + len(TAR).to_bytes(4, "little")

    assert paths_in(blob) == paths_in(blob, size=1) == PATHS


def skippable(payload: bytes, number: int = 0) -> bytes:
    return bytes([0x50 + number, 0x2A, 0x4D, 0x18]) + len(payload).to_bytes(4, "little") + payload


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_skippable_zstd_frames_anywhere(size: int) -> None:
    frames = [
        skippable(b"first", 15),
        zstd.compress(TAR[:99]),
        skippable(b""),
        zstd.compress(TAR[99:]),
        skippable(b"x" * 99),
    ]

    assert paths_in(b"".join(frames), size) == PATHS


@every_kind
def test_a_wrong_check_sum_is_damage(kind: Compression) -> None:
    blob = bytearray(PACKERS[kind](TAR))
    blob[{Compression.GZIP: -6, Compression.ZSTD: -2, Compression.XZ: -40, Compression.BZIP2: 10}[kind]] ^= 0x55

    with pytest.raises(DamagedError, match=f"the {kind} data"):
        read(bytes(blob))


@every_kind
def test_cut_off_anywhere_it_is_damage(kind: Compression) -> None:
    blob = PACKERS[kind](TAR)

    for length in range(6, len(blob)):
        with pytest.raises(UnreadableImageError):
            read(blob[:length])


@every_kind
@given(data=st.data())
def test_flipped_bits_are_seen_or_harmless(kind: Compression, data: st.DataObject) -> None:
    blob = bytearray(PACKERS[kind](TAR))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    try:
        paths = paths_in(bytes(blob), data.draw(st.sampled_from([1, 100, 1 << 20])))
    except UnreadableImageError:
        return
    assert paths == PATHS  # a bit that says nothing of the contents, such as a time


@given(
    st.sampled_from(["1f8b08", "28b52ffd", "fd377a585a00", "425a6839314159265359", "5f2a4d18"]),
    st.binary(max_size=300),
)
def test_noise_behind_a_magic(magic: str, noise: bytes) -> None:
    with suppress(UnreadableImageError):
        read(bytes.fromhex(magic) + noise)


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x02\x21\x4c\x18", "lz4 (legacy)"),
        (b"LZIP\1", "lzip"),
        (b"\x89LZO\x00\r\n\x1a\n", "lzop"),
        (b"\x1f\x9d", "compress"),
        (b"\x5d\x00\x00", "lzma (the old format)"),
        (b"PK\x03\x04", "zip"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    ],
)
def test_compressions_that_are_not_read_are_named(magic: bytes, name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        read(magic + bytes(600))

    assert str(caught.value) == f"compressed with {name}, which layerscope does not read"
    assert caught.value.hint


def test_a_window_that_is_too_large_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.enable_long_distance_matching: 1}
    packer = zstd.ZstdCompressor(options=options)
    blob = packer.compress(TAR) + packer.compress(bytes(1 << 20)) + packer.flush()

    with pytest.raises(DamagedError, match="the zstd data is damaged"):
        read(blob)


def test_output_comes_in_steps() -> None:
    blob = gzip.compress(bytes(50 << 20), compresslevel=1)

    assert max(map(len, decompress(iter([blob]), sniff(blob)))) <= 1 << 20


# --- bombs

MEGABYTE = bytes(1 << 20)
MEASURE = """
import os, sys
from layerscope.layers import read_layer
from layerscope.layers.windows import FileWindow
with open(sys.argv[1], "rb") as blob:
    contents = read_layer(FileWindow(blob.fileno(), 0, os.fstat(blob.fileno()).st_size))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(contents.tar_bytes, len(contents.entries), peak.split()[1])
"""


def packed_in_steps(kind: Compression, stream: Iterator[bytes]) -> bytes:
    packer = {
        Compression.GZIP: lambda: zlib.compressobj(1, wbits=31),
        Compression.ZSTD: zstd.ZstdCompressor,
        Compression.XZ: lambda: lzma.LZMACompressor(preset=0),
        Compression.BZIP2: bz2.BZ2Compressor,
    }[kind]()
    return b"".join(map(packer.compress, stream)) + packer.flush()


@every_kind
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read peak memory from")
def test_a_bomb_costs_no_memory(kind: Compression, tmp_path: Path) -> None:
    megabytes = 1024 if kind in {Compression.GZIP, Compression.ZSTD} else 256  # the others take their time
    size = megabytes << 20
    bomb = tmp_path / "bomb"
    stream = iter([header("zeros", size=size), *[MEGABYTE] * megabytes, END])
    bomb.write_bytes(packed_in_steps(kind, stream))
    assert bomb.stat().st_size < 6 << 20

    done = subprocess.run([sys.executable, "-c", MEASURE, bomb], capture_output=True, text=True, check=True)

    tar_bytes, entries, peak_kilobytes = map(int, done.stdout.split())
    assert (tar_bytes, entries) == (512 + size + len(END), 1)
    assert peak_kilobytes < 120_000
