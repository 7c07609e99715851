"""What the tests of the cache share: caches that tell what they hold, and layers that nobody may walk."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from layerscope.cache import Cache
from layerscope.cache.store import KINDS, Kind


class Telling(Cache):
    """A cache that tells what was put into it."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self.put_there: list[tuple[Kind, bytes]] = []

    def put(self, kind: Kind, key: bytes, body: bytes) -> None:
        self.put_there.append((kind, key))
        super().put(kind, key, body)


def settled(path: Path) -> Path:
    """Wait until a file, or the newest in a folder, was not changed a moment ago."""
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    newest = max(each.stat().st_ctime for each in files)
    time.sleep(max(0.0, newest + 0.12 - time.time()))
    return path


def entries_of(folder: Path) -> dict[str, bytes]:
    """Return the files of all entries."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for kind in KINDS
        for path in (folder / kind).rglob("*")
        if path.is_file()
    }


def restore(folder: Path, entries: Mapping[str, bytes]) -> None:
    for name, contents in entries.items():
        (folder / name).write_bytes(contents)


@contextmanager
def nothing_walked() -> Iterator[None]:
    """Fail whoever walks a layer of a file or folder."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("a layer was walked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("layerscope.sources.archive.read_layers", refuse)
        patch.setattr("layerscope.sources.layout.read_layers", refuse)
        yield
