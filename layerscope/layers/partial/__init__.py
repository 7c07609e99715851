"""A layer's table of contents → its contents, without reading the layer: eStargz and zstd:chunked.

What is believed is what the manifest vouches for: the digest of the table stands in the layer's descriptor, and the
digests of the chunks stand in the table. Where anything of that is missing or wrong, the layer is to be read whole.
"""

from collections.abc import Mapping

from layerscope.layers.contents import Contents
from layerscope.layers.partial import estargz, zstd
from layerscope.layers.partial.facts import Chunks, Room, TableFacts
from layerscope.layers.partial.ranges import NotSeekable, Ranges, Spans
from layerscope.model import Compression

__all__ = ["NotSeekable", "Ranges", "Room", "is_likely", "read_partially"]


def is_likely(annotations: Mapping[str, str]) -> bool:
    """Tell whether a layer's descriptor speaks of a table of contents."""
    return estargz.DIGEST in annotations or zstd.is_annotated(annotations)


def read_partially(ranges: Ranges, annotations: Mapping[str, str], place: str, room: Room | None = None) -> Contents:
    """Read the table of contents of a layer with these annotations; files' contents are fetched when asked for.

    ``place`` is what errors of those call the layer; ``room`` is what it shares with the other layers of its image.
    Raises NotSeekable for a layer that is to be read whole, and what ``ranges`` raises.
    """
    spans = Spans(ranges)
    if zstd.is_annotated(annotations):
        table, compression, tar_bytes = zstd.read_zstd_chunked(spans, annotations), Compression.ZSTD, None
    elif estargz.DIGEST in annotations:
        table, compression = estargz.read_estargz(spans, annotations), Compression.GZIP
        tar_bytes = estargz.tar_bytes(annotations)
    else:
        raise NotSeekable("nothing vouches for a table of contents")
    return Contents(
        entries=table.entries,
        tar_bytes=tar_bytes,
        stored_bytes=spans.size,
        compression=compression,
        digest=None,  # nobody has seen the blob whole
        facts=TableFacts(table, Chunks(spans, compression, table, place, room or Room())),
    )
