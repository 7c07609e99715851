"""A layer's bytes → its entries: compression by first bytes, the tar header walk."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Final

from layerscope.errors import NotAnImageError, UnsupportedError
from layerscope.layers.compression import PREFIX, decompress, sniff
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, NoFacts, Probes, ReadFacts, SeenFacts
from layerscope.layers.tar import is_tar, walk
from layerscope.layers.windows import FileWindow, StreamWindow, Window, counted, drain, pieces
from layerscope.model import Compression, Digest, Entry

ENTRIES_LIMIT: Final = 5_000_000
"""Entries of one layer: more than any image has, and as much as memory should be asked for."""


def is_plain(window: Window) -> bool:
    """Tell whether an uncompressed tar begins where ``window`` stands."""
    return is_tar(window.peek(PREFIX))


def read_layer(window: Window, probes: Probes = None, advance: Callable[[int], None] = lambda _: None) -> Contents:
    """Walk the layer that fills ``window``, compressed or not; ``advance`` hears of stored bytes that are done.

    A blob that must be read whole, since it is compressed, is also hashed; of a plain tar in a file only the headers
    are read. Raises DamagedError, UnsupportedError, or NotAnImageError where it is no tar at all.
    """
    if is_plain(window):
        contents = read_tar(window, probes)
        advance(contents.stored_bytes)
        return contents
    compression = sniff(window.peek(PREFIX))
    if compression is Compression.NONE:
        raise _no_tar()
    digest = sha256()

    def stored() -> Iterator[bytes]:
        for piece in counted(pieces(window), advance):
            digest.update(piece)
            yield piece

    tar = StreamWindow(decompress(stored(), compression))
    if not is_plain(tar):
        raise _no_tar()
    plain = read_tar(tar, probes)  # to the end, where the check sum stands
    return Contents(
        entries=plain.entries,
        tar_bytes=plain.tar_bytes,
        stored_bytes=window.position,
        compression=compression,
        digest=Digest("sha256:" + digest.hexdigest()),
        facts=plain.facts,
    )


def read_tar(window: Window, probes: Probes) -> Contents:
    """Walk the plain tar that fills ``window``; what passes by is noted, unless nobody will ask (no ``probes``)."""
    facts: Facts = NoFacts()
    if isinstance(window, FileWindow):
        entries = _collect(walk(window))
        facts = ReadFacts(window.file, window.start)
    elif probes is None:
        entries = _collect(walk(window))
    else:
        facts = SeenFacts(probes)
        entries = _collect(_noted(window, facts))
    drain(window)
    return Contents(entries, window.position, window.position, Compression.NONE, None, facts)


def _noted(window: Window, facts: SeenFacts) -> Iterator[Entry]:
    for index, entry in enumerate(walk(window)):
        facts.note(index, entry, window)
        yield entry


def _collect(walked: Iterator[Entry]) -> tuple[Entry, ...]:
    entries = tuple(islice(walked, ENTRIES_LIMIT + 1))
    if len(entries) > ENTRIES_LIMIT:
        message = f"a layer of more than {ENTRIES_LIMIT:,} entries"
        raise UnsupportedError(message)
    return entries


def _no_tar() -> NotAnImageError:
    return NotAnImageError("not a tar, compressed or plain", hint="Is this a saved image?")
