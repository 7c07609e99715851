"""Two other readers of tars, brought to the same form as layerscope's: the standard library's, and libarchive."""

import io
import os
import stat
import tarfile
import warnings
from typing import NamedTuple

import libarchive
from libarchive import ffi

from layerscope.layers import is_plain, read_layer
from layerscope.layers.compression import PREFIX, decompress, sniff
from layerscope.layers.windows import StreamWindow
from layerscope.model import Entry, EntryKind

ReaderError = (tarfile.TarError, EOFError, libarchive.ArchiveError)
"""What the other readers raise for a tar that they do not read."""


class Listed(NamedTuple):
    """What all readers can tell of an entry."""

    path: str
    kind: EntryKind
    size: int
    target: str
    mode: int
    uid: int
    gid: int
    mtime: int


def by_layerscope(blob: bytes) -> list[Listed]:
    return [listed(entry) for entry in read_layer(StreamWindow(iter([blob]))).entries]


def listed(entry: Entry) -> Listed:
    """Give whiteouts, which no other reader knows, the look of the files that carry them."""
    path, kind = entry.path, entry.kind
    if kind is EntryKind.WHITEOUT:
        path = join(entry.parent, f".wh.{entry.name}")
    elif kind is EntryKind.OPAQUE:
        path = join(entry.parent, ".wh..wh..opq")
    if kind in {EntryKind.WHITEOUT, EntryKind.OPAQUE}:
        kind = EntryKind.FILE
    return Listed(path, kind, entry.size, entry.target, entry.mode, entry.uid, entry.gid, entry.mtime)


def join(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


_TARFILE_KINDS = {
    tarfile.LNKTYPE: EntryKind.HARDLINK,
    tarfile.SYMTYPE: EntryKind.SYMLINK,
    tarfile.CHRTYPE: EntryKind.CHARACTER_DEVICE,
    tarfile.BLKTYPE: EntryKind.BLOCK_DEVICE,
    tarfile.DIRTYPE: EntryKind.DIRECTORY,
    b"D": EntryKind.DIRECTORY,
    tarfile.FIFOTYPE: EntryKind.FIFO,
}


def by_tarfile(tar: bytes) -> list[Listed]:
    """List a plain tar with the standard library."""
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        return [
            _listed(m.name, _TARFILE_KINDS.get(m.type, EntryKind.FILE), m.size, m.linkname)._replace(
                mode=m.mode & 0o7777, uid=m.uid, gid=m.gid, mtime=int(m.mtime)
            )
            for m in archive
        ]


_LIBARCHIVE_KINDS = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.DIRECTORY,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.CHARACTER_DEVICE,
    stat.S_IFBLK: EntryKind.BLOCK_DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
}


def by_libarchive(tar: bytes) -> list[Listed]:
    """List a plain tar with libarchive; below its Python face, which cannot pass on names that are not UTF-8."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with libarchive.memory_reader(tar, format_name="tar", filter_name="none") as archive:
            for entry in archive:
                raw = entry._entry_p
                name, hard, soft = (
                    os.fsdecode(read(raw) or b"")
                    for read in (ffi.entry_pathname, ffi.entry_hardlink, ffi.entry_symlink)
                )
                kind = _LIBARCHIVE_KINDS.get(stat.S_IFMT(ffi.entry_filetype(raw)), EntryKind.HARDLINK)
                if hard:
                    kind = EntryKind.HARDLINK
                found.append(
                    _listed(name, kind, ffi.entry_size(raw), hard or soft)._replace(
                        mode=ffi.entry_mode(raw) & 0o7777, uid=entry.uid, gid=entry.gid, mtime=int(entry.mtime or 0)
                    )
                )
    return found


def _listed(name: str, kind: EntryKind, size: int, link: str) -> Listed:
    """Apply the law of content bytes; whatever has the name of a whiteout counts nothing."""
    path = clean(name)
    last = path.rpartition("/")[2]
    target = link if kind is EntryKind.SYMLINK else clean(link) if kind is EntryKind.HARDLINK else ""
    match kind:
        case EntryKind.FILE:
            bytes_ = size
        case EntryKind.SYMLINK:
            bytes_ = len(os.fsencode(link))
        case _:
            bytes_ = 0
    is_opaque = last == ".wh..wh..opq"
    if is_opaque or (last.startswith(".wh.") and not last.startswith(".wh..wh.") and last[4:] not in {"", ".", ".."}):
        kind, bytes_, target = EntryKind.FILE, 0, ""
    return Listed(path, kind, bytes_, target, 0, 0, 0, 0)


def clean(name: str) -> str:
    """Clean a path, written another way than in layerscope."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts = [*parts, part]
    return "/".join(parts)


def plain(blob: bytes) -> bytes:
    """Take a blob's compression away."""
    window = StreamWindow(iter([blob]))
    return blob if is_plain(window) else b"".join(decompress(iter([blob]), sniff(blob[:PREFIX])))
