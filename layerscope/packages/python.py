"""Python distributions: each tells of itself in a folder beside its files, in every environment of the image."""

from collections.abc import Container, Iterator, Mapping
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import HeadProbe, TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.manager import Installed, Manager, Need, Rank, Reason
from layerscope.packages.kit.reach import Want
from layerscope.packages.kit.wheels import (
    Metadata,
    normal,
    parse_installed_files,
    parse_metadata,
    parse_record,
    who_wants,
)

_LIST_LIMIT: Final = 32 * 1024 * 1024
_HEAD_LIMIT: Final = 256 * 1024
_DIST, _EGG = ".dist-info", ".egg-info"
_ENVIRONMENTS: Final = ("site-packages", "dist-packages")
_LISTS: Final = frozenset({"RECORD", "installed-files.txt"})
_BOOKS: Final = ("RECORD", "METADATA", "PKG-INFO")


def _is_list(entry: Entry) -> bool:
    return entry.name in _LISTS and entry.parent.endswith((_DIST, _EGG))


def _is_metadata(entry: Entry) -> bool:
    if entry.name.endswith(_EGG):
        return entry.parent.endswith(_ENVIRONMENTS)
    return entry.name in ("METADATA", "PKG-INFO") and entry.parent.endswith((_DIST, _EGG))


LISTS: Final = TextProbe(_is_list, _LIST_LIMIT)
METADATA: Final = HeadProbe(_is_metadata, _HEAD_LIMIT)


class _Distribution(Struct, frozen=True):
    """One package of an environment."""

    path: str
    """The folder, or the single file, that tells of it."""
    books: Mapping[str, int]
    """Name → entry of what is in the folder."""
    record: int
    metadata: Metadata


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    environments = files.once(_environments)
    for folder in sorted(environments, key=lambda folder: (not folder.endswith(_ENVIRONMENTS), folder)):
        # Later come caches that share their files by links, and packages within another's files, as setuptools has.
        yield from _of_environment(files, folder, environments[folder])


def _environments(files: Files) -> dict[str, list[_Distribution]]:
    """Return folder → the packages that lie beside one another in it; of one name the first."""
    found: dict[str, dict[str, _Distribution]] = {}
    folders = files.filesystem.folders
    for folder, children in folders.items():
        if folder.endswith((_DIST, _EGG)):
            books = {name: number for name, number in children.items() if number >= 0}
            _note(found, files, folder, books)
        elif folder.endswith(_ENVIRONMENTS):
            for name, number in children.items():
                if name.endswith(_EGG) and f"{folder}/{name}" not in folders:
                    _note(found, files, f"{folder}/{name}", {"PKG-INFO": number})
    return {folder: list(each.values()) for folder, each in found.items()}


def _note(found: dict[str, dict[str, _Distribution]], files: Files, path: str, books: Mapping[str, int]) -> None:
    record = next((books[name] for name in _BOOKS if name in books), None)
    if record is None:
        return
    head = next((books[name] for name in _BOOKS[1:] if name in books), None)
    metadata = parse_metadata((METADATA.read(files, head) if head is not None else None) or b"")
    folder, _, last = path.rpartition("/")
    name, _, version = last.rpartition(".")[0].partition("-")
    metadata = Metadata(metadata.name or name, metadata.version or version.partition("-")[0], metadata.requires)
    found.setdefault(folder, {}).setdefault(normal(metadata.name), _Distribution(path, books, record, metadata))


def _of_environment(files: Files, folder: str, distributions: list[_Distribution]) -> Iterator[Installed]:
    by_name = {normal(each.metadata.name): each for each in distributions}
    requested = dict.fromkeys(name for name, each in by_name.items() if "REQUESTED" in each.books)
    wants = who_wants({name: each.metadata for name, each in by_name.items()}, requested)
    standing = Standing(files.filesystem, folder)
    for name, each in by_name.items():
        want = wants.get(name, Want("", "nothing installed wants it" if requested else ""))
        wanting = by_name[want.by].path if want.by else ""
        yield Installed(
            key=each.path,
            name=each.metadata.name,
            version=each.metadata.version,
            record=each.record,
            files=[*each.books.values(), *_with_bytecode(files, _listed(files, each, standing))],
            reason=Reason(True, why="asked for by name")
            if name in requested
            else Reason(False if requested else None, wanting, want.how),
        )


def _listed(files: Files, distribution: _Distribution, standing: Standing) -> list[int]:
    """List the files that a package says are its; none where it keeps no list."""
    if "RECORD" in distribution.books:
        return standing.files(parse_record(LISTS.read(files, distribution.books["RECORD"]) or b""))
    if "installed-files.txt" in distribution.books:
        text = LISTS.read(files, distribution.books["installed-files.txt"]) or b""
        return Standing(files.filesystem, distribution.path).files(parse_installed_files(text))
    return []


def _with_bytecode(files: Files, numbers: list[int]) -> list[int]:
    """Add what Python compiled of listed files later on: whoever uninstalls them deletes that too."""
    modules: dict[str, set[str]] = {}
    for number in numbers:
        entry = files.entry(number)
        if entry.name.endswith(".py"):
            modules.setdefault(entry.parent, set()).add(entry.name[:-3])
    compiled = [
        number
        for parent, names in modules.items()
        for name, number in files.filesystem.folders.get(f"{parent}/__pycache__".lstrip("/"), {}).items()
        if number >= 0 and name.endswith(".pyc") and name.partition(".")[0] in names
    ]
    return numbers + compiled


def _who_needs(files: Files, key: str) -> Iterator[Need]:
    """Ask the packages of the same environment."""
    environment = files.once(_environments).get(key.rpartition("/")[0], [])
    wanted = next((normal(each.metadata.name) for each in environment if each.path == key), "")
    for each in environment:
        extras = [
            ", ".join(need.only_for) for need in each.metadata.requires if need.name == wanted and each.path != key
        ]
        if extras:
            extra = min(extras)  # empty where it is needed without any
            yield Need(each.path, f"depends on it (extra {extra})" if extra else "depends on it")


MANAGER: Final = Manager("python", Rank.LISTED, _find, (LISTS, METADATA), _who_needs)
