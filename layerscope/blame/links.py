"""Where a path leads in the final filesystem, over which symbolic links."""

from collections.abc import Iterator

from msgspec import Struct

from layerscope.filesystem import Filesystem
from layerscope.filesystem.standing import LONGEST_PATH, MOST_LINKS, parts_of
from layerscope.model import EntryKind


class Way(Struct, frozen=True):
    """Where a path leads."""

    path: str
    links: tuple[int, ...]
    """The links on the way, by number."""


def ways(filesystem: Filesystem, path: str) -> Iterator[Way]:
    """Yield what may be meant by a path, the likeliest first: its end, the last link to it, …, the path as it stands.

    A link that leads nowhere is itself what is meant, and so is the first one of a ring.
    """
    done, left = "", parts_of(path)
    links: list[int] = []
    stops: list[Way] = []
    while left and len(links) <= MOST_LINKS and len(done) <= LONGEST_PATH:
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
        left += parts_of(target[: LONGEST_PATH + 1])
        done = "" if target.startswith("/") else done
    if left:
        yield from stops[:1]
    else:
        yield Way(done, tuple(links))
        yield from reversed(stops)
    yield Way(path, ())
