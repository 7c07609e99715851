"""A folder: an OCI layout, a ``dir:`` image, or an archive that somebody unpacked."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from stat import S_ISREG

from layerscope.layers import is_plain
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow
from layerscope.progress import Progress
from layerscope.sources.medium import DOCUMENT_LIMIT, missing, too_large
from layerscope.sources.parallel import read_layers


class Folder:
    """The files below a folder. Links are followed as long as they stay inside: a layout is untrusted input."""

    transport = "folder"

    def __init__(self, path: Path, progress: Progress, probes: Probes) -> None:
        self.title = str(path)
        self._root = path.resolve()
        self._progress = progress
        self._probes = probes
        self._files = ExitStack()

    def names(self) -> Iterable[str]:
        """List the files of the folder and of its folders: no format that needs a list lies deeper."""
        for pattern in ("*", "*/*"):
            yield from (str(path.relative_to(self._root)) for path in sorted(self._root.glob(pattern)))

    def has(self, name: str) -> bool:
        return self._find(name) is not None

    def document(self, name: str) -> bytes:
        path = self._get(name)
        if (size := path.stat().st_size) > DOCUMENT_LIMIT:
            raise too_large(name, self.title, size)
        with path.open("rb") as file:
            return file.read(DOCUMENT_LIMIT)

    def size(self, name: str) -> int | None:
        path = self._find(name)
        return path.stat().st_size if path else None

    def is_walked_by_headers(self, name: str) -> bool:
        path = self._get(name)
        with path.open("rb", buffering=0) as file:
            return is_plain(FileWindow(file.fileno(), 0, path.stat().st_size))

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        windows = {}
        for name in names:
            file = self._files.enter_context(self._get(name).open("rb", buffering=0)).fileno()
            windows[name] = FileWindow(file, 0, os.fstat(file).st_size)
        return read_layers(windows, self.title, self._progress, self._probes)

    def filesystem(self) -> Contents | None:
        return None

    def close(self) -> None:
        """Close the layers, which stay open while somebody may ask for their contents."""
        self._files.close()

    def _find(self, name: str) -> Path | None:
        try:
            path = (self._root / name).resolve(strict=True)
            inside = path.is_relative_to(self._root) and S_ISREG(path.stat().st_mode)
        except (OSError, ValueError, RuntimeError):
            return None
        return path if inside else None

    def _get(self, name: str) -> Path:
        path = self._find(name)
        if path is None:
            raise missing(name, self.title)
        return path
