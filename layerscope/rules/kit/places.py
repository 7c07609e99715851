"""Where a tool keeps what it keeps: folders as a table spells them → the files in there that are the tool's."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.homes import absolute

XDG: Final = {
    "~cache": ("XDG_CACHE_HOME", ".cache"),
    "~data": ("XDG_DATA_HOME", ".local/share"),
    "~state": ("XDG_STATE_HOME", ".local/state"),
}
_SEARCH_PATHS: Final = ("PATH", "CLASSPATH", "PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH", "GEM_PATH")
"""Variables that name folders to run something from."""
_PATHS: Final = re.compile(r"""/[^\s:;,='"]*+""")
_LIST_LIMIT: Final = 64
"""Folders that one variable names."""
_PATH_LIMIT: Final = 4096
"""Characters of a path; of a longer one no system would take it."""


class Place(Struct, frozen=True):
    """A folder that may hold what a tool keeps."""

    folder: str
    """``/from/the/root``, or below ``~`` (each home), ``~cache``, ``~data``, ``~state`` (of the XDG base directory
    specification), ``$VARIABLE``; ``*.gem``: whichever folders hold files of that suffix."""
    shape: str = ""
    """How paths below the folder begin that are the tool's (of ``*.gem``: whole paths), as a regular expression. A
    variable may name any folder, so that its shape has to fit nothing but what the tool writes. Where more than the
    cache is in the folder, the group ``at`` is the part of it that may be mounted and deleted."""
    sign: str = ""
    """Found in the path of one file at least, or the folder is another's."""


def files_in(places: Sequence[Place], evidence: Evidence) -> dict[int, str]:
    """Return file → the folder of its cache, whatever became of the file."""
    found: dict[int, str] = {}
    for place in places:
        shape = re.compile(place.shape)
        if place.folder.startswith("*."):
            entries = ((number, evidence.entry(number)) for number in evidence.suffixed(place.folder[2:]))
            found.update({number: entry.parent for number, entry in entries if shape.match(entry.path)})
            continue
        folders = _folders(place, evidence)
        for folder in folders:
            found.update(_files(place, shape, folder, evidence))
        for folder in _led_to(folders, evidence):
            files = _files(place, shape, folder, evidence)
            found.update({number: at for number, at in files.items() if not evidence.package_of(number)})
    return found


def unused(found: Mapping[int, str], places: Sequence[Place], evidence: Evidence) -> dict[int, str]:
    """Leave out what the program runs from within the caches: links lead there, or the image's settings name it."""
    used, needed = set[str](), set[str]()
    started, mentioned = evidence.once(_started), evidence.once(_mentioned)
    for folder in set(found.values()):
        links = (link for link in evidence.links_to(folder) if not _is_spelled(link, places))
        if any(_between(started, folder)) or any(links):
            used.add(folder)
            continue
        needed.update(evidence.linked_into(folder))
        needed.update(path.strip("/") for path in _between(mentioned, folder) if path != f"{folder}/")
    parts = _outermost((*used, *needed))
    return {number: at for number, at in found.items() if not _is_below(evidence.entry(number).path, parts)}


def command(evidence: Evidence) -> str:
    """Return what a container is started with."""
    return " ".join((*evidence.image.run_config.entrypoint, *evidence.image.run_config.cmd))


def _folders(place: Place, evidence: Evidence) -> list[str]:
    """List the folders that a place may be in this image."""
    head, _, tail = place.folder.partition("/")
    if not head:
        return [tail]
    if head == "~":
        return _at_home(tail, evidence)
    if head in XDG:
        return [*_at_home(_tail(place), evidence), *_below(_variable(XDG[head][0], evidence), tail)]
    return _below(_variable(head[1:], evidence), tail)


def _led_to(folders: Iterable[str], evidence: Evidence) -> list[str]:
    """List the folders that others lead to over links: ``/root/.cache`` may be one to ``/data/cache``."""
    real = (evidence.folder_at(folder) for folder in folders)
    return list(dict.fromkeys(end for folder, end in zip(folders, real, strict=True) if end and end != folder))


def _tail(place: Place) -> str:
    """Return the folder's path from the root or from a home; of what a variable or a suffix tells, nothing."""
    head, _, tail = place.folder.partition("/")
    if head in XDG:
        return f"{XDG[head][1]}/{tail}"
    return tail if head in ("", "~") else ""


def _at_home(path: str, evidence: Evidence) -> list[str]:
    first, second = path.split("/", maxsplit=1)[0], "/".join(path.split("/")[:2])
    by_link = evidence.once(_homes_by_link)
    homes = evidence.once(_homes_by_folder).get(second, ())
    return _below(("", *homes, *by_link.get(first, ()), *by_link.get(second, ())), path)


def _homes_by_folder(evidence: Evidence) -> dict[str, list[str]]:
    """Return path of one or two names → the homes that have a folder of that path."""
    index: dict[str, list[str]] = {}
    for home in filter(None, evidence.homes):
        below = (folder[len(home) + 1 :].split("/", 2)[:2] for folder in evidence.folders_below(home))
        pairs = {tuple(names) for names in below}
        for path in {name for name, *_ in pairs} | {"/".join(names) for names in pairs}:
            index.setdefault(path, []).append(home)
    return index


def _homes_by_link(evidence: Evidence) -> dict[str, list[str]]:
    """Return path of one or two names → the homes that have a symbolic link of that path."""
    homes, index = set(evidence.homes), dict[str, list[str]]()
    for link in evidence.links():
        parent, _, name = link.rpartition("/")
        above, _, folder = parent.rpartition("/")
        for home, path in ((parent, name), (above, f"{folder}/{name}")):
            if home and home in homes:
                index.setdefault(path, []).append(home)
    return index


def _below(bases: Iterable[str], tail: str) -> list[str]:
    return list(dict.fromkeys(f"{base}/{tail}".strip("/") for base in bases))


def _variable(name: str, evidence: Evidence) -> list[str]:
    return absolute(re.split("[:,]", evidence.environment.get(name, ""))[:_LIST_LIMIT])


def _files(place: Place, shape: re.Pattern[str], folder: str, evidence: Evidence) -> dict[int, str]:
    paths = {number: evidence.entry(number).path for number in evidence.below(folder)}
    start = len(folder) + 1
    if place.sign and not any(re.search(place.sign, path[start:]) for path in paths.values()):
        return {}
    matches = ((number, shape.match(path, start)) for number, path in paths.items())
    found = {number: _cache_folder(folder, match) for number, match in matches if match}
    if (
        place.folder[0] == "$"
        and "at" not in shape.groupindex
        and _weight(paths, evidence) > 2 * _weight(found, evidence)
    ):
        return {}  # nobody may mount, or delete, a folder that holds more of others' than of the tool's
    return found


def _weight(numbers: Iterable[int], evidence: Evidence) -> int:
    return sum(evidence.entry(number).size for number in numbers)


def _cache_folder(folder: str, match: re.Match[str]) -> str:
    """Return the folder that the tool has to itself."""
    return f"{folder}/{match['at']}" if "at" in match.re.groupindex else folder


def _started(evidence: Evidence) -> list[str]:
    """List the paths that the program is started from, or searched in."""
    searched = [evidence.environment.get(name, "") for name in _SEARCH_PATHS]
    return _paths_in((command(evidence), evidence.image.run_config.working_dir, *searched))


def _mentioned(evidence: Evidence) -> list[str]:
    """List the paths that any variable names."""
    return _paths_in(evidence.environment.values())


def _is_spelled(link: str, places: Sequence[Place]) -> bool:
    """Tell whether a link stands where the tool, too, looks for its cache."""
    return any(tail and f"/{link}".endswith(f"/{tail}") for tail in map(_tail, places))


def _paths_in(texts: Iterable[str]) -> list[str]:
    """Sort the absolute paths that texts name, relative to the root, a slash behind each."""
    words = (word for text in texts for word in _PATHS.findall(text) if len(word) <= _PATH_LIMIT)
    return sorted({f"{path}/" for path in absolute(words)})


def _between(paths: Sequence[str], folder: str) -> Iterator[str]:
    """Yield those of sorted paths that are a folder or in it."""
    inside = f"{folder}/"
    for at in range(bisect_left(paths, inside), len(paths)):
        if not paths[at].startswith(inside):
            return
        yield paths[at]


def _outermost(paths: Iterable[str]) -> list[str]:
    """Sort paths, a slash behind each; those within others are left out."""
    kept: list[str] = []
    for path in sorted(f"{path}/" for path in paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def _is_below(path: str, outermost: Sequence[str]) -> bool:
    """Tell whether a path is one of these, or in one."""
    at = bisect_right(outermost, f"{path}/")
    return at > 0 and f"{path}/".startswith(outermost[at - 1])
