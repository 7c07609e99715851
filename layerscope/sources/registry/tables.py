"""Layers that have a table of contents: of those no more is fetched than is asked for."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from layerscope.errors import UnreadableImageError
from layerscope.layers.contents import Contents
from layerscope.layers.partial import NotSeekable, is_likely, read_partially
from layerscope.sources.registry.blob import Blob

_AT_ONCE: Final = 3
"""Tables that are fetched at once: they are few, and short."""


def read_tables(
    blobs: Mapping[str, Blob], annotations: Mapping[str, Mapping[str, str]], title: str
) -> dict[str, Contents]:
    """Read those layers by their tables that have any; all others are left to be read whole.

    So is one whose table cannot be fetched: if it is the registry that cannot be reached, that is told then.
    """
    names = [name for name in blobs if is_likely(annotations[name])]
    if not names:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    def read(name: str) -> Contents | None:
        with suppress(NotSeekable, UnreadableImageError):
            return read_partially(blobs[name], annotations[name], f"{title}: {blobs[name].digest}")
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {name: contents for name, contents in zip(names, pool.map(read, names), strict=True) if contents}
