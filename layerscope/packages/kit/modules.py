"""The ``node_modules`` folders of the final filesystem: which packages are in them, and whom a package gets by a name.

npm and yarn put packages beside and within one another. pnpm keeps each in a folder of its own, with links to what it
needs beside it: ``node_modules/.pnpm/debug@4.3.4/node_modules/{debug,ms}``. Who looks for a package goes up folder by
folder, which finds the right one in both (Node's documentation, "Loading from node_modules folders").
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from layerscope.errors import UnsupportedError
from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.model import EntryKind
from layerscope.packages.kit.node import FOLDER, MANIFEST

_STORES: Final = (".pnpm", ".store", ".bun")
"""Folders of a ``node_modules`` with a folder for each package: pnpm's, npm's (``install-strategy=linked``), Bun's."""
_BUNDLED: Final = f"/{FOLDER}/npm"
"""npm brings all that it needs along, as parts of it."""
_YARN: Final = "yarn-v"
"""Node's own image unpacks yarn to /opt/yarn-v1.22.22."""
_CHARACTERS: Final = 256 * 1024 * 1024
"""Of the paths that are tried in all."""


class _Upwards(NamedTuple):
    """A place that Node looks in, and where it goes on from there."""

    place: str
    above: "_Upwards | None"


class Modules:
    """All packages, found once; ``resolve`` is asked for each name that one of them needs."""

    def __init__(self, files: Files) -> None:
        self._folders = files.filesystem.folders
        self._entries = files.filesystem.entries
        self.packages: Final[dict[str, int]] = {}
        """Folder → its ``package.json``."""
        self.projects: Final[dict[str, int]] = {}
        """The same of those that are no packages but have some, or are linked to as workspaces are."""
        self.places: Final[list[str]] = [folder for folder in self._folders if _is_tree(folder)]
        """The ``node_modules`` folders that packages were looked for in, those that are in no other one first."""
        self.links: Final[dict[str, str]] = {}
        """Link in one of them → the folder, a package's or a project's, that it leads to."""
        self.torn: Final[set[str]] = set()
        """Outermost ``node_modules`` with a link that leads to nothing: a part of what needs packages is missing."""
        self._upwards: dict[str, _Upwards | None] = {"": _Upwards(FOLDER, None) if FOLDER in self._folders else None}
        self._beside: dict[str, list[str] | None] = {}
        self._left = _CHARACTERS
        self._gather(Standing(files.filesystem))

    def resolve(self, folder: str, name: str) -> str | None:
        """Return the folder of the package that a program in ``folder`` gets by a name."""
        for place in self._looked_in(folder):
            path = f"{place}/{name}"
            self._left -= len(path)
            if self._left < 0:
                raise UnsupportedError("packages need one another in more ways than layerscope can follow")
            if path in self.packages:
                return path
            if path in self.links:
                return self.links[path]
        return None

    def beside(self, folder: str) -> list[str] | None:
        """List what is linked to beside a package that has a store's folder to itself: what it needs."""
        store, _, _ = folder.rpartition(f"/{FOLDER}/")
        if store not in self._beside:
            paths = [path for path, _ in self._in(f"{store}/{FOLDER}")] if is_stored(folder) else []
            is_alone = sum(path in self.packages for path in paths) == 1
            self._beside[store] = [self.links[path] for path in paths if path in self.links] if is_alone else None
        return self._beside[store]

    def _gather(self, standing: Standing) -> None:
        waiting: list[str] = []
        trees = len(self.places)
        for place in self.places:  # to which those within packages are added on the way
            for path, number in self._in(place):
                if path in self._folders:
                    self._note(path)
                elif number >= 0 and self._entries[number].kind is EntryKind.SYMLINK:
                    waiting.append(path)
            self._note_stores(place)
        for name in self._folders.get("opt", ()):
            if name.startswith(_YARN) and f"opt/{name}" in self._folders:
                self._note(f"opt/{name}")
        for tree in self.places[:trees]:
            self._note_project(_above(tree))
        for path in waiting:
            folder = standing.folder(f"/{path}")
            if folder is not None and (folder in self.packages or self._note_project(folder)):
                self.links[path] = folder
            elif _above(path) == tree_of(path) or _above(_above(path)) == tree_of(path):
                self.torn.add(tree_of(path))

    def _in(self, place: str) -> Iterator[tuple[str, int]]:
        """Yield path and entry of whatever can be a package: those of a scope lie one folder deeper."""
        for name, number in self._folders.get(place, {}).items():
            path = f"{place}/{name}"
            if name.startswith("@"):
                for each, below in self._folders.get(path, {}).items():
                    yield f"{path}/{each}", below
            elif not name.startswith("."):
                yield path, number

    def _note(self, folder: str) -> None:
        record = self._manifest(folder)
        if record is not None:
            self.packages[folder] = record
        if FOLDER in self._folders[folder] and not f"/{folder}".endswith(_BUNDLED):
            self._note_place(f"{folder}/{FOLDER}")

    def _note_stores(self, place: str) -> None:
        for store in _STORES:
            if store in self._folders[place]:
                self._note_place(f"{place}/{store}/{FOLDER}")
                for name in self._folders.get(f"{place}/{store}", ()):
                    self._note_place(f"{place}/{store}/{name}/{FOLDER}")

    def _note_place(self, place: str) -> None:
        if place in self._folders:
            self.places.append(place)

    def _note_project(self, folder: str) -> bool:
        if folder not in self.projects and FOLDER not in folder.split("/"):
            record = self._manifest(folder)
            if record is not None:
                self.projects[folder] = record
        return folder in self.projects

    def _manifest(self, folder: str) -> int | None:
        number = self._folders[folder].get(MANIFEST, -1)
        return number if number >= 0 and self._entries[number].kind is not EntryKind.DIRECTORY else None

    def _looked_in(self, folder: str) -> Iterator[str]:
        """Yield the places that Node looks in for a program in a folder, the nearest first."""
        way = []
        while folder not in self._upwards:
            way.append(folder)
            folder = _above(folder)
        found = self._upwards[folder]
        for folder in reversed(way):
            place = f"{folder}/{FOLDER}"
            if place in self._folders and not f"/{folder}".endswith(f"/{FOLDER}"):
                found = _Upwards(place, found)
            self._upwards[folder] = found
        while found is not None:
            yield found.place
            found = found.above


def tree_of(folder: str) -> str:
    """Return the outermost ``node_modules`` that a folder is in."""
    above, _, _ = f"/{folder}/".partition(f"/{FOLDER}/")
    return f"{above}/{FOLDER}".lstrip("/")


def is_stored(folder: str) -> bool:
    """Tell whether a package has a folder of a store to itself."""
    parts = folder.rpartition(f"/{FOLDER}/")[0].rsplit("/", 2)
    return len(parts) == 3 and parts[1] in _STORES and parts[0].endswith(FOLDER)


def project_of(tree: str) -> str:
    """Return the folder whose packages a ``node_modules`` holds."""
    return _above(tree)


def _is_tree(folder: str) -> bool:
    return folder.endswith(FOLDER) and tree_of(folder) == folder


def _above(folder: str) -> str:
    return folder.rpartition("/")[0]
