"""rpm's database, in each of the forms that it has had: file → one header for each installed package."""

from collections.abc import Iterator
from typing import Final

from layerscope.errors import DamagedError
from layerscope.packages.kit import sqlite
from layerscope.packages.kit.rpm import berkeley, ndb

WHAT: Final = "rpm's database"


def headers_in(contents: bytes) -> Iterator[bytes]:
    """Yield the header of each package; raises DamagedError for what is no database of rpm's."""
    if contents.startswith(sqlite.MAGIC):
        for (header,) in sqlite.select(contents, ("Packages",), "SELECT blob FROM Packages", WHAT):
            if isinstance(header, bytes):
                yield header
    elif contents.startswith(ndb.MAGIC):
        yield from ndb.headers_in(contents)
    elif berkeley.is_hash(contents):
        yield from berkeley.headers_in(contents)
    elif contents:
        raise DamagedError(f"{WHAT} has a form that rpm never had")
