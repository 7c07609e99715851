"""rpm's database made by hand: headers as rpm writes them, and the forms that a database has had."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from struct import pack
from typing import NamedTuple

GHOST = 0x40


class File(NamedTuple):
    path: str
    flags: int = 0
    state: int = 0


def header(
    name: str,
    version: str = "1.0-1",
    *,
    epoch: int | None = None,
    architecture: str = "x86_64",
    files: Iterable[File | str] = (),
    requires: Sequence[str] = (),
    recommends: Sequence[str] = (),
    supplements: Sequence[str] = (),
    provides: Sequence[str] = (),
) -> bytes:
    listed = [File(each) if isinstance(each, str) else each for each in files]
    folders = list(dict.fromkeys(each.path.rpartition("/")[0] + "/" for each in listed))
    number, _, release = version.partition("-")
    tags: dict[int, str | list[str] | list[int] | bytes] = {1000: name, 1001: number, 1002: release}
    if epoch is not None:
        tags[1003] = [epoch]
    tags[1022] = architecture
    if listed:
        tags[1029] = bytes(each.state for each in listed)
        tags[1037] = [each.flags for each in listed]
        tags[1116] = [folders.index(each.path.rpartition("/")[0] + "/") for each in listed]
        tags[1117] = [each.path.rpartition("/")[2] for each in listed]
        tags[1118] = folders
    for tag, names in ((1047, [name, *provides]), (1049, requires), (5046, recommends), (5052, supplements)):
        if names:
            tags[tag] = list(names)
    return header_of(tags)


def header_of(tags: Mapping[int, str | list[str] | list[int] | bytes]) -> bytes:
    entries, data = b"", b""
    for tag, value in tags.items():
        if isinstance(value, str):
            kind, count, raw = 6, 1, value.encode() + b"\0"
        elif isinstance(value, bytes):
            kind, count, raw = 1, len(value), value
        elif value and isinstance(value[0], int):
            kind, count, raw = 4, len(value), pack(f">{len(value)}I", *value)
            data += bytes(-len(data) % 4)
        else:
            kind, count, raw = 8, len(value), b"".join(str(each).encode() + b"\0" for each in value)
        entries += pack(">4I", tag, kind, len(data), count)
        data += raw
    return pack(">2I", len(entries) // 16, len(data)) + entries + data


def as_sqlite(headers: Iterable[bytes]) -> bytes:
    rows = ((each,) for each in headers)
    return sqlite_of(
        "CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)",
        ("INSERT INTO Packages (blob) VALUES (?)", rows),
    )


def sqlite_of(schema: str, *inserts: tuple[str, Iterable[tuple[object, ...]]]) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        for statement, rows in inserts:
            connection.executemany(statement, rows)
        connection.commit()
        return connection.serialize()


def as_ndb(headers: Iterable[bytes]) -> bytes:
    """As rpm's rpmpkg.c lays it out, in one page of slots; check sums are left out, since nobody reads them."""
    slots, blobs = b"", b""
    for package, each in enumerate(headers, 1):
        blob = pack("<4s3I", b"BlbS", package, 1, len(each)) + each
        blob += bytes(-(len(blob) + 12) % 16) + pack("<2I4s", 0, len(each), b"BlbE")
        slots += pack("<4s3I", b"Slot", package, (4096 + len(blobs)) // 16, len(blob) // 16)
        blobs += blob
    first = pack("<4s4I", b"RpmP", 0, 1, 1, 99).ljust(32, b"\0") + slots
    return first + pack("<4s3I", b"Slot", 0, 0, 0) * ((4096 - len(first)) // 16) + blobs


def as_berkeley(headers: Iterable[bytes], *, order: str = "<", size: int = 512) -> bytes:
    """A hash table of one page for each header, which stands on a chain of pages, or beside its key if it is short."""
    pages = [pack(order + "12x3I4x4xI", 0x61561, 9, size, 0).ljust(size, b"\0")]
    items = [(bytes(4), b"\x09\0\0\0"), *((pack(order + "I", at), each) for at, each in enumerate(headers, 1))]
    for key, value in items:
        first = len(pages) + 1
        parts = [value[at : at + size - 26] for at in range(0, len(value), size - 26)] if len(value) > 100 else []
        data = b"\3\0\0\0" + pack(order + "2I", first, len(value)) if parts else b"\1" + value
        places = size - len(key) - 1, size - len(key) - 1 - len(data)
        page = pack(order + "12x2I2H2B2H", 0, 0, 2, places[1], 0, 13, *places)
        pages.append(page.ljust(places[1], b"\0") + data + b"\1" + key)
        for at, part in enumerate(parts):
            following = first + at + 1 if at + 1 < len(parts) else 0
            pages.append((pack(order + "12x2I2H2B", 0, following, 1, len(part), 0, 7) + part).ljust(size, b"\0"))
    return b"".join(pages)
