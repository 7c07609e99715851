"""Files that the user's own commands wrote, where the set-up of packages writes too."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from layerscope.build.shell import Command
from layerscope.filesystem.files import Files
from layerscope.splitting.paths import Paths
from layerscope.splitting.seam import Seam

_ALTERNATIVES: Final = "etc/alternatives/"
_SETTINGS: Final = frozenset(
    {"etc/localtime", "etc/timezone", "etc/environment", "etc/shells", "etc/mailcap", "etc/ca-certificates.conf"}
)
_FOLDERS_OF_SETTINGS: Final = (_ALTERNATIVES, "etc/systemd/system/", "etc/pam.d/", "etc/rc")
_CONFIGURATION: Final = "etc/"
_OF_APT: Final = "etc/apt/"
"""Where instructions clean up after themselves."""
_CHOOSER: Final = "update-alternatives"
_LINKS: Final = ("--install", "--slave")
"""What is followed by the link to an alternative."""
_EDITORS: Final = frozenset({"chgrp", "chmod", "chown", "patch", "perl", "sed", "setcap", "tee", "truncate"})
_PLACERS: Final = frozenset({"cp", "install", "ln", "mv"})
"""They write the last word of theirs."""


class ByHand:
    """Tells it by the layer, and where packages are installed in that too, by what its commands name."""

    def __init__(self, files: Files, seam: Seam, paths: Paths) -> None:
        self._files = files
        self._installing = seam.installing
        self._written = frozenset(_written(files, seam, paths))

    def wrote(self, number: int) -> bool:
        """Tell whether the user's instruction wrote a file, and no set-up of a package."""
        return self._files.layer_of(number) not in self._installing or self.edited(number)

    def edited(self, number: int) -> bool:
        """Tell whether a command of the file's layer writes it, by its name or over links."""
        return (self._files.layer_of(number), number) in self._written

    def set(self, number: int) -> bool:
        """Tell whether the user wrote a setting that the set-up of packages writes too: the time zone, alternatives."""
        path = self._files.entry(number).path
        return (path in _SETTINGS or path.startswith(_FOLDERS_OF_SETTINGS)) and self.wrote(number)


def removed(files: Files, seam: Seam) -> tuple[str, ...]:
    """List what the user removed of the configuration, which the set-up of a package would bring again."""
    words = (word for _, command in seam.commands() if command.program == "rm" for word in command.words[1:])
    paths = dict.fromkeys(word.strip("/") for word in words if word.startswith(f"/{_CONFIGURATION}"))
    return tuple(path for path in paths if _is_missing(path, files) and not path.startswith(_OF_APT))


def _is_missing(path: str, files: Files) -> bool:
    """Tell whether a path, and no pattern, leads to nothing in a folder that is there."""
    folder, _, name = path.rpartition("/")
    is_plain = name not in (".", "..") and not any(char in path for char in "*?[$`")
    return is_plain and name not in files.filesystem.folders.get(folder, {name: 0})


def _written(files: Files, seam: Seam, paths: Paths) -> Iterator[tuple[int | None, int]]:
    """Yield layer and file of what commands write, as far as they name it by its whole path."""
    for instruction, command in seam.commands():
        makes_links = command.program in (_CHOOSER, "ln")
        for word in _targets(command):
            path = word.strip("/")
            if (number := files.kept_at(path)) is not None:
                yield instruction.layer, number
            if not makes_links:
                yield from ((instruction.layer, number) for number in paths.way(f"/{path}"))


def _targets(command: Command) -> Iterator[str]:
    yield from command.redirected
    if command.program == _CHOOSER:
        yield from (f"{_ALTERNATIVES}{word}" for word in command.words[1:] if "/" not in word)
        yield from (link for option, link in pairwise(command.words) if option in _LINKS)
    elif command.program in _EDITORS:
        yield from (word for word in command.words[1:] if word.startswith("/"))
    elif command.program in _PLACERS:
        yield command.words[-1]
