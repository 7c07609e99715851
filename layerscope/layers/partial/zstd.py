"""zstd:chunked: a zstd layer, each chunk a frame by itself, with a table of contents in a skippable frame behind them.

Annotations of the layer's descriptor say where the table is and vouch for it, compressed as it is (containers/storage,
pkg/chunked/internal). No engine unpacks it.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from layerscope.errors import DamagedError
from layerscope.layers.partial.estargz import inflated
from layerscope.layers.partial.lines import LIMIT, read_lines
from layerscope.layers.partial.ranges import NotSeekable, Spans
from layerscope.layers.partial.table import Table, read_table, sha256_of
from layerscope.model import Compression

_PREFIXES: Final = ("io.github.containers.zstd-chunked.", "io.containers.zstd-chunked.")
"""Of the annotations; tools of 2022, such as those of Debian 12, have the second."""
_DIGEST, _POSITION = "manifest-checksum", "manifest-position"
_DIGITS: Final = 18
_TYPE: Final = 1


def is_annotated(annotations: Mapping[str, str]) -> bool:
    """Tell whether a layer's annotations speak of such a table of contents."""
    return bool(_said(annotations, _DIGEST))


def read_zstd_chunked(spans: Spans, annotations: Mapping[str, str]) -> Table:
    """Read the table of contents that the annotations of a layer vouch for; raises NotSeekable."""
    digest = sha256_of(_said(annotations, _DIGEST))
    at, length, size = _position(_said(annotations, _POSITION))
    if at + length > spans.size or max(length, size) > LIMIT:
        raise NotSeekable("its table of contents is outside of it, or too large")
    raw = spans.get(at, at + length)
    if sha256(raw).digest() != digest:
        raise NotSeekable("its table of contents is not what its digest says")
    try:
        document = inflated(raw, Compression.ZSTD, size)
    except DamagedError as error:
        raise NotSeekable(f"its table of contents is damaged ({error})") from error
    return read_table(read_lines(document), at)


def _said(annotations: Mapping[str, str], what: str) -> str:
    return next((annotations[f"{prefix}{what}"] for prefix in _PREFIXES if f"{prefix}{what}" in annotations), "")


def _position(text: str) -> tuple[int, int, int]:
    """Read ``OFFSET:LENGTH:INFLATED:TYPE``."""
    numbers = text.split(":")
    if len(numbers) != 4 or not all(each.isascii() and each.isdigit() and len(each) <= _DIGITS for each in numbers):
        raise NotSeekable("nothing tells where its table of contents is")
    at, length, size, kind = map(int, numbers)
    if kind != _TYPE:
        raise NotSeekable(f"its table of contents is of type {kind}")
    return at, length, size
