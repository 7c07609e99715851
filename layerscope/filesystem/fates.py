"""The law of fates: layers are applied from the bottom up, and each byte is kept, overwritten or removed.

* Whiteouts act on lower layers only, whatever their place in the tar; an opaque whiteout hides all that the lower
  layers have in its folder (image-spec, layer.md, "Whiteouts"). Both are therefore applied before the layer's other
  entries.
* A file lives as long as any of its hard links does.
* What a layer's tar overwrites within itself never was content: an engine unpacks it and only sees the last.
* A folder replaced by what is no folder takes all below it along.

Everything is touched once when it comes and once when it goes, so the work grows with the entries, never with
whiteouts times entries.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from layerscope.errors import UnsupportedError
from layerscope.filesystem.filesystem import Fate, Filesystem, Hidden, LayerBytes
from layerscope.model import Entry, EntryKind

_IMPLIED: Final = -1
"""Stands for a folder that no entry brought, only a path below it."""
_FOLDER_TEXT_LIMIT: Final = 256 * 1024 * 1024
"""Characters of the paths of all folders together: deep paths cost the square of their depth."""

_DIRECTORY, _HARDLINK = EntryKind.DIRECTORY, EntryKind.HARDLINK
_WHITEOUT, _OPAQUE = EntryKind.WHITEOUT, EntryKind.OPAQUE


def settle(layers: Sequence[tuple[Entry, ...]]) -> Filesystem:
    """Apply ``layers`` from the bottom up and tell every byte's fate."""
    builder = _Builder()
    for entries in layers:
        builder.apply(entries)
    return builder.finish()


class _Builder:
    """The filesystem while layers are applied. Entries are known by their number over all layers."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._starts: list[int] = []
        self._folders: dict[str, dict[str, int]] = {"": {}}
        self._folder_text = 0
        self._hidden: list[Hidden] = []
        self._content: list[int] = []
        self._lost: list[dict[Fate, int]] = []
        # Hard links: name → the entry with the bytes, and how many names those bytes have. Only of files that have any.
        self._carrier: dict[int, int] = {}
        self._names: dict[int, int] = {}
        self._orphans: set[int] = set()
        self._superseded: set[int] = set()

    def apply(self, entries: tuple[Entry, ...]) -> None:
        """Put one layer on those before it."""
        start = len(self._entries)
        self._starts.append(start)
        self._entries += entries
        self._content.append(sum(entry.size for entry in entries))
        self._lost.append({Fate.OVERWRITTEN: 0, Fate.REMOVED: 0})
        for entry in entries:
            if entry.kind is _WHITEOUT:
                self._white_out(entry.parent, entry.name)
            elif entry.kind is _OPAQUE:
                for name in tuple(self._folders.get(entry.parent, ())):
                    self._white_out(entry.parent, name)
        folders = self._folders
        for number, entry in enumerate(entries, start):
            kind = entry.kind
            name = entry.name
            if not name or kind is _WHITEOUT:  # an opaque whiteout has no name, nor has the root
                self._content[-1] -= entry.size  # of a file in the root's place, which is never unpacked
                continue
            children = folders.get(entry.parent)
            if children is None:
                children = self._make_folders(entry.parent)
            if kind is _HARDLINK:
                self._join(number, entry.target)
            if name in children:
                self._replace(children, entry, children[name], number)
            else:
                children[name] = number
                if kind is _DIRECTORY:
                    folders[entry.path] = {}

    def finish(self) -> Filesystem:
        """Freeze what the layers have become."""
        return Filesystem(
            layers=tuple(
                LayerBytes(content, lost[Fate.OVERWRITTEN], lost[Fate.REMOVED])
                for content, lost in zip(self._content, self._lost, strict=True)
            ),
            hidden=tuple(self._hidden),
            folders=self._folders,
            entries=tuple(self._entries),
            starts=tuple(self._starts),
            carriers=self._carrier,
            heirs=self._heirs(),
            superseded=frozenset(self._superseded),
        )

    def _replace(self, children: dict[str, int], entry: Entry, old: int, number: int) -> None:
        """Put an entry where another stands."""
        children[entry.name] = number
        if self._is_folder(old):
            if entry.kind is not _DIRECTORY:
                self._clear(entry.path)
            return
        self._hide(old, Fate.OVERWRITTEN, number)
        if entry.kind is _DIRECTORY:
            self._folders[entry.path] = {}

    def _white_out(self, parent: str, name: str) -> None:
        """Take away what stands at a path, if anything."""
        old = self._folders.get(parent, {}).pop(name, None)
        if old is None:
            return
        if self._is_folder(old):
            self._clear(f"{parent}/{name}" if parent else name)
        else:
            self._hide(old, Fate.REMOVED)

    def _clear(self, folder: str) -> None:
        """Take away a folder and all below it."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            for name, number in self._folders.pop(path).items():
                if self._is_folder(number):
                    waiting.append(f"{path}/{name}")
                else:
                    self._hide(number, Fate.REMOVED)

    def _hide(self, number: int, fate: Fate, replacement: int | None = None) -> None:
        """Take one name away; its bytes go with the last name that they have."""
        now = len(self._starts) - 1
        if number >= self._starts[now]:
            self._superseded.add(number)
        carrier = self._carrier.get(number, number)
        if carrier in self._names:
            self._names[carrier] -= 1
            if self._names[carrier]:
                if number == carrier:
                    self._orphans.add(carrier)
                return
            self._orphans.discard(carrier)
        entry = self._entries[carrier]
        if carrier >= self._starts[now]:
            self._content[now] -= entry.size  # overwritten within one tar: never content
            return
        layer = bisect_right(self._starts, carrier) - 1  # of layers that begin here only the last is not empty
        self._lost[layer][fate] += entry.size
        self._hidden.append(Hidden(entry, layer, fate, now, carrier, replacement))

    def _join(self, number: int, target: str) -> None:
        """Make a hard link share its target's bytes; one that leads nowhere has none."""
        parent, _, name = target.rpartition("/")
        found = self._folders.get(parent, {}).get(name, _IMPLIED)
        if self._is_folder(found):
            return
        carrier = self._carrier.get(found, found)
        self._carrier[number] = carrier
        self._names[carrier] = self._names.get(carrier, 1) + 1

    def _heirs(self) -> dict[int, int]:
        """Let a name that still stands stand for the bytes of a hard link whose first name is gone."""
        heirs: dict[int, int] = {}
        orphans = set(self._orphans)
        for number, carrier in self._carrier.items():
            entry = self._entries[number]
            if carrier in orphans and self._folders.get(entry.parent, {}).get(entry.name) == number:
                heirs[number] = self._entries[carrier].size
                orphans.discard(carrier)
        return heirs

    def _make_folders(self, path: str) -> dict[str, int]:
        """Make a folder, and those above it, that no entry brought."""
        missing = []
        while path not in self._folders:
            missing.append(path)
            path = path.rpartition("/")[0]
        children = self._folders[path]
        for folder in reversed(missing):
            self._folder_text += len(folder)
            if self._folder_text > _FOLDER_TEXT_LIMIT:
                raise UnsupportedError("folders nested deeper than layerscope can follow")
            name = folder.rpartition("/")[2]
            old = children.get(name)
            if old is not None:
                self._hide(old, Fate.OVERWRITTEN)
            children[name] = _IMPLIED
            children = self._folders[folder] = {}
        return children

    def _is_folder(self, number: int) -> bool:
        return number == _IMPLIED or self._entries[number].kind is _DIRECTORY
