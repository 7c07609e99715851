"""Layers with a table of contents, made of plain tars as the formats are published; what a tar holds, tarfile tells.

eStargz: docs/estargz.md of stargz-snapshotter. zstd:chunked: pkg/chunked/internal of containers/storage. Tests use
them too, beside those that real tools made.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import tarfile
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isal import igzip

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Lines = list[dict[str, Any]]

TOC: Final = "stargz.index.json"
TOC_DIGEST: Final = "containerd.io/snapshot/stargz/toc.digest"
TAR_BYTES: Final = "io.containers.estargz.uncompressed-size"
ZSTD_DIGEST: Final = "io.github.containers.zstd-chunked.manifest-checksum"
ZSTD_POSITION: Final = "io.github.containers.zstd-chunked.manifest-position"

_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_TYPES: Final = {
    tarfile.REGTYPE: "reg",
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.FIFOTYPE: "fifo",
}


class Made(NamedTuple):
    """A blob, and the annotations of its descriptor."""

    blob: bytes
    annotations: dict[str, str]


class _File(NamedTuple):
    """An entry's line, and where its contents are in the tar; ``None`` where it has none."""

    line: dict[str, Any]
    begin: int | None
    end: int


def digest_of(data: bytes) -> str:
    """Return the SHA-256 digest, as descriptors and tables have it."""
    return "sha256:" + sha256(data).hexdigest()


def estargz(
    tar: bytes,
    *,
    chunk: int = 4 << 20,
    least: int = 0,
    inside: bool = False,
    change: Callable[[Lines], Lines] = lambda lines: lines,
) -> Made:
    """Make an eStargz layer; files are cut into chunks of ``chunk`` bytes.

    Members hold ``least`` bytes at least, so that several small files share one. The table is the last file ``inside``
    the tar, as the format has it, or stands behind the tar's end, as BuildKit writes it. ``change`` is what a test
    makes of the table's lines.
    """
    blob, member, lines = bytearray(), bytearray(), []

    def close() -> None:
        if member:
            blob.extend(igzip.compress(bytes(member), 1, mtime=0))
            member.clear()

    at = 0
    for line, begin, end in _files(tar):
        lines.append(line)
        if begin is None:
            continue
        member += tar[at:begin]
        line["digest"] = digest_of(tar[begin:end])
        for start in range(begin, end, chunk):
            part = tar[start : min(start + chunk, end)]
            if len(member) >= least:
                close()
            place = {"offset": len(blob), "innerOffset": len(member), "chunkDigest": digest_of(part)}
            if start > begin:
                lines.append({"name": line["name"], "type": "chunk", "chunkOffset": start - begin})
            lines[-1].update({key: value for key, value in place.items() if value})
            if start + chunk < end:
                lines[-1]["chunkSize"] = chunk
            member += part
        at = end
    member += tar[at : _end_of(tar)] if inside else tar[at:]
    close()
    table = json.dumps({"version": 1, "entries": change(lines)}, indent=1).encode()
    itself = _table_tar(table)
    whole = (_end_of(tar) if inside else len(tar)) + len(itself)
    annotations = {TOC_DIGEST: digest_of(table), TAR_BYTES: str(whole)}
    return Made(bytes(blob) + igzip.compress(itself, 1, mtime=0) + footer(len(blob)), annotations)


def footer(offset: int) -> bytes:
    """Make the empty gzip member that tells where the table's member begins."""
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % offset
    return (
        b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", len(extra)) + extra + b"\1\0\0\xff\xff" + bytes(8)
    )


def zstd_chunked(tar: bytes, *, chunk: int = 64 << 10, change: Callable[[Lines], Lines] = lambda lines: lines) -> Made:
    """Make a zstd:chunked layer; chunks of nothing but zeros are told as such."""
    blob, lines, at = bytearray(), [], 0
    for line, begin, end in _files(tar):
        lines.append(line)
        if begin is None:
            continue
        blob += zstd.compress(tar[at:begin])
        line["digest"] = digest_of(tar[begin:end])
        for start in range(begin, end, chunk):
            part = tar[start : min(start + chunk, end)]
            if start > begin:
                lines.append({"name": line["name"], "type": "chunk", "chunkOffset": start - begin})
            lines[-1].update({"offset": len(blob), "chunkSize": len(part), "chunkDigest": digest_of(part)})
            if not part.strip(b"\0"):
                lines[-1]["chunkType"] = "zeros"
            blob += zstd.compress(part)
        line["endOffset"] = len(blob)
        at = end
    blob += zstd.compress(tar[at:])
    table = json.dumps({"version": 1, "entries": change(lines)}).encode()
    packed = zstd.compress(table)
    place = len(blob) + 8
    numbers = struct.pack("<7Q", place, len(packed), len(table), 1, 0, 0, 0)
    annotations = {ZSTD_DIGEST: digest_of(packed), ZSTD_POSITION: f"{place}:{len(packed)}:{len(table)}:1"}
    return Made(bytes(blob) + _skippable(packed) + _skippable(numbers + b"GNUlInUx"), annotations)


def _skippable(data: bytes) -> bytes:
    return struct.pack("<II", 0x184D2A50, len(data)) + data


def _files(tar: bytes) -> Iterator[_File]:
    """Tell what is in a tar, in the words of a table; Go's JSON has no bytes that are not UTF-8."""
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        for info in archive:
            line: dict[str, Any] = {
                "name": _text(info.name) + ("/" if info.isdir() else ""),
                "type": _TYPES[info.type],
                "mode": info.mode,
            }
            if info.mtime:
                line["modtime"] = datetime.fromtimestamp(int(info.mtime), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            told = {"uid": info.uid, "gid": info.gid, "linkName": _text(info.linkname), "size": info.size}
            line.update({key: value for key, value in told.items() if value})
            has_contents = info.isreg() and info.size
            yield _File(line, info.offset_data if has_contents else None, info.offset_data + info.size)


def _text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _end_of(tar: bytes) -> int:
    """Return where a tar's end marker begins."""
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        members = archive.getmembers()
    if not members:
        return 0
    last = members[-1]
    size = last.size if last.isreg() else 0
    return last.offset_data + size + -size % _BLOCK


def _table_tar(table: bytes) -> bytes:
    """Make the tar of the table alone, with an end marker."""
    info = tarfile.TarInfo(TOC)
    info.size = len(table)
    header = info.tobuf(tarfile.USTAR_FORMAT)
    return header + table + bytes(-len(table) % _BLOCK) + _END
