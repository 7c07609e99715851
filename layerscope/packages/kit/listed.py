"""The paths of a package whose record names each folder once, for all files in it."""

from collections.abc import Iterable
from typing import Final

from layerscope.errors import DamagedError

_TIMES: Final = 16
"""How many times as long as its record a package's paths may be together; those of real ones are about as long."""


def joined(parts: Iterable[tuple[str, str]], size: int, what: str) -> tuple[str, ...]:
    """Put folders, a slash behind each, and names of files together, as a record of ``size`` bytes has them.

    A folder's name may be nearly as long as the record, and stand before any number of files. Raises DamagedError where
    that is what makes the paths long; ``what`` names the database to a reader.
    """
    paths: list[str] = []
    left = _TIMES * size
    for folder, name in parts:
        left -= len(folder) + len(name)
        if left < 0:
            raise DamagedError(f"{what} lists paths that are many times as long as itself")
        paths.append(folder + name)
    return tuple(paths)
