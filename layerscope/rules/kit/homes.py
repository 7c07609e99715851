"""Whose home is where: what ``/etc/passwd`` says of it."""

from collections.abc import Iterable
from posixpath import normpath
from typing import Final

from layerscope.layers.facts import Probe
from layerscope.layers.windows import Window
from layerscope.model import Entry

_LIMIT: Final = 64 * 1024
_FIELD: Final = 5


class _Passwd:
    """A probe: the homes that ``/etc/passwd`` names."""

    name: Final = "homes"
    finds: Final = tuple[str, ...]

    def wants(self, entry: Entry) -> bool:
        return entry.name == "passwd" and entry.parent == "etc" and entry.size <= _LIMIT

    def look(self, window: Window, size: int) -> tuple[str, ...] | None:
        lines = window.take(size).decode(errors="surrogateescape").splitlines()
        fields = [line.split(":") for line in lines]
        return tuple(dict.fromkeys(each[_FIELD] for each in fields if len(each) > _FIELD))


PASSWD: Final[Probe] = _Passwd()
"""A rule that asks for homes has it among its probes."""


def absolute(paths: Iterable[str]) -> list[str]:
    """Make paths relative to the root, those that are not absolute and the root itself left out."""
    return [cut for path in paths if path.startswith("/") and (cut := normpath(path).strip("/"))]
