"""Databases of SQLite that an image holds: read in memory, with every means that SQLite has against hostile ones."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from layerscope.errors import DamagedError, UnsupportedError

if TYPE_CHECKING:
    import sqlite3

MAGIC: Final = b"SQLite format 3\0"
LOG_SUFFIX: Final = "-wal"
"""Of the file beside a database in which its last changes may still stand: many a program leaves them there."""

_LOG_MAGIC: Final = frozenset({0x377F0682, 0x377F0683})
_LOG_HEADER: Final = Struct(">8I")
_FRAME: Final = Struct(">6I")
_STEP: Final = 10_000
_STEPS: Final = 1_000
"""Instructions of SQLite's machine, in steps, after which a query is given up: a package takes some ten."""
_LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one value."""
_TABLES: Final = """
    SELECT sql LIKE 'CREATE TABLE %' AND NOT EXISTS (SELECT * FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden)
    FROM sqlite_master WHERE type = 'table' AND name = ?
"""
"""Whether a table is plain: no view, no virtual table, and without columns that are computed."""


def with_log(contents: bytes, log: bytes) -> bytes:
    """Return a database with the changes that its log holds, up to the last that was finished (fileformat2, 4).

    Pages of an earlier use of the log, left behind the present ones, do not count.
    """
    if len(log) < _LOG_HEADER.size or not contents.startswith(MAGIC):
        return contents
    magic, _, size, _, *salts, _, _ = _LOG_HEADER.unpack_from(log)
    if magic not in _LOG_MAGIC or not 512 <= size <= 65536:
        return contents
    pages: dict[int, int] = {}
    finished: dict[int, int] = {}
    end = 0
    for at in range(_LOG_HEADER.size, len(log) - _FRAME.size - size + 1, _FRAME.size + size):
        page, count, *salts_of_frame, _, _ = _FRAME.unpack_from(log, at)
        if salts_of_frame != salts or not page:
            break
        pages[page] = at + _FRAME.size
        if count:
            finished.update(pages)
            pages.clear()
            end = count * size
    if not 0 < end <= len(contents) + len(log):
        return contents
    changed = bytearray(contents[:end].ljust(end, b"\0"))
    for page, at in finished.items():
        if page * size <= end:
            changed[(page - 1) * size : page * size] = log[at : at + size]
    return bytes(changed)


def select(contents: bytes, tables: Iterable[str], query: str, what: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that a query finds in plain ``tables``; ``what`` names the database to a reader.

    Raises DamagedError for what is no database, or one that keeps a query busy.
    """
    import sqlite3

    if not hasattr(sqlite3.Connection, "deserialize"):
        raise UnsupportedError(f"{what} is SQLite's, which this Python cannot read from memory")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            _open(connection, contents)
            for table in tables:
                _expect_plain(connection, table, what)
            left = len(contents)
            for row in connection.execute(query):
                left -= sum(len(value) for value in row if isinstance(value, bytes | str))
                if left < 0:
                    raise DamagedError(f"{what} claims to hold more than its size")
                yield row
    except (sqlite3.Error, ValueError, OverflowError) as error:
        # A message may quote the database, and Python fails where that is no text: the name of the error says enough.
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        raise DamagedError(f"{what} cannot be read by SQLite ({name})") from error


def _open(connection: "sqlite3.Connection", contents: bytes) -> None:
    import sqlite3

    steps = iter(range(_STEPS))
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.set_progress_handler(lambda: next(steps, None) is None, _STEP)
    # One that was written ahead says so in two bytes, and would want a second file beside it (fileformat2, 1.3.3).
    connection.deserialize(contents[:18] + b"\1\1" + contents[20:])


def _expect_plain(connection: "sqlite3.Connection", table: str, what: str) -> None:
    if connection.execute(_TABLES, (table,)).fetchall() != [(1,)]:
        raise DamagedError(f"{what} has no plain table {table}")
