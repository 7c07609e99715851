"""How the commands read images: options and environment → what the API is told of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypedDict

from layerscope.cache import Cache
from layerscope.cli.kit.cache import cache_of
from layerscope.cli.kit.options import ImageOptions, RunOptions
from layerscope.cli.kit.progress import watching
from layerscope.progress import Progress
from layerscope.reference import Pull, Source


class Reading(TypedDict):
    """The keywords that all functions of the API have."""

    platform: str | None
    pull: Pull
    source: Source | None
    tls_verify: bool
    mirrors: Sequence[str]
    progress: Progress
    cache: Cache | None


@contextmanager
def reading(images: ImageOptions, run: RunOptions) -> Iterator[Reading]:
    """Tell how images are read while the block runs; what that shows of its progress is gone when it ends."""
    cache = cache_of(no_cache=run.no_cache, max_bytes=run.cache_max_bytes)
    with watching(quiet=run.quiet) as progress:
        yield {
            "platform": images.platform,
            "pull": images.pull,
            "source": images.source,
            "tls_verify": images.tls_verify == "true",
            "mirrors": images.mirror or (),
            "progress": progress,
            "cache": cache,
        }
