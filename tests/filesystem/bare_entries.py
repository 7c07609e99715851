"""Entries without the tar around them."""

from layerscope.model import Entry, EntryKind


def entry(path: str, kind: EntryKind, size: int = 0, target: str = "") -> Entry:
    parent, _, name = path.rpartition("/")
    return Entry(parent, name, kind, size, target, 0o644, 0, 0, 0, 0, size)


def file(path: str, size: int) -> Entry:
    return entry(path, EntryKind.FILE, size)


def folder(path: str) -> Entry:
    return entry(path, EntryKind.DIRECTORY)


def symlink(path: str, target: str) -> Entry:
    return entry(path, EntryKind.SYMLINK, len(target), target)


def hardlink(path: str, target: str) -> Entry:
    return entry(path, EntryKind.HARDLINK, 0, target)


def whiteout(path: str) -> Entry:
    return entry(path, EntryKind.WHITEOUT)


def opaque(path: str) -> Entry:
    """Hide all that the lower layers have in the folder."""
    return Entry(path, "", EntryKind.OPAQUE, 0, "", 0o644, 0, 0, 0, 0, 0)
