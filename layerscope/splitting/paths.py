"""Paths as a program of the image sees them: over links to what stands at their end."""

import re
from collections.abc import Iterable
from functools import cached_property
from posixpath import join
from typing import Final

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.model import EntryKind, RunConfig

_LINKS: Final = 40
"""Links that one path may lead over, as Linux has it (path_resolution(7))."""
_DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^{}$]*+))?\})")
_MOST_VARIABLES: Final = 8
_LONGEST: Final = 4096
"""Characters of a path, as Linux has it (PATH_MAX)."""
_MOST_FOLDERS: Final = 64
_MOST_OF_A_NAME: Final = 64
"""Files of one name that are taken for a library which no usual folder has."""


class Paths:
    """Looks paths up in the final filesystem of one image."""

    def __init__(self, files: Files, run: RunConfig) -> None:
        self._files = files
        self._standing = Standing(files.filesystem)
        self._run = run

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables that the image sets."""
        return {name: value for name, _, value in (each.partition("=") for each in self._run.env)}

    def way(self, path: str) -> list[int]:
        """List the links that a path leads over and the file at its end; nothing where it leads nowhere."""
        found: list[int] = []
        for _ in range(_LINKS):
            numbers = self._standing.files([path])
            if not numbers:
                return []
            entry = self._files.entry(numbers[0])
            found += numbers
            if entry.kind is not EntryKind.SYMLINK:
                return found
            path = join("/", entry.parent, entry.target)
        return []

    def folder_links(self, path: str) -> list[int]:
        """List the links among the folders that an absolute path leads through, as it is written."""
        folders = path.split("/")[1:-1]
        return [
            number
            for depth in range(1, min(len(folders), _MOST_FOLDERS) + 1)
            for number in self._standing.files(["/" + "/".join(folders[:depth])])
            if self._files.entry(number).kind is EntryKind.SYMLINK
        ]

    def expanded(self, word: str) -> str:
        """Put the image's variables into a word of a script; what is none of them stays as it is written."""

        def value(match: re.Match[str]) -> str:
            return self.environment.get(match[1] or match[2], "")[:_LONGEST] or match[3] or match[0]

        return _VARIABLE.sub(value, word, _MOST_VARIABLES) if "$" in word else word

    def program(self, word: str) -> list[int]:
        """List the way to a program, as a shell finds it by its name or path."""
        if not word or "\0" in word or len(word) > _LONGEST:
            return []
        if "/" in word:
            return self.way(self.absolute(word))
        return next((way for folder in self._searched() if (way := self.way(f"{folder}/{word}"))), [])

    def absolute(self, path: str) -> str:
        """Put a path on the working directory."""
        return join("/", self._run.working_dir, path)

    def library(self, name: str, folders: Iterable[str]) -> list[int]:
        """List the way to a library in the first of the folders that has it, else every file of its name."""
        if "/" in name:
            return self.way(join("/", name))
        for folder in (*folders, *self._library_folders):
            if way := self.way(f"/{folder.strip('/')}/{name}"):
                return way
        return [
            each
            for number in self._files.named(name)[:_MOST_OF_A_NAME]
            if self._files.is_kept(number)
            for each in self._from(number)
        ]

    def _from(self, number: int) -> list[int]:
        return self.way(f"/{self._files.entry(number).path}")

    def _searched(self) -> list[str]:
        return self.environment.get("PATH", _DEFAULT_PATH).split(":")[:_MOST_FOLDERS]

    @cached_property
    def _library_folders(self) -> tuple[str, ...]:
        """Where loaders look by themselves, and Debian's folders of each architecture."""
        named = [each for each in self.environment.get("LD_LIBRARY_PATH", "").split(":")[:_MOST_FOLDERS] if each]
        usual = ["usr/local/lib", "lib", "usr/lib", "lib64", "usr/lib64"]
        folders = self._files.filesystem.folders
        triplets = [
            f"{above}/{name}"
            for above in ("usr/local/lib", "usr/lib", "lib")
            for name in sorted(folders.get(above, {}))
            if "-linux-" in name and f"{above}/{name}" in folders
        ]
        return (*named, *triplets, *usual)
