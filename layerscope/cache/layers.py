"""The layers of one run: looked up before they are walked, kept when all has been asked of them that will be."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from msgspec import Struct

from layerscope.cache.columns import Columns, columns_of, entries_of
from layerscope.cache.facts import KeptFacts, StoredFacts, keep, united
from layerscope.cache.packing import pack, unpack
from layerscope.cache.program import fingerprint
from layerscope.cache.store import Cache
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probe, Probes
from layerscope.model import Compression, Digest

_KIND: Final = "layers"
KeyNow = Callable[[], bytes | None]
"""Tells the key that a layer has by now: a file can be changed at any time."""


class KeptLayer(Struct, frozen=True):
    """:class:`Contents`, as it is written."""

    columns: Columns
    tar_bytes: int | None
    stored_bytes: int
    compression: Compression
    digest: Digest | None
    facts: KeptFacts


class Layers:
    """Layers by keys that say which they are; ``probes`` is what will be asked of their contents."""

    def __init__(self, cache: Cache, probes: Probes) -> None:
        self._cache = cache
        self._probes = probes
        self._known: dict[bytes, KeptLayer] = {}
        self._noted: dict[bytes, tuple[Contents, KeyNow]] = {}

    def find(self, key: bytes, beyond: Facts | None, now: KeyNow) -> Contents | None:
        """Return what an earlier walk found, if that and ``beyond`` tell all that will be asked.

        ``now`` tells the layer's key again: what is asked of a file that was changed meanwhile is not kept.
        """
        body = self._cache.get(_KIND, self._full(key))
        if body is None:
            return None
        try:
            kept = unpack(body, KeptLayer)
            facts = StoredFacts(kept.facts, beyond)
            self._known[key] = kept
            if not facts.tells(self._probes):
                return None
            entries = entries_of(kept.columns)
        except ValueError:
            self._cache.drop(_KIND, self._full(key))
            self._known.pop(key, None)
            return None
        contents = Contents(entries, kept.tar_bytes, kept.stored_bytes, kept.compression, kept.digest, facts)
        self.note(key, contents, now)
        return contents

    def note(self, key: bytes, contents: Contents, now: KeyNow) -> None:
        """Remember what a walk found, to be kept at the end."""
        self._noted[key] = contents, now

    def save(self) -> None:
        """Keep what is known by now and was not before."""
        for key, (contents, now) in self._noted.items():
            knows_no_more = isinstance(contents.facts, StoredFacts) and not contents.facts.has_more
            if knows_no_more or now() != key:
                continue
            try:
                body = pack(self._kept(key, contents))
            except (ValueError, TypeError):  # what no tar of this world has in its headers
                continue
            self._cache.put(_KIND, self._full(key), body)

    def _kept(self, key: bytes, contents: Contents) -> KeptLayer:
        known = self._known.get(key)
        facts = keep(contents.facts.told(), self._by_name)
        return KeptLayer(
            columns=known.columns if known else columns_of(contents.entries),
            tar_bytes=contents.tar_bytes,
            stored_bytes=contents.stored_bytes,
            compression=contents.compression,
            digest=contents.digest,
            facts=united(known.facts, facts) if known else facts,
        )

    @cached_property
    def _by_name(self) -> Mapping[str, Probe]:
        return {probe.name: probe for probe in self._probes or ()}

    @staticmethod
    def _full(key: bytes) -> bytes:
        return fingerprint() + key
