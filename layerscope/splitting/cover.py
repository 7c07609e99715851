"""Files → as few paths to copy as hold all of them and nothing else.

A folder is copied whole where all that stands in it is to be copied and has one owner; else its parts are. What is
left of a folder after a few parts of it are deleted may be copied whole too: that takes a stage of its own, and is done
where it saves paths. Hard links of one file stay links only where one instruction copies them: those that stand apart
are gathered in a folder first.
"""

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from layerscope.filesystem.files import Files
from layerscope.model import Entry, EntryKind

_NEVER_WHOLE: Final = frozenset(
    {"", "bin", "boot", "dev", "etc", "home", "lib", "lib64", "proc", "run", "sbin", "sys", "usr", "usr/bin", "usr/lib"}
    | {"usr/sbin", "usr/share", "usr/lib64", "var", "var/lib", "mnt"}
)
"""Folders that the base has and fills."""
_MOST_PARTS: Final = 12
"""Parts of one folder, of several owners, that are copied one by one."""


class Copy(Struct, frozen=True):
    """A path to copy: a folder with all that is in it, or one file."""

    path: str
    is_folder: bool
    owner: tuple[int, int]
    """User and group; of a folder, of everything in it."""
    numbers: tuple[int, ...]
    is_gathered: bool = False
    """Whether it is copied along with what has hard links to it."""


class Cover(Struct, frozen=True):
    """How a set of files is brought over."""

    copies: tuple[Copy, ...]
    """Sorted by path."""
    links: tuple[int, ...]
    """Symbolic links that stand alone: a copy would bring what they lead to."""
    mixed: bool = False
    """Whether owners differ within what one instruction copies."""

    def in_one(self, files: Files) -> "Cover":
        """Gather everything, links too: where no command can make them."""
        links = tuple(Copy(files.entry(number).path, False, (0, 0), (number,)) for number in self.links)
        copies = sorted((*self.copies, *links), key=lambda each: each.path)
        mixed = self.mixed or any(each.owner != (0, 0) for each in copies)
        return Cover(tuple(replace(each, is_gathered=True) for each in copies), (), mixed)

    def without(self, links: Collection[int]) -> "Cover":
        """Leave out links that stand alone."""
        return replace(self, links=tuple(number for number in self.links if number not in links))

    @property
    def gathered(self) -> tuple[Copy, ...]:
        """What is put into one folder first."""
        return tuple(each for each in self.copies if each.is_gathered)


def cover(files: Files, wanted: Collection[int], gone: Collection[int] = ()) -> Cover:
    """Find the paths; files that are ``gone`` before the copy are no obstacle."""
    tree = _Tree(files, wanted, gone)
    copies: list[Copy] = []
    links: list[int] = []
    mixed = False
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        whole = tree.whole(folder)
        if whole and (tree.owner(folder) is not None or tree.parts(folder) > _MOST_PARTS):
            owner = tree.owner(folder)
            mixed = mixed or owner is None
            copies.append(Copy(folder, True, owner or (0, 0), tuple(sorted(tree.wanted_in(folder)))))
            continue
        for name, number in files.filesystem.folders.get(folder, {}).items():
            path = f"{folder}/{name}" if folder else name
            if path in files.filesystem.folders:
                if tree.count(path):
                    waiting.append(path)
            elif number in tree.wanted:
                entry = files.entry(number)
                if entry.kind is EntryKind.SYMLINK:
                    links.append(number)
                else:
                    copies.append(Copy(path, False, owner_of(files, number), (number,)))
    copies = _gathered(files, sorted(copies, key=lambda each: each.path))
    mixed = mixed or any(each.is_gathered and each.owner != (0, 0) for each in copies)
    return Cover(tuple(copies), tuple(sorted(links, key=lambda number: files.entry(number).path)), mixed)


def _gathered(files: Files, copies: list[Copy]) -> list[Copy]:
    """Mark the paths that hold hard links to what others hold: copied apart, each would have the bytes anew."""
    holders: dict[int, int] = {}
    apart: set[int] = set()
    for index, each in enumerate(copies):
        for carrier in {files.filesystem.carriers.get(number, number) for number in each.numbers}:
            first = holders.setdefault(carrier, index)
            if first != index and files.entry(carrier).size:
                apart |= {first, index}
    return [replace(each, is_gathered=index in apart) for index, each in enumerate(copies)]


def owner_of(files: Files, number: int) -> tuple[int, int]:
    """Return user and group of a file."""
    entry = files.entry(files.filesystem.carriers.get(number, number))
    return entry.uid, entry.gid


class _Tree:
    """For each folder: how many files in it are wanted, how many are not, and whose they are."""

    def __init__(self, files: Files, wanted: Collection[int], gone: Collection[int]) -> None:
        self.wanted = frozenset(wanted)
        self._files = files
        self._count: dict[str, int] = {}
        self._others: set[str] = set()
        self._owners: dict[str, set[tuple[int, int]]] = {}
        folders = files.filesystem.folders
        passed_over = frozenset(gone)
        # A folder's path is longer than that of the one above.
        for folder in sorted(folders, key=len, reverse=True):
            for name, number in folders[folder].items():
                path = f"{folder}/{name}" if folder else name
                if path in folders:
                    self._add(folder, path)
                elif number in self.wanted:
                    self._count[folder] = self._count.get(folder, 0) + 1
                    if files.entry(number).kind is not EntryKind.SYMLINK:  # nobody asks whose a link is
                        self._owners.setdefault(folder, set()).add(owner_of(files, number))
                elif number not in passed_over:
                    self._others.add(folder)

    def _add(self, folder: str, part: str) -> None:
        self._count[folder] = self._count.get(folder, 0) + self._count.get(part, 0)
        if part in self._others:
            self._others.add(folder)
        if owners := self._owners.get(part):
            self._owners.setdefault(folder, set()).update(owners)

    def count(self, folder: str) -> int:
        return self._count.get(folder, 0)

    def whole(self, folder: str) -> bool:
        return bool(self.count(folder)) and folder not in self._others and folder not in _NEVER_WHOLE

    def owner(self, folder: str) -> tuple[int, int] | None:
        """Return the one owner of all files in a folder."""
        owners = self._owners.get(folder) or {(0, 0)}
        return next(iter(owners)) if len(owners) == 1 else None

    def parts(self, folder: str) -> int:
        return len(self._files.filesystem.folders.get(folder, {}))

    def wanted_in(self, folder: str) -> Iterable[int]:
        """Yield the wanted files in a folder and below it."""
        folders = self._files.filesystem.folders
        waiting = [folder]
        while waiting:
            at = waiting.pop()
            for name, number in folders[at].items():
                path = f"{at}/{name}"
                if path in folders:
                    waiting.append(path)
                elif number in self.wanted:
                    yield number


def together(copies: Iterable[Copy]) -> list[list[Copy]]:
    """Put files of one folder and one owner together, since one instruction can copy them; not what is gathered."""
    groups: dict[tuple[str, tuple[int, int]], list[Copy]] = {}
    alone: list[list[Copy]] = []
    for each in copies:
        if each.is_gathered:
            continue
        if each.is_folder:
            alone.append([each])
        else:
            groups.setdefault((each.path.rpartition("/")[0], each.owner), []).append(each)
    return sorted([*alone, *groups.values()], key=lambda group: group[0].path)


def folders_above(copies: Iterable[Copy]) -> Collection[str]:
    """List the folders that hold what is copied, and are not copied themselves."""
    above: set[str] = set()
    for each in copies:
        at = each.path.rpartition("/")[0]
        while at and at not in above:
            above.add(at)
            at = at.rpartition("/")[0]
    return above


def folders_to_make(wanted: Collection[str], brought: Collection[str], below: Iterable[Entry]) -> tuple[str, ...]:
    """List those of the wanted folders that are neither brought nor among the entries of the base."""
    missing = {folder for folder in wanted if folder and folder not in brought}
    names = frozenset(folder.rpartition("/")[2] for folder in missing)
    for each in below:
        missing.discard(each.parent)
        if each.kind is EntryKind.DIRECTORY and each.name in names:
            missing.discard(each.path)
    return tuple(sorted(missing))
