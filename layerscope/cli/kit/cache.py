"""Where the commands keep what they read: options and environment → the cache."""

import os

from layerscope.cache import Cache


def cache_of(*, no_cache: bool = False, max_bytes: int | None = None) -> Cache | None:
    """Return the cache that a command uses; ``None`` for none. Nothing is made or read yet."""
    if no_cache:
        return None
    folder = os.environ.get("LAYERSCOPE_CACHE_DIR") or None
    return Cache(folder) if max_bytes is None else Cache(folder, max_bytes)
