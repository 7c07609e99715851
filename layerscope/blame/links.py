"""Where a path leads in the final filesystem, over which symbolic links."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from layerscope.filesystem import Filesystem
from layerscope.model import EntryKind

_LINKS: Final = 40
"""Links that one path may lead over, as Linux has it (path_resolution(7))."""
_LONGEST: Final = 4096
"""Characters of a path, as Linux has it (PATH_MAX)."""


class Way(Struct, frozen=True):
    """Where a path leads."""

    path: str
    links: tuple[int, ...]
    """The links on the way, by number."""


def ways(filesystem: Filesystem, path: str) -> Iterator[Way]:
    """Yield what may be meant by a path, the likeliest first: its end, the last link to it, …, the path as it stands.

    A link that leads nowhere is itself what is meant, and so is the first one of a ring.
    """
    done, left = "", _parts(path)
    links: list[int] = []
    stops: list[Way] = []
    while left and len(links) <= _LINKS and len(done) <= _LONGEST:
        part = left.pop()
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        at = f"{done}/{part}" if done else part
        number = filesystem.folders.get(done, {}).get(part, -1)
        if number < 0 or filesystem.entries[number].kind is not EntryKind.SYMLINK:
            done = at
            continue
        target = filesystem.entries[number].target
        if not left:
            stops.append(Way(at, tuple(links)))
        links.append(number)
        left += _parts(target[: _LONGEST + 1])
        done = "" if target.startswith("/") else done
    if left:
        yield from stops[:1]
    else:
        yield Way(done, tuple(links))
        yield from reversed(stops)
    yield Way(path, ())


def _parts(path: str) -> list[str]:
    """Split a path, the last part first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
