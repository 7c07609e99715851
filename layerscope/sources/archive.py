"""A saved archive that can be read at any place: an uncompressed tar file."""

import os
from collections.abc import Iterable, Mapping, Sequence

from layerscope.errors import LayerscopeError
from layerscope.layers import is_plain, read_tar
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probes, ReadFacts
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import DOCUMENT_LIMIT, Members, at_place, identity_of, too_large
from layerscope.sources.parallel import read_layers


class Archive:
    """The members of an open tar file; only its headers are read until a member is asked for."""

    transport = "file"
    fetched_bytes = None
    vouched_by = ""

    def __init__(self, file: int, title: str, progress: Progress, probes: Probes) -> None:
        self.title = title
        self._file = file
        self._progress = progress
        self._probes = probes
        try:
            self._contents = read_tar(FileWindow(file, 0, os.fstat(file).st_size), probes)
        except LayerscopeError as error:
            raise at_place(error, title) from error
        self._members = Members(self._contents.entries)

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def document(self, name: str) -> bytes:
        entry = self._members.get(name, self.title)
        if entry.size > DOCUMENT_LIMIT:
            raise too_large(name, self.title, entry.size)
        return FileWindow(self._file, entry.offset, entry.stored).take(entry.stored)

    def size(self, name: str) -> int | None:
        entry = self._members.find(name)
        return entry.size if entry else None

    def is_walked_by_headers(self, name: str) -> bool:
        return is_plain(self._window(name))

    def identity(self, name: str) -> tuple[int, ...] | None:
        status = os.fstat(self._file)
        window = self._window(name) if name else FileWindow(self._file, 0, status.st_size)
        return identity_of(status, window.start, window.length)

    def facts(self, name: str) -> Facts | None:
        window = self._window(name)
        return ReadFacts(self._file, window.start) if is_plain(window) else None

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        windows = {name: self._window(name) for name in names}
        return read_layers(windows, self.title, self._progress, self._probes)

    def filesystem(self) -> Contents | None:
        return self._contents

    def _window(self, name: str) -> FileWindow:
        entry = self._members.get(name, self.title)
        return FileWindow(self._file, entry.offset, entry.stored)
