"""What one run knows from those before, and what it leaves to those after: layers, and whole reports.

A report is found again only where nothing that it was made from has changed; docs/cache.md lists what that is.
"""

from collections.abc import Sequence
from typing import Final

from layerscope.cache.layers import Layers
from layerscope.cache.packing import pack, unpack
from layerscope.cache.program import fingerprint
from layerscope.cache.store import Cache
from layerscope.image import Chosen, layer_keys
from layerscope.layers.facts import Probes
from layerscope.report import Report

_KIND: Final = "reports"


class Documents:
    """What engines said of their images, in a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def get(self, key: bytes) -> bytes | None:
        """Return what was put under ``key``, if it is still there."""
        return self._cache.get("documents", fingerprint() + key)

    def put(self, key: bytes, body: bytes) -> None:
        """Keep ``body``."""
        self._cache.put("documents", fingerprint() + key, body)


class Memory:
    """Of one image, in one run; ``probes`` is what will be asked of contents."""

    def __init__(self, cache: Cache, chosen: Chosen, probes: Probes) -> None:
        self.layers: Final = Layers(cache, probes)
        self._cache = cache
        self._chosen = chosen
        self._keys = layer_keys(chosen)
        self._key: bytes | None = None

    def report(self, asked: Sequence[object]) -> Report | None:
        """Return the report of the same layers, documents and wishes (``asked``), by the same program."""
        if None in self._keys:
            return None
        chosen = self._chosen
        documents = (chosen.image, chosen.config, chosen.provenance_notes, chosen.refs)
        self._key = fingerprint() + pack((documents, self._keys, *asked))
        body = self._cache.get(_KIND, self._key)
        if body is None:
            return None
        try:
            return unpack(body, Report)
        except ValueError:
            self._cache.drop(_KIND, self._key)
            return None

    def save(self, report: Report | None = None) -> None:
        """Keep what was learned; of a file that was changed meanwhile, nothing."""
        self.layers.save()
        if report is not None and self._key is not None and layer_keys(self._chosen) == self._keys:
            self._cache.put(_KIND, self._key, pack(report))
        self._cache.tidy()
