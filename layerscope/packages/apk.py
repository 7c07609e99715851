"""Alpine packages: apk's database, with the packages that somebody asked for (its "world")."""

from collections.abc import Container, Iterator
from typing import Final

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.alpine import (
    INSTALLED,
    WORLD,
    Package,
    Wants,
    parse_installed,
    parse_world,
    who_needs,
    who_wants,
)
from layerscope.packages.kit.manager import Installed, Manager, Need, Rank, Reason
from layerscope.packages.kit.since import first_told

_TEXT_LIMIT: Final = 32 * 1024 * 1024
_PLACES: Final = frozenset(tuple(path.rsplit("/", 1)) for path in (*INSTALLED, WORLD))
_NAMES: Final = frozenset(name for _, name in _PLACES)


def _is_database(entry: Entry) -> bool:
    return entry.name in _NAMES and (entry.parent, entry.name) in _PLACES


PROBE: Final = TextProbe(_is_database, _TEXT_LIMIT)


def _record(files: Files) -> int | None:
    return next((number for path in INSTALLED if (number := files.kept_at(path)) is not None), None)


def _read_packages(files: Files) -> tuple[Package, ...]:
    record = _record(files)
    return () if record is None else parse_installed(PROBE.read(files, record) or b"")


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    record = _record(files)
    if record is None:
        return
    packages = files.once(_read_packages)
    world = parse_world(PROBE.read_at(files, WORLD) or b"")
    wants = who_wants(packages, world)
    since = first_told(files, INSTALLED, record, _versions(packages), lambda number: _told_by(files, number))
    standing = Standing(files.filesystem)
    for package in packages:
        yield Installed(
            key=package.name,
            name=package.name,
            version=package.version,
            record=record,
            files=[number for number in standing.files(package.files) if number != record],
            reason=_reason(package, wants, is_noted=bool(world)),
            development=package.name in wants.for_building,
            since=since[package.name],
        )


def _versions(packages: tuple[Package, ...]) -> dict[str, str]:
    return {package.name: package.version for package in packages}


def _told_by(files: Files, number: int) -> dict[str, str]:
    return _versions(parse_installed(PROBE.read(files, number) or b""))


def _reason(package: Package, wants: Wants, *, is_noted: bool) -> Reason:
    want = wants.all.get(package.name)
    if not is_noted:
        return Reason(None, want.by, want.how) if want else Reason()
    if package.name in wants.requested:
        return Reason(True, want.by, want.how) if want and want.by else Reason(True, why="asked for by name")
    return Reason(False, want.by, want.how) if want else Reason(False, why="nothing installed wants it any more")


def _who_needs(files: Files, key: str) -> Iterator[Need]:
    return who_needs(files.once(_read_packages), key)


MANAGER: Final = Manager("apk", Rank.SYSTEM, _find, (PROBE,), _who_needs)
