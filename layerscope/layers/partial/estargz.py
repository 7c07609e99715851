"""eStargz: a gzip layer, each file a member by itself, with a table of contents at its end.

The table is the only file of a tar in a member of its own; a footer of 51 bytes, an empty member, says in its extra
field where that begins. What verifies the table is its digest in the layer's descriptor (docs/estargz.md of
stargz-snapshotter, "TOC, TOCEntries and Footer" and "Content Verification in eStargz").
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from layerscope.errors import DamagedError
from layerscope.layers.compression import decompress
from layerscope.layers.headers import BLOCK
from layerscope.layers.partial.lines import LIMIT, read_lines
from layerscope.layers.partial.ranges import NotSeekable, Spans
from layerscope.layers.partial.table import CHUNK_LIMIT, Chunk, Table, read_table, sha256_of
from layerscope.layers.tar import walk
from layerscope.layers.windows import BytesWindow
from layerscope.model import Compression, Entry, EntryKind

DIGEST: Final = "containerd.io/snapshot/stargz/toc.digest"
_TAR_BYTES: Final = "io.containers.estargz.uncompressed-size"
_DIGITS: Final = 18

_TAIL: Final = 64 * 1024
"""Bytes that are read with the footer: of a small layer the table is among them."""
_FOOTER: Final = 51
_START, _EXTRA, _MARK = b"\x1f\x8b\x08\x04", b"\x1a\x00SG\x16\x00", b"STARGZ"
_NAME: Final = "stargz.index.json"
_UNKNOWN: Final = -1


def read_estargz(spans: Spans, annotations: Mapping[str, str]) -> Table:
    """Read the table of contents that the annotations of a layer vouch for; raises NotSeekable."""
    digest = sha256_of(annotations[DIGEST])
    at = _find(spans)
    try:
        tar = inflated(spans.get(at, spans.size - _FOOTER), Compression.GZIP, LIMIT)
        itself = list(walk(BytesWindow(tar)))
    except DamagedError as error:
        raise NotSeekable(f"its table of contents is damaged ({error})") from error
    if len(itself) != 1 or itself[0].path != _NAME or itself[0].kind is not EntryKind.FILE:
        raise NotSeekable("its table of contents is not where its footer says")
    document = tar[itself[0].offset : itself[0].offset + itself[0].size]
    if sha256(document).digest() != digest:
        raise NotSeekable("its table of contents is not what its digest says")
    table = read_table(read_lines(document), at)
    return table if _has_ended(table, spans, at) else _with(table, itself[0], at, digest)


def tar_bytes(annotations: Mapping[str, str]) -> int | None:
    """Return how long the tar is, as the layer's annotations tell; ``None`` where they do not."""
    text = annotations.get(_TAR_BYTES, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def inflated(raw: bytes, compression: Compression, limit: int) -> bytes:
    """Inflate what is whole; raises DamagedError, or NotSeekable where it is more than ``limit``."""
    parts, count = [], 0
    for part in decompress(iter([raw]), compression):
        parts.append(part)
        count += len(part)
        if count > limit:
            raise NotSeekable(f"its table of contents, or what stands before it, takes more than {limit:,} bytes")
    return b"".join(parts)


def _find(spans: Spans) -> int:
    """Return where the table's member begins."""
    if spans.size < _FOOTER:
        raise NotSeekable("it has no eStargz footer")
    begin = max(spans.size - _TAIL, 0)
    footer = spans.get(begin, spans.size)[-_FOOTER:]
    digits = footer[16:32]
    if not footer.startswith(_START) or footer[10:16] != _EXTRA or footer[32:38] != _MARK:
        raise NotSeekable("it has no eStargz footer")
    if digits.strip(b"0123456789abcdefABCDEF"):
        raise NotSeekable("its eStargz footer is damaged")
    at = int(digits, 16)
    if at >= spans.size - _FOOTER or spans.size - at > LIMIT:
        raise NotSeekable("its eStargz footer leads nowhere")
    return at


def _has_ended(table: Table, spans: Spans, at: int) -> bool:
    """Tell whether the tar's end marker stands before the table, which no engine then unpacks.

    The format has the table as the tar's last file; BuildKit puts it behind the end, so that the tar stays as it was.
    What follows the last contents are headers alone, in the same member or in more.
    """
    chunks = (each for of_file in table.chunks.values() for each in of_file if each.digest)
    last = max(chunks, key=lambda each: (each.offset, each.inner), default=None)
    start, contents = (last.offset, last.inner + last.size) if last else (0, 0)
    size = last.begin + last.size if last else 0
    if at - start > CHUNK_LIMIT:
        raise NotSeekable("the end of its tar is too far from its table of contents")
    try:
        rest = inflated(spans.get(start, at), Compression.GZIP, 2 * CHUNK_LIMIT)[contents + -size % BLOCK :]
    except DamagedError as error:
        raise NotSeekable(f"the end of its tar is damaged ({error})") from error
    return any(not rest[block : block + BLOCK].strip(b"\0") for block in range(0, len(rest), BLOCK))


def _with(table: Table, itself: Entry, at: int, digest: bytes) -> Table:
    """Add the table's own entry."""
    index = len(table.entries)
    chunk = Chunk(0, itself.size, at, itself.offset, digest)
    readable = {index: (chunk,)} if itself.size + itself.offset <= CHUNK_LIMIT else {}
    return Table(
        (*table.entries, replace(itself, offset=_UNKNOWN)),
        {**table.chunks, **readable},
        {**table.digests, index: digest},
    )
