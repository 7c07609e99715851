"""What may have been meant by a name that is nowhere."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Final

from layerscope.analysis import Analysis
from layerscope.blame.asked import Asked
from layerscope.blame.links import ways
from layerscope.filesystem.files import Files
from layerscope.packages import Owned

_SHOWN: Final = 3
_COMPARED: Final = 2_000
"""Names that are compared with the one that was asked for."""
_LONGEST: Final = 64
"""Characters of a name that is compared: the work is a name's length times the other's."""


def near(analysis: Analysis, asked: Asked) -> list[str]:
    """List a few packages and paths with a name like it, as one would ask for them."""
    found: dict[str, None] = {}
    if not asked.is_path:
        found.update(dict.fromkeys(_packages(analysis.owned or Owned(), asked)))
    if not asked.manager:
        found.update(dict.fromkeys(_paths(analysis.files, asked.path)))
    return list(islice(found, _SHOWN))


def _packages(owned: Owned, asked: Asked) -> list[str]:
    names = (each.name for each in owned.packages if asked.manager in ("", each.manager))
    prefix = f"{asked.manager}:" if asked.manager else ""
    return [prefix + name for name in _close(asked.name, names)]


def _paths(files: Files, path: str) -> Iterator[str]:
    """Yield what has the same name elsewhere, then what is named nearly so in the nearest folder that is there."""
    folders = files.filesystem.folders
    path = next(ways(files.filesystem, path)).path
    name = path.rpartition("/")[2]
    elsewhere = {files.entry(number).path for number in files.named(name)}
    elsewhere.update(folder for folder in folders if folder.rpartition("/")[2] == name)
    yield from (f"/{each}" for each in sorted(elsewhere, key=lambda each: (len(each), each))[:_SHOWN])
    folder, missing = "", path
    while missing:
        part, _, rest = missing.partition("/")
        below = f"{folder}/{part}" if folder else part
        if below not in folders:
            if rest and elsewhere:
                return  # a folder alone says less
            yield from (f"{folder and '/'}{folder}/{each}" for each in _close(part, folders[folder]))
            return
        folder, missing = below, rest


def _close(name: str, names: Iterable[str]) -> list[str]:
    if len(name) > _LONGEST:
        return []
    compared = islice((each for each in names if len(each) <= _LONGEST), _COMPARED)
    return get_close_matches(name, compared, _SHOWN, 0.7)
