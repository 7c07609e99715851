"""What a layer changed of what stood at a path."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from layerscope.answer import ChangeReport
from layerscope.filesystem.files import Files
from layerscope.model import Entry, EntryKind

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: Final = {
    EntryKind.FILE: "file",
    EntryKind.DIRECTORY: "directory",
    EntryKind.SYMLINK: "symlink",
    EntryKind.HARDLINK: "file",  # one that leads nowhere
    EntryKind.CHARACTER_DEVICE: "character_device",
    EntryKind.BLOCK_DEVICE: "block_device",
    EntryKind.FIFO: "fifo",
}


def kind_of(files: Files, number: int | None) -> str | None:
    """Name what stands somewhere."""
    if number is None:
        return None
    return "directory" if number < 0 else _KINDS[files.entry(files.carrier_of(number)).kind]


def same_contents(files: Files, before: int, after: int) -> bool | None:
    """Compare what stood and what stands; ``None`` where that cannot be known. Read only where sizes are equal."""
    old, new = files.carrier_of(before), files.carrier_of(after)
    one, other = files.entry(old), files.entry(new)
    if (one.kind, one.size, one.target) != (other.kind, other.size, other.target):
        return False
    if old == new or one.kind is EntryKind.SYMLINK or not one.size:
        return True if one.kind in (EntryKind.FILE, EntryKind.SYMLINK, EntryKind.FIFO) else None
    first, second = files.digest(old), files.digest(new)
    return None if first is None or second is None else first == second


def changes(old: Entry, new: Entry) -> Iterator[ChangeReport]:
    """Tell owner, mode and time apart; of a folder its time says nothing: it changes with every file in it."""
    pairs = [("owner", f"{old.uid}:{old.gid}", f"{new.uid}:{new.gid}")]
    if new.kind is not EntryKind.SYMLINK:
        pairs.append(("mode", _octal(old.mode), _octal(new.mode)))
    if new.kind is not EntryKind.DIRECTORY:
        pairs.append(("time", _time(old.mtime), _time(new.mtime)))
    for what, before, after in pairs:
        if before != after:
            yield ChangeReport(what, before, after)


def _octal(mode: int) -> str:
    return f"{mode & 0o7777:04o}"


def _time(seconds: int) -> str:
    """Write a time; one that no calendar has stays a number."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return str(seconds)
