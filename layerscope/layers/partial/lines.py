"""The lines of a table of contents, as they stand in it: JSON that eStargz and zstd:chunked have in common.

Described in stargz-snapshotter's docs/estargz.md ("TOC and TOCEntries") and, with what zstd:chunked adds, in
containers/storage (pkg/chunked/internal).
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

from layerscope.layers.partial.ranges import NotSeekable

LIMIT: Final = 256 * 1024 * 1024
"""Bytes of a table of contents, inflated: some 700,000 files."""

LINES_LIMIT: Final = 1_000_000
"""Files and chunks of one layer, beyond which it is read whole: all lines are in memory at once."""

_Whole = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class Line(Struct, frozen=True, gc=False, rename="camel"):
    """A file, or a chunk of the file before it."""

    type: str
    name: str
    size: _Count = 0
    modtime: str = ""
    link: str = field(name="linkName", default="")
    mode: _Whole = 0
    uid: _Whole = 0
    gid: _Whole = 0
    digest: str = ""
    offset: _Count = 0
    """Where in the blob the member or frame begins that the chunk is in."""
    inner_offset: _Count = 0
    """Where in what that member inflates to the chunk begins."""
    chunk_offset: _Count = 0
    """Where in the file the chunk begins."""
    chunk_size: _Count = 0
    """0 stands for all that is left of the file."""
    chunk_digest: str = ""
    chunk_type: str = ""
    """``zeros`` for a chunk of nothing else."""


class _Document(Struct, frozen=True):
    version: int
    entries: list[Line]


def read_lines(document: bytes) -> list[Line]:
    """Decode a table of contents; raises NotSeekable."""
    if document.count(b"{") > LINES_LIMIT:
        raise NotSeekable(f"its table of contents has more than {LINES_LIMIT:,} lines")
    try:
        decoded = msgspec.json.decode(document, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotSeekable(f"its table of contents is malformed ({error})") from error
    if decoded.version != 1:
        raise NotSeekable(f"its table of contents is of version {decoded.version}")
    return decoded.entries
