"""Layers that have a table of contents: of those no more is fetched than is asked for."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from layerscope.errors import RegistryError, UnreadableImageError
from layerscope.layers.contents import Contents
from layerscope.layers.partial import NotSeekable, Room, is_likely, read_partially
from layerscope.sources.registry.blob import Blob

_AT_ONCE: Final = 3
"""Tables that are fetched at once: they are few, and short."""


def read_tables(
    blobs: Mapping[str, Blob], annotations: Mapping[str, Mapping[str, str]], title: str
) -> dict[str, Contents]:
    """Read those layers by their tables that have any; all others are left to be read whole.

    So is one whose table cannot be fetched: if it is the registry that cannot be reached, that is told then.
    """
    failure: list[RegistryError] = []
    room = Room()
    names = [name for name in blobs if is_likely(annotations[name])]
    if not names:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    def read(name: str) -> Contents | None:
        with suppress(NotSeekable, UnreadableImageError):
            line, place = _Line(blobs[name], failure), f"{title}: {blobs[name].digest}"
            return read_partially(line, annotations[name], place, room)
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {name: contents for name, contents in zip(names, pool.map(read, names), strict=True) if contents}


class _Line:
    """The ranges of a blob, until those of any of an image's could not be had.

    To wait in vain for one is long enough; whoever waited layer by layer could be kept for hours.
    """

    def __init__(self, blob: Blob, failure: list[RegistryError]) -> None:
        self.size = blob.size
        self._blob = blob
        self._failure = failure

    def read(self, offset: int, length: int) -> bytes:
        if self._failure:
            raise self._failure[0]
        try:
            return self._blob.read(offset, length)
        except RegistryError as error:
            self._failure.append(error)
            raise
