"""The files of all layers, looked up by place, name, bytes and contents; indexes are made when first asked for."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from posixpath import normpath
from typing import Final, Self, TypeVar, cast

from layerscope.filesystem.filesystem import Filesystem, Hidden
from layerscope.filesystem.standing import Standing
from layerscope.layers.facts import Facts, GivenFacts, Probe
from layerscope.model import Entry, EntryKind

Made = TypeVar("Made")

_WITHOUT_NAMES_OF_FILES: Final = frozenset({EntryKind.DIRECTORY, EntryKind.WHITEOUT, EntryKind.OPAQUE})


class Files:
    """Entries of all layers, known by their number (``Filesystem.entries``).

    Names that a layer's own tar replaced are left out everywhere: they never were content.
    """

    def __init__(self, filesystem: Filesystem, facts: Sequence[Facts]) -> None:
        self.filesystem: Final = filesystem
        self._facts = facts
        self._made: dict[object, object] = {}

    def once(self, make: Callable[[Self], Made]) -> Made:
        """Return what ``make`` makes of these files; whoever asks again gets the same."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("Made", self._made[make])

    def entry(self, number: int) -> Entry:
        """Return the entry of this number."""
        return self.filesystem.entries[number]

    def layer_of(self, number: int) -> int:
        """Return the layer whose tar the entry stands in."""
        return self.filesystem.layer_of(number)

    def carrier_of(self, number: int) -> int:
        """Return the entry with the contents: of a hard link, that of its file."""
        return self.filesystem.carrier_of(number)

    def is_kept(self, number: int) -> bool:
        """Tell whether the name stands in the final filesystem."""
        entry = self.entry(number)
        return self.filesystem.folders.get(entry.parent, {}).get(entry.name) == number

    def kept_at(self, path: str) -> int | None:
        """Return the number of the file or link that stands at a path in the final filesystem."""
        folder, _, name = path.rpartition("/")
        number = self.filesystem.folders.get(folder, {}).get(name, -1)
        return number if number >= 0 and self.entry(number).kind is not EntryKind.DIRECTORY else None

    @cached_property
    def hidden_by_number(self) -> dict[int, Hidden]:
        """Entry that carried hidden bytes → what became of them."""
        return {each.number: each for each in self.filesystem.hidden}

    @cached_property
    def replaced_by(self) -> dict[int, Hidden]:
        """Entry → what a lower layer had at its path, and it hid."""
        return {each.replacement: each for each in self.filesystem.hidden if each.replacement is not None}

    # Looking up files (links and devices too, folders not), of all layers, whatever became of them.

    def below(self, folder: str) -> Iterator[int]:
        """Yield the files in a folder and in all below it."""
        for parent in self.folders_below(folder):
            yield from self._by_parent[parent]

    def folders_below(self, folder: str) -> Iterator[str]:
        """Yield a folder and those below it, at any depth, of those that hold or held any file themselves."""
        if folder in self._by_parent:
            yield folder
        parents, inside = self._sorted_parents, f"{folder}/"
        for at in range(bisect_left(parents, inside), len(parents)):
            if not parents[at].startswith(inside):
                return
            yield parents[at]

    def written_by(self, layer: int) -> Iterator[int]:
        """Yield the files of one layer."""
        starts = (*self.filesystem.starts, len(self.filesystem.entries))
        superseded = self.filesystem.superseded
        for number in range(starts[layer], starts[layer + 1]):
            if self.entry(number).kind not in _WITHOUT_NAMES_OF_FILES and number not in superseded:
                yield number

    def at(self, path: str) -> list[int]:
        """List the files that stand or stood at one path, bottom layer first."""
        parent, _, name = path.rpartition("/")
        return [number for number in self._by_parent.get(parent, ()) if self.entry(number).name == name]

    def named(self, name: str) -> list[int]:
        """List the files of one name, wherever they are."""
        return self._by_name.get(name, [])

    def suffixed(self, suffix: str) -> list[int]:
        """List the files whose name ends with ``.`` and this suffix, in any letter case."""
        return self._by_suffix.get(suffix, [])

    def folders_named(self, name: str) -> list[str]:
        """List the folders of one name that hold or held any file, at any depth below them; none within another."""
        marker = f"/{name}/"
        found = {
            f"/{parent}/".partition(marker)[0][1:] + marker.rstrip("/")
            for parent in self._sorted_parents
            if marker in f"/{parent}/"
        }
        return sorted(path.lstrip("/") for path in found)

    def linked_into(self, folder: str) -> Iterator[str]:
        """Yield the paths below a folder that symbolic links elsewhere in the final filesystem lead to."""
        inside = f"{folder}/"
        for at in range(bisect_left(self._links, (inside, "")), len(self._links)):
            target, link = self._links[at]
            if not target.startswith(inside):
                return
            if not link.startswith(inside):
                yield target

    def links_to(self, path: str) -> list[str]:
        """List the symbolic links of the final filesystem that lead to a path itself."""
        first, after = bisect_left(self._links, (path, "")), bisect_left(self._links, (f"{path}\0", ""))
        return [link for _, link in self._links[first:after]]

    def links(self) -> Iterator[str]:
        """Yield the symbolic links of the final filesystem, by their own paths."""
        return (link for _, link in self._links)

    def folder_at(self, path: str) -> str | None:
        """Return the folder of the final filesystem that a path leads to, over links; ``None`` where there is none."""
        return self._standing.folder(path)

    # Bytes.

    def claim(self, numbers: Iterable[int]) -> dict[int, int]:
        """Return entry → bytes that would be gone with all these names: hard links count with their last name only."""
        names = set(numbers)
        claims: dict[int, int] = {}
        for number in names:
            carrier = self.filesystem.carriers.get(number, number)
            if carrier in claims or not names.issuperset(self._names_of.get(carrier, ())):
                continue
            if size := self.entry(carrier).size:
                claims[carrier] = size
        return claims

    def by_layer(self, numbers: Iterable[int]) -> dict[int, list[int]]:
        """Sort entries by the layer that wrote them, the bottom layer first."""
        layers: dict[int, list[int]] = {}
        for number in sorted(numbers):
            layers.setdefault(self.layer_of(number), []).append(number)
        return layers

    def paths(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Return the paths of entries, each once, those with most bytes first."""
        ranked = sorted(numbers, key=lambda number: (-self.entry(number).size, self.entry(number).path))
        return tuple(dict.fromkeys(self.entry(number).path for number in ranked))

    # Contents.

    def digest(self, number: int, *, computed: bool = False) -> bytes | None:
        """Return a digest of a file's contents; equal contents have equal ones. ``None``: not to be known.

        Within one image all can be compared; with those of another if both are given, or both are ``computed``.
        """
        layer = self.layer_of(number)
        facts, entry = self._facts[layer], self.entry(number)
        index = number - self.filesystem.starts[layer]
        if isinstance(facts, GivenFacts) and (computed or entry.size in self._sizes_of_both):
            return facts.read_digest(index, entry)
        return facts.digest(index, entry)

    def is_given(self, number: int) -> bool:
        """Tell whether that digest was given, not computed."""
        return (
            isinstance(self._facts[self.layer_of(number)], GivenFacts)
            and self.entry(number).size not in self._sizes_of_both
        )

    def reads(self, number: int, *, computed: bool = False) -> int:
        """Return the bytes that have to be read to know that digest."""
        layer = self.layer_of(number)
        if self.is_given(number) and not computed:
            return 0
        return self._facts[layer].reads(number - self.filesystem.starts[layer], self.entry(number))

    def look(self, probe: Probe, number: int) -> object | None:
        """Return what a probe finds in a file."""
        layer = self.layer_of(number)
        return self._facts[layer].find(probe, number - self.filesystem.starts[layer], self.entry(number))

    @cached_property
    def _sizes_of_both(self) -> frozenset[int]:
        """Sizes of files that occur in layers whose digests were given and in others: nothing else need be read."""
        given: set[int] = set()
        computed: set[int] = set()
        starts = self.filesystem.starts
        for facts, (start, end) in zip(self._facts, pairwise((*starts, len(self.filesystem.entries))), strict=True):
            sizes = given if isinstance(facts, GivenFacts) else computed
            sizes.update(entry.size for entry in self.filesystem.entries[start:end] if entry.kind is EntryKind.FILE)
        return frozenset(given & computed)

    # Indexes.

    def files(self) -> Iterator[int]:
        """Yield the number of everything that is no folder and no whiteout, and was content."""
        superseded = self.filesystem.superseded
        for number, entry in enumerate(self.filesystem.entries):
            if entry.kind not in _WITHOUT_NAMES_OF_FILES and number not in superseded:
                yield number

    @cached_property
    def _standing(self) -> Standing:
        return Standing(self.filesystem)

    @cached_property
    def _by_parent(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        entries = self.filesystem.entries
        for number in self.files():
            index.setdefault(entries[number].parent, []).append(number)
        return index

    @cached_property
    def _sorted_parents(self) -> list[str]:
        return sorted(self._by_parent)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for numbers in self._by_parent.values():
            for number in numbers:
                index.setdefault(self.entry(number).name, []).append(number)
        return index

    @cached_property
    def _by_suffix(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for name, numbers in self._by_name.items():
            stem, dot, suffix = name.rpartition(".")
            if dot and stem:
                index.setdefault(suffix.lower(), []).extend(numbers)
        return index

    @cached_property
    def _names_of(self) -> dict[int, set[int]]:
        """Entry that carries bytes → all its names, where it has several."""
        names: dict[int, set[int]] = {}
        for number, carrier in self.filesystem.carriers.items():
            names.setdefault(carrier, {carrier}).add(number)
        return {carrier: group - self.filesystem.superseded for carrier, group in names.items()}

    @cached_property
    def _links(self) -> list[tuple[str, str]]:
        """Where symbolic links of the final filesystem lead, as their text says, with their own paths; sorted."""
        links = []
        for number, entry in enumerate(self.filesystem.entries):
            if entry.kind is EntryKind.SYMLINK and self.is_kept(number):
                target = normpath(f"/{entry.parent}/{entry.target}" if entry.target[:1] != "/" else entry.target)
                links.append((target.lstrip("/"), entry.path))
        return sorted(links)
