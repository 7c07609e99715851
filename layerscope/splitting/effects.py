"""Files that no package lists, since its set-up makes them: they come again where the package is installed again."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.packages import Owned
from layerscope.splitting.byhand import ByHand
from layerscope.splitting.loose import is_state
from layerscope.splitting.seam import Seam
from layerscope.splitting.system import System

SOME: Final = ""
"""The package that made something, where it is not known which."""
_NO_SET_UP: Final = ("usr/local/", "opt/", "srv/", "home/", "root/", "tmp/", "run/", "var/tmp/", "var/cache/")
"""Folders that no set-up of a package writes to, or that are nobody's."""
_ALTERNATIVES: Final = "/etc/alternatives/"
_CERTIFICATES: Final = "etc/ssl/certs"
_OWN_CERTIFICATES: Final = "usr/local/share/ca-certificates"
_SHARED: Final = frozenset(
    {"bin", "sbin", "lib", "lib64", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/libexec", "usr/share", "usr"}
    | {"usr/share/man/man1", "usr/share/man/man8", "usr/lib/python3/dist-packages", "usr/games", "usr/src"}
)
"""Folders in which several packages, and users, put what is theirs."""


class Effects:
    """Finds who made a file that nobody lists."""

    def __init__(self, files: Files, owned: Owned, seam: Seam, system: System | None, by_hand: ByHand) -> None:
        self._files = files
        self._by_hand = by_hand
        self._owned = owned
        self._seam = seam
        self._system = system
        self._folders: dict[str, str | None] = {}

    def of(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return file → the package whose set-up made it, ``SOME`` where that is not known; others are left out."""
        found = ((number, self._maker(number)) for number in numbers if number not in self._owned.owner_of)
        return {number: name for number, name in found if name is not None}

    def _maker(self, number: int) -> str | None:
        if self._by_hand.edited(number):
            return None
        entry = self._files.entry(number)
        if entry.kind is EntryKind.SYMLINK and entry.target.startswith(_ALTERNATIVES):
            return None if self._by_hand.wrote(number) else self._behind(entry.target)
        if entry.parent.endswith("/__pycache__"):
            module = entry.name.partition(".")[0]
            return self._owner(f"{entry.parent.removesuffix('/__pycache__')}/{module}.py")
        if f"{entry.parent}/".startswith(f"{_CERTIFICATES}/"):
            return None if self._has_own_certificates else self._certifier(entry.parent)
        layer = self._files.layer_of(number)
        maker = None
        if layer in self._seam.installing and entry.parent.startswith("usr/") and entry.parent[:9] != "usr/local":
            maker = self._of_folder(entry.parent)
        is_elsewhere = is_state(entry.path) or entry.path.startswith(_NO_SET_UP) or layer not in self._seam.purely
        return maker if maker or is_elsewhere else SOME

    def _of_folder(self, folder: str) -> str | None:
        """Return the package that has other files in a folder."""
        if folder not in self._folders:
            children = self._files.filesystem.folders.get(folder, {})
            owners = (self._name(number) for number in children.values())
            shared = folder in _SHARED or "-linux-" in folder.rpartition("/")[2]
            self._folders[folder] = None if shared else next((name for name in owners if name), None)
        return self._folders[folder]

    def _behind(self, alternative: str) -> str | None:
        """Return the package that an alternative leads to."""
        number = self._files.kept_at(alternative.strip("/"))
        return None if number is None else self._owner(self._files.entry(number).target.strip("/"))

    def _owner(self, path: str) -> str | None:
        number = self._files.kept_at(path)
        return None if number is None else self._name(number)

    def _name(self, number: int) -> str | None:
        index = self._owned.owner_of.get(number)
        if index is None or self._system is None:
            return None
        package = self._owned.packages[index]
        return self._system.keys.get(package.key) if package.manager == self._system.manager else None

    def _certifier(self, folder: str) -> str | None:
        name = "ca-certificates-java" if folder == f"{_CERTIFICATES}/java" else "ca-certificates"
        return name if self._system and name in self._system.units else None

    @cached_property
    def _has_own_certificates(self) -> bool:
        numbers = self._files.below(_OWN_CERTIFICATES)
        return any(self._files.is_kept(number) for number in numbers)
