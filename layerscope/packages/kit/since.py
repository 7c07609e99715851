"""Which layer installed a package, where all packages are in one database that every later installation rewrites."""

from collections.abc import Callable, Iterable, Mapping

from layerscope.errors import LayerscopeError
from layerscope.filesystem.files import Files


def first_told(
    files: Files,
    paths: Iterable[str],
    record: int,
    versions: Mapping[str, str],
    read: Callable[[int], Mapping[str, str]],
) -> dict[str, int]:
    """Return package → the database that first told of the version that ``record``, the last one, tells of.

    ``read`` takes older databases, at any of these ``paths``: package → version. Damaged ones are passed over.
    """
    since: dict[str, int] = {}
    before: Mapping[str, str] = {}
    for number in sorted(number for path in paths for number in files.at(path) if number < record):
        try:
            told = read(number)
        except LayerscopeError:
            continue
        since = _carried(since, before, told, number)
        before = told
    return _carried(since, before, versions, record)


def _carried(since: dict[str, int], before: Mapping[str, str], now: Mapping[str, str], number: int) -> dict[str, int]:
    return {name: since[name] if before.get(name) == version else number for name, version in now.items()}
