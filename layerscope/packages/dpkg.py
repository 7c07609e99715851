"""Debian packages: dpkg's database, with what apt notes beside it; or the files of each package in ``status.d``.

A package's own files in dpkg's folder (``curl.list``, ``curl.postinst``) are its too.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.debian import (
    DIVERSIONS,
    EXTENDED_STATES,
    INFO,
    STATUS,
    STATUS_OF_EACH,
    Diversion,
    Package,
    Wants,
    parse_control,
    parse_diversions,
    parse_extended_states,
    parse_list,
    parse_md5sums,
    parse_status,
    wanted_by_any,
    who_needs,
    who_wants,
)
from layerscope.packages.kit.manager import Installed, Manager, Need, Rank, Reason
from layerscope.packages.kit.reach import Want

_TEXT_LIMIT: Final = 32 * 1024 * 1024
_SUMS: Final = ".md5sums"


def _is_database(entry: Entry) -> bool:
    if entry.parent == INFO:
        return entry.name.endswith(".list")
    return entry.parent == STATUS_OF_EACH or entry.path in (STATUS, EXTENDED_STATES, DIVERSIONS)


PROBE: Final = TextProbe(_is_database, _TEXT_LIMIT)


class System(Struct, frozen=True):
    """What dpkg and apt wrote down."""

    packages: tuple[Package, ...]
    wants: Wants
    is_noted: bool
    """Whether apt noted which packages it installed by itself."""


def read_system(files: Files) -> System | None:
    """Read dpkg's status and apt's states of the final filesystem; ``None`` where dpkg keeps none."""
    status = _text(files, STATUS)
    if not status:
        return None
    packages = parse_status(status)
    automatic = parse_extended_states(_text(files, EXTENDED_STATES))
    return System(packages, who_wants(packages, automatic), is_noted=bool(automatic))


def _text(files: Files, path: str) -> bytes:
    return PROBE.read_at(files, path) or b""


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    yield from _of_database(files)
    yield from _of_each(files)


def _of_database(files: Files) -> Iterator[Installed]:
    system = files.once(read_system)
    status = files.kept_at(STATUS)
    if system is None or status is None:
        return
    standing = Standing(files.filesystem)
    diversions = parse_diversions(_text(files, DIVERSIONS))
    keys = keys_of(system.packages)
    key_of = {package.name: key for key, package in reversed(keys.items())}
    infos = _infos(files)
    for key, package in keys.items():
        own = [*infos.get(package.name, ()), *infos.get(f"{package.name}:{package.architecture}", ())]
        lists = [number for number in own if files.entry(number).name.endswith(".list")]
        paths = (path for number in lists for path in parse_list(PROBE.read(files, number) or b""))
        yield Installed(
            key=key,
            name=key,
            version=package.version,
            record=lists[0] if lists else status,
            files=[*own, *standing.files(_diverted(paths, diversions, package.name) if diversions else paths)],
            reason=_reason(package, system, key_of),
        )


def keys_of(packages: Iterable[Package]) -> dict[str, Package]:
    """Return key → package, named as dpkg does: of the further ones of one name, the architecture is told."""
    keys: dict[str, Package] = {}
    for package in packages:
        keys[f"{package.name}:{package.architecture}" if package.name in keys else package.name] = package
    return keys


def _infos(files: Files) -> dict[str, list[int]]:
    """Return ``curl`` or ``libc6:amd64`` → its files in dpkg's own folder."""
    infos: dict[str, list[int]] = {}
    for name, number in files.filesystem.folders.get(INFO, {}).items():
        if number >= 0:
            infos.setdefault(name.rpartition(".")[0], []).append(number)
    return infos


def _diverted(paths: Iterable[str], diversions: Mapping[str, Diversion], package: str) -> Iterator[str]:
    for path in paths:
        diversion = diversions.get(path)
        yield path if diversion is None or diversion.by == package else diversion.to


def _reason(package: Package, system: System, key_of: Mapping[str, str]) -> Reason:
    wants = system.wants
    if package.name in wants.requested:
        return Reason(True, why="asked for by name" if system.is_noted else "apt did not note that another wanted it")
    want = wants.all.get(package.name)
    if want is None:
        return Reason(False, why="nothing installed wants it any more")
    return Reason(False, key_of.get(want.by, ""), want.how)


def _packages_of_each(files: Files) -> dict[int, Package]:
    """Read ``status.d``: a file for each package."""
    return {
        number: package
        for name, number in files.filesystem.folders.get(STATUS_OF_EACH, {}).items()
        if number >= 0 and not name.endswith(_SUMS) and (text := PROBE.read(files, number))
        for package in parse_control(text)[:1]
    }


def _of_each(files: Files) -> Iterator[Installed]:
    """Go through ``status.d``, where the list of a package's files is beside its own if there is one."""
    numbers = files.filesystem.folders.get(STATUS_OF_EACH, {})
    packages = files.once(_packages_of_each)
    wants = wanted_by_any(packages.values())
    standing = Standing(files.filesystem)
    for number, package in packages.items():
        sums = numbers.get(files.entry(number).name + _SUMS, -1)
        text = PROBE.read(files, sums) if sums >= 0 else None
        want = wants.get(package.name, Want("", ""))
        yield Installed(
            key=package.name,
            name=package.name,
            version=package.version,
            record=number,
            files=[number, *([sums] if sums >= 0 else []), *standing.files(parse_md5sums(text or b""))],
            reason=Reason(None, want.by, want.how),
        )


def _who_needs(files: Files, key: str) -> Iterator[Need]:
    system = files.once(read_system)
    keys = keys_of(system.packages if system else ())
    if key not in keys:
        keys = {package.name: package for package in files.once(_packages_of_each).values()}
    packages = tuple(keys.values())
    key_of = {id(package): each for each, package in keys.items()}
    for package, how in who_needs(packages, keys[key].name):
        yield Need(key_of[id(package)], how)


MANAGER: Final = Manager("dpkg", Rank.SYSTEM, _find, (PROBE,), _who_needs)
