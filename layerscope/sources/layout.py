"""A folder: an OCI layout, a ``dir:`` image, or an archive that somebody unpacked."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from stat import S_ISREG
from typing import Final

from layerscope.layers import is_plain
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probes, ReadFacts
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import DOCUMENT_LIMIT, identity_of, missing, too_large
from layerscope.sources.parallel import read_layers

_READING: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
"""A pipe in the place of a file is not waited for."""


class Folder:
    """The files below a folder. Links are followed as long as they stay inside: a layout is untrusted input."""

    transport = "folder"
    fetched_bytes = None
    vouched_by = ""

    def __init__(self, path: Path, progress: Progress, probes: Probes) -> None:
        self.title = str(path)
        self._root = path.resolve()
        self._progress = progress
        self._probes = probes
        self._files = ExitStack()
        self._folders: dict[str, str | None] = {}
        """The folders that members were looked for in, links followed: of many blobs there are few."""

    def names(self) -> Iterable[str]:
        """List the files of the folder and of its folders: no format that needs a list lies deeper."""
        for pattern in ("*", "*/*"):
            yield from (str(path.relative_to(self._root)) for path in sorted(self._root.glob(pattern)))

    def has(self, name: str) -> bool:
        return self._find(name) is not None

    def document(self, name: str) -> bytes:
        file, size = self._open_file(name)
        try:
            if size > DOCUMENT_LIMIT:
                raise too_large(name, self.title, size)
            return os.read(file, size)
        finally:
            os.close(file)

    def size(self, name: str) -> int | None:
        path = self._find(name)
        return Path(path).stat().st_size if path else None

    def is_walked_by_headers(self, name: str) -> bool:
        path = Path(self._get(name))
        with path.open("rb", buffering=0) as file:
            return is_plain(FileWindow(file.fileno(), 0, path.stat().st_size))

    def identity(self, name: str) -> tuple[int, ...] | None:
        if not name:
            return None
        status = Path(self._get(name)).stat()
        return identity_of(status, 0, status.st_size)

    def facts(self, name: str) -> Facts | None:
        if self._probes is None:  # nobody will ask
            return None
        window = self._opened(name, self._files)
        return ReadFacts(window.file, 0) if is_plain(window) else None

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        with ExitStack() as files:
            windows = {name: self._opened(name, files) for name in names}
            walked = read_layers(windows, self.title, self._progress, self._probes)
            if self._probes is not None:
                self._files.push(files.pop_all())
        return walked

    def filesystem(self) -> Contents | None:
        return None

    def close(self) -> None:
        """Close the layers, which stay open while somebody may ask for their contents."""
        self._files.close()

    def _opened(self, name: str, files: ExitStack) -> FileWindow:
        path = Path(self._get(name))
        file = files.enter_context(path.open("rb", buffering=0)).fileno()
        return FileWindow(file, 0, os.fstat(file).st_size)

    def _open_file(self, name: str) -> tuple[int, int]:
        """Open a member, tell its size. There are thousands, nearly none of them a link: those are looked at later."""
        with suppress(OSError, ValueError):
            if path := self._place(name):
                file = os.open(path, _READING)
                status = os.fstat(file)
                if S_ISREG(status.st_mode):
                    return file, status.st_size
                os.close(file)
        file = os.open(self._get(name), os.O_RDONLY | getattr(os, "O_BINARY", 0))
        return file, os.fstat(file).st_size

    def _place(self, name: str) -> str | None:
        """Return the path of a member, links to its folder followed; ``None`` where that lies outside."""
        folder, _, last = name.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self._resolved(folder)
        inside = self._folders[folder]
        return None if inside is None or last in ("", ".", "..") else f"{inside}/{last}"

    def _find(self, name: str) -> str | None:
        """Return the path of a member, links followed; ``None`` for what is no file, or lies outside."""
        if path := self._place(name):
            try:
                mode = os.lstat(path).st_mode
            except (OSError, ValueError):
                return None
            if S_ISREG(mode):  # nearly all are, and need no more looking at
                return path
        found = self._resolved(name)
        return found if found is not None and Path(found).is_file() else None

    def _resolved(self, name: str) -> str | None:
        try:
            path = (self._root / name).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            return None
        return str(path) if path.is_relative_to(self._root) else None

    def _get(self, name: str) -> str:
        path = self._find(name)
        if path is None:
            raise missing(name, self.title)
        return path
