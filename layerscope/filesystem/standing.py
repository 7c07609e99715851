"""What stands at a path of the final filesystem, for a program that follows the links of the folders on the way."""

from collections.abc import Iterable, Mapping
from posixpath import join
from typing import Final

from layerscope.filesystem.filesystem import Filesystem
from layerscope.model import EntryKind

MOST_LINKS: Final = 40
"""Links that one path may lead over, as Linux has it (path_resolution(7))."""
LONGEST_PATH: Final = 4096
"""Characters of a path, as Linux has it (PATH_MAX)."""
_STEPS: Final = 1_000_000
"""Parts of paths that are looked at in all; what leads over links beyond that is not found."""

_NOTHING: Final[Mapping[str, int]] = {}


class Standing:
    """Finds many paths, relative to ``base`` unless they begin with a slash; each folder's links are followed once."""

    def __init__(self, filesystem: Filesystem, base: str = "") -> None:
        self._filesystem = filesystem
        self._base = f"/{base}"
        self._folders: dict[str, Mapping[str, int]] = {}
        self._steps = _STEPS

    def files(self, paths: Iterable[str]) -> list[int]:
        """List the numbers of those paths where a file stands, or a link or device: what leads to it, not its end."""
        entries = self._filesystem.entries
        found = []
        for path in paths:
            at = path.rfind("/") + 1
            folder = path[:at]
            children = self._folders.get(folder)
            if children is None:
                children = self._folders[folder] = self._children(join(self._base, folder))
            number = children.get(path[at:], -1)
            if number >= 0 and entries[number].kind is not EntryKind.DIRECTORY:
                found.append(number)
        return found

    def folder(self, path: str) -> str | None:
        """Return the folder that a path leads to, by the path that it really has; ``None`` where there is none."""
        whole = join(self._base, path)
        folders = self._filesystem.folders
        plain = whole.strip("/")
        found = plain if plain in folders else self._follow(whole)
        return found if found in folders else None

    def _children(self, folder: str) -> Mapping[str, int]:
        folders = self._filesystem.folders
        found = folders.get(folder.strip("/"))  # nearly always
        return folders.get(self._follow(folder), _NOTHING) if found is None else found

    def _follow(self, path: str) -> str:
        """Return the folder that a path leads to; where that cannot be known, one that is not there."""
        filesystem = self._filesystem
        done, left, links = "", parts_of(path), 0
        while left:
            part = left.pop()
            self._steps -= 1
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            number = filesystem.folders.get(done, _NOTHING).get(part, -1)
            target = filesystem.entries[number].target if number >= 0 else ""
            if target and filesystem.entries[number].kind is EntryKind.SYMLINK:
                links += 1
                if links > MOST_LINKS or len(target) > LONGEST_PATH:
                    return "."
                left += parts_of(target)
                done = "" if target.startswith("/") else done
            else:
                done = f"{done}/{part}" if done else part
            if self._steps < 0 or len(done) > LONGEST_PATH:
                return "."
        return done


def parts_of(path: str) -> list[str]:
    """Split a path, the last part first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
