"""The bytes at a path and below it, by layer."""

from collections.abc import Iterator

from msgspec import Struct

from layerscope.blame.steps import is_folder, is_within
from layerscope.filesystem import Fate, Filesystem


class Share(Struct):
    """What one layer has to do with them."""

    kept: int = 0
    overwritten: int = 0
    removed: int = 0
    hid: int = 0
    """Bytes of lower layers."""


def shares_at(filesystem: Filesystem, path: str) -> dict[int, Share]:
    """Return layer → its share, the bottom layer first; those without any bytes are left out.

    Kept bytes are where their name stands (of hard links, the one that stands for all), hidden ones where they stood.
    """
    shares: dict[int, Share] = {}
    for number in names_within(filesystem, path):
        if kept := filesystem.heirs.get(number, filesystem.entries[number].size):
            layer = filesystem.layer_of(filesystem.carrier_of(number))
            shares.setdefault(layer, Share()).kept += kept
    for hidden in filesystem.hidden:
        if hidden.entry.size and is_within(hidden.entry.path, path):
            share = shares.setdefault(hidden.layer, Share())
            if hidden.fate is Fate.OVERWRITTEN:
                share.overwritten += hidden.entry.size
            else:
                share.removed += hidden.entry.size
            shares.setdefault(hidden.by, Share()).hid += hidden.entry.size
    return dict(sorted(shares.items()))


def names_within(filesystem: Filesystem, path: str) -> Iterator[int]:
    """Yield what stands at a path or below it and is no folder."""
    entries, folders = filesystem.entries, filesystem.folders
    number = standing_at(filesystem, path)
    if number is not None and not is_folder(entries, number):
        yield number
    waiting = [path] if path in folders else []
    while waiting:
        folder = waiting.pop()
        for name, number in folders[folder].items():
            if is_folder(entries, number):
                waiting.append(f"{folder}/{name}" if folder else name)
            else:
                yield number


def standing_at(filesystem: Filesystem, path: str) -> int | None:
    """Return the entry that stands at a path, -1 for a folder that no entry brought, ``None`` for nothing."""
    folder, _, name = path.rpartition("/")
    return filesystem.folders.get(folder, {}).get(name) if path else -1
