"""What is known of the files of a layer, kept from an earlier run."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final

from msgspec import Struct

from layerscope.cache.columns import Numbers, narrow, values_of
from layerscope.cache.packing import pack, unpack
from layerscope.layers.facts import Facts, Probe, Told
from layerscope.model import Entry

_DIGEST: Final = 16


class KeptFound(Struct, frozen=True):
    """What one probe found."""

    indexes: Numbers
    found: bytes
    """Packed, as a list of what the probe ``finds`` or nothing; a run that does not ask does not unpack it."""


class KeptFacts(Struct, frozen=True):
    """:class:`Told`, as it is written."""

    indexes: Numbers
    digests: bytes
    found: dict[str, KeptFound]
    complete: tuple[str, ...] | None


def keep(told: Told, probes: Mapping[str, Probe]) -> KeptFacts:
    """Choose what may be written: of a probe that may find secrets, only that there was nothing to be found."""
    found: dict[str, KeptFound] = {}
    left_out = set()
    for name, by_index in told.found.items():
        if not any(each is not None for each in by_index.values()) or _may_be_kept(probes.get(name), by_index.values()):
            found[name] = KeptFound(narrow(list(by_index)), pack(list(by_index.values())))
        else:
            left_out.add(name)
    complete = None if told.complete is None else tuple(sorted(told.complete - left_out))
    return KeptFacts(narrow(list(told.digests)), b"".join(told.digests.values()), found, complete)


def united(one: KeptFacts, other: KeptFacts) -> KeptFacts:
    """Join what two runs learned of the same layer; of a probe that both asked, what the second did."""
    complete = None
    if other.complete is not None:
        complete = tuple(sorted({*(one.complete or ()), *other.complete}))
    more = other if len(other.digests) >= len(one.digests) else one
    return KeptFacts(more.indexes, more.digests, {**one.found, **other.found}, complete or one.complete)


def _may_be_kept(probe: Probe | None, found: Iterable[object]) -> bool:
    return (
        probe is not None and probe.finds is not None and not any(getattr(each, "has_login", False) for each in found)
    )


class StoredFacts:
    """Facts from an entry; what it does not tell is asked of ``beyond``, where the contents can be read still."""

    def __init__(self, kept: KeptFacts, beyond: Facts | None) -> None:
        self.kept: Final = kept
        self._beyond = beyond
        self._found: dict[str, dict[int, object | None]] = {}
        self._asked: set[int] = set()
        self.has_more = False
        """Whether more is known by now than was kept."""

    def tells(self, probes: Iterable[Probe] | None) -> bool:
        """Tell whether all can be answered that will be asked (``None`` is nothing); raises ValueError for nonsense."""
        if probes is None:
            return True
        complete = self.kept.complete
        if self._beyond is None and (complete is None or not all(probe.name in complete for probe in probes)):
            return False
        self._digests  # noqa: B018 - unpacked now, while the layer can still be walked instead
        for probe in probes:
            self._found_by(probe)
        return True

    def digest(self, index: int, entry: Entry) -> bytes | None:
        self._asked.add(index)
        known = self._digests.get(index)
        if known is not None or self._beyond is None:
            return known
        self.has_more = True
        return self._beyond.digest(index, entry)

    def reads(self, index: int, entry: Entry) -> int:
        """Say what it would take without the cache: how far contents are compared is not to depend on that."""
        return 0 if self._beyond is None or index in self._asked else self._beyond.reads(index, entry)

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:
        found = self._found_by(probe)
        if index in found or self._beyond is None:
            return found.get(index)
        self.has_more = True
        return self._beyond.find(probe, index, entry)

    def told(self) -> Told:
        beyond = self._beyond.told() if self._beyond else Told({}, {}, None)
        found = {name: dict(each) for name, each in self._found.items()}
        for name, each in beyond.found.items():
            found.setdefault(name, {}).update(each)
        complete = self.kept.complete
        return Told({**self._digests, **beyond.digests}, found, None if complete is None else frozenset(complete))

    @cached_property
    def _digests(self) -> dict[int, bytes]:
        digests = self.kept.digests
        pieces = (digests[at : at + _DIGEST] for at in range(0, len(digests), _DIGEST))
        return dict(zip(values_of(self.kept.indexes), pieces, strict=True))

    def _found_by(self, probe: Probe) -> dict[int, object | None]:
        if probe.name not in self._found:
            self._found[probe.name] = _unpacked(self.kept.found.get(probe.name), probe)
        return self._found[probe.name]


def _unpacked(kept: KeptFound | None, probe: Probe) -> dict[int, object | None]:
    if kept is None:
        return {}
    shape: Any = list[probe.finds | None] if probe.finds is not None else list[None]  # type: ignore[name-defined]
    return dict(zip(values_of(kept.indexes), unpack(kept.found, shape), strict=True))
