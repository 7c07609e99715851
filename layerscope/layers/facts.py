"""What is known of files beyond their headers: whether contents are equal, and what probes find in them.

Where contents can be read at any place (a plain layer in a file), nothing is read before somebody asks. Where they pass
by once (a stream, a compressed layer), every file is digested as it passes, and every probe that wants it looks into
it: nobody can tell then what will be asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol, overload, runtime_checkable

from msgspec import Struct
from xxhash import xxh3_128

from layerscope.layers.windows import CHUNK, BytesWindow, FileWindow, PartWindow, Window
from layerscope.model import Entry, EntryKind

_WHOLE: Final = 256 * 1024
"""Bytes up to which a file that passes by is taken at once."""
_HELD: Final = 256 * 1024 * 1024
"""Bytes up to which it is, where several probes want it; few files are large and wanted by several."""


class Probe(Protocol):
    """Looks into files. What it finds is small, and it is given contents that nobody vouches for."""

    @property
    def name(self) -> str:
        """Names it among all probes: what it found is known by this, in other processes and later runs too."""
        ...

    @property
    def finds(self) -> Any:
        """The type of what it finds, as which that is read from disk again; ``None``: it may be a secret, so never."""
        ...

    def wants(self, entry: Entry) -> bool:
        """Tell from the header whether the contents may be of interest."""
        ...

    def look(self, window: Window, size: int) -> object | None:
        """Read as much of ``size`` bytes of contents as it takes, front to back; ``None`` is nothing of interest."""
        ...


Probes = Sequence[Probe] | None
"""What will be asked of contents; ``None``: nothing at all, so that they need not be read where they pass by."""


class LateProbes(Sequence[Probe]):
    """Probes that are gathered when first asked for: whoever asks them is not imported before."""

    def __init__(self, gather: Callable[[], Sequence[Probe]]) -> None:
        self._gather = gather

    @cached_property
    def _all(self) -> Sequence[Probe]:
        return self._gather()

    @overload
    def __getitem__(self, at: int) -> Probe: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Probe]: ...
    def __getitem__(self, at: int | slice) -> Probe | Sequence[Probe]:
        return self._all[at]

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class Told(Struct, frozen=True):
    """What is known of a layer's files by now: what of it may be kept for later."""

    digests: Mapping[int, bytes]
    """By the entry's index."""
    found: Mapping[str, Mapping[int, object | None]]
    """By the probe's name and the entry's index; ``None``: it looked, and nothing is of interest."""
    complete: frozenset[str] | None
    """The probes of which all is known, and all digests with them; ``None`` where only what was asked is."""


class Facts(Protocol):
    """What can be asked of the files of one layer, by their entry and its index."""

    def digest(self, index: int, entry: Entry) -> bytes | None:
        """Return a digest of a file's contents: equal ones have equal ones. ``None`` where they cannot be read."""
        ...

    def reads(self, index: int, entry: Entry) -> int:
        """Return the bytes that have to be read for that: none where the digest is known, or cannot be."""
        ...

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:
        """Return what ``probe`` finds in a file that it wants."""
        ...

    def told(self) -> Told:
        """Return all that is known by now."""
        ...


@runtime_checkable
class GivenFacts(Facts, Protocol):
    """Facts of a layer whose digests were given, not computed: they are equal to none but those of such layers."""

    @property
    def has_failed(self) -> bool:
        """Tell whether contents that were asked for did not come: another time they may."""
        ...

    def read_digest(self, index: int, entry: Entry) -> bytes | None:
        """Return the digest that is computed elsewhere; the contents are read for it, as ``reads`` tells."""
        ...


class NoFacts:
    """Of contents that were passed over."""

    def digest(self, index: int, entry: Entry) -> bytes | None:  # noqa: ARG002 - as the interface has it
        """Know nothing."""
        return None

    def reads(self, index: int, entry: Entry) -> int:  # noqa: ARG002 - as the interface has it
        """Read nothing."""
        return 0

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:  # noqa: ARG002 - as the interface has it
        """Know nothing."""
        return None

    def told(self) -> Told:
        """Know nothing, of no probe."""
        return Told({}, {}, None)


class ReadFacts:
    """Of a plain layer that begins at ``start`` of an open file: read when asked for, and not twice."""

    def __init__(self, file: int, start: int) -> None:
        self._file = file
        self._start = start
        self._digests: dict[int, bytes] = {}
        self._found: dict[str, dict[int, object | None]] = {}

    def digest(self, index: int, entry: Entry) -> bytes | None:
        if index not in self._digests:
            if not _is_readable(entry):
                return None
            self._digests[index] = digest_of(self._window(entry), entry.stored)
        return self._digests[index]

    def reads(self, index: int, entry: Entry) -> int:
        return 0 if index in self._digests or not _is_readable(entry) else entry.stored

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:
        found = self._found.setdefault(probe.name, {})
        if index not in found:
            wanted = _is_readable(entry) and probe.wants(entry)
            found[index] = probe.look(self._window(entry), entry.size) if wanted else None
        return found[index]

    def told(self) -> Told:
        return Told(self._digests, self._found, None)

    def _window(self, entry: Entry) -> FileWindow:
        return FileWindow(self._file, self._start + entry.offset, entry.stored)


class SeenFacts:
    """Of a layer that passed by: noted file by file while it did."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = tuple(probes)
        self._complete = {probe.name for probe in self._probes}
        self._digests: dict[int, bytes] = {}
        self._found: dict[str, dict[int, object | None]] = {}

    def note(self, index: int, entry: Entry, window: Window) -> None:
        """Note what there is to know of the file whose contents begin where ``window`` stands."""
        if not _is_readable(entry):
            return
        probes = [probe for probe in self._probes if probe.wants(entry)]
        if entry.stored <= (_HELD if len(probes) > 1 else _WHOLE):
            contents = window.take(entry.stored)
            self._digests[index] = xxh3_128(contents).digest()
            for probe in probes:
                self._keep(probe, index, probe.look(BytesWindow(contents), entry.size))
        else:
            part = DigestWindow(PartWindow(window, entry.stored))
            # Contents pass once, so that of what is too large to be held one probe can be told: the first.
            for probe in probes[:1]:
                self._keep(probe, index, probe.look(part, entry.size))
            self._complete.difference_update(probe.name for probe in probes[1:])
            part.skip(entry.stored)
            self._digests[index] = part.digest()

    def digest(self, index: int, entry: Entry) -> bytes | None:  # noqa: ARG002 - as the interface has it
        return self._digests.get(index)

    def reads(self, index: int, entry: Entry) -> int:  # noqa: ARG002 - as the interface has it
        return 0

    def find(self, probe: Probe, index: int, entry: Entry) -> object | None:  # noqa: ARG002 - as the interface has it
        return self._found.get(probe.name, {}).get(index)

    def told(self) -> Told:
        return Told(self._digests, self._found, frozenset(self._complete))

    def __getstate__(self) -> dict[str, object]:
        """Go to another process without the probes, which cannot, and are known by their names."""
        return {**self.__dict__, "_probes": ()}

    def _keep(self, probe: Probe, index: int, found: object | None) -> None:
        if found is not None:
            self._found.setdefault(probe.name, {})[index] = found


class DigestWindow(Window):
    """Another window, all of whose bytes are digested as they pass, skipped ones too."""

    def __init__(self, whole: Window) -> None:
        self.position = 0
        self._whole = whole
        self._state = xxh3_128()

    def take(self, count: int) -> bytes:
        piece = self._whole.take(count)
        self._state.update(piece)
        self.position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        left = count
        while left and (piece := self.take(min(left, CHUNK))):
            left -= len(piece)
        return count - left

    def peek(self, count: int) -> bytes:
        return self._whole.peek(count)

    def digest(self) -> bytes:
        """Return the digest of what has passed."""
        return self._state.digest()


def _is_readable(entry: Entry) -> bool:
    """Tell whether a file's contents stand in the tar as they are: a sparse file's do not."""
    return entry.kind is EntryKind.FILE and entry.stored == entry.size


def digest_of(window: Window, size: int) -> bytes:
    """Digest ``size`` bytes of contents as those that pass by are digested."""
    digesting = DigestWindow(window)
    digesting.skip(size)
    return digesting.digest()
