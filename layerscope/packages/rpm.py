"""rpm's packages: its database in any of its forms, with what dnf notes beside it."""

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from layerscope.errors import LayerscopeError
from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.manager import Installed, Manager, Need, Rank, Reason
from layerscope.packages.kit.reach import Want
from layerscope.packages.kit.rpm import headers_in
from layerscope.packages.kit.rpm.asked import DNF, DNF_5, Asked, parse_dnf, parse_dnf_5
from layerscope.packages.kit.rpm.header import Identity, Package, read_identity, read_package
from layerscope.packages.kit.rpm.wants import who_needs, who_wants
from layerscope.packages.kit.since import first_told
from layerscope.packages.kit.sqlite import LOG_SUFFIX, with_log

_LIMIT: Final = 256 * 1024 * 1024
_NOTES_LIMIT: Final = 32 * 1024 * 1024
_FOLDERS: Final = frozenset({"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"})
_DATABASES: Final = ("rpmdb.sqlite", "Packages.db", "Packages")
"""The newest form first: where rpm changed from one to another, the older one may be left behind."""
PATHS: Final = tuple(f"{folder}/{name}" for name in _DATABASES for folder in sorted(_FOLDERS))
_NOTES: Final = frozenset({DNF, DNF + LOG_SUFFIX, DNF_5})
_NAMES_OF_NOTES: Final = frozenset(path.rpartition("/")[2] for path in _NOTES)


def _is_database(entry: Entry) -> bool:
    return entry.name.removesuffix(LOG_SUFFIX) in _DATABASES and entry.parent in _FOLDERS


def _is_note(entry: Entry) -> bool:
    return entry.name in _NAMES_OF_NOTES and entry.path in _NOTES


DATABASES: Final = TextProbe(_is_database, _LIMIT)
NOTES: Final = TextProbe(_is_note, _NOTES_LIMIT)


def _database(files: Files) -> str:
    """Return the path of the database, empty where there is none."""
    return next((path for path in PATHS if files.kept_at(path) is not None), "")


def _read_packages(files: Files) -> dict[str, Package]:
    return _keyed(map(read_package, headers_in(_read(files, _database(files), DATABASES))))


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    record = files.kept_at(_database(files))
    if record is None:
        return
    packages = files.once(_read_packages)
    asked = _asked(files, packages)
    wants = who_wants(packages, [key for key, each in asked.items() if each is not Asked.NOT])
    versions = {key: each.identity.version for key, each in packages.items()}
    since = first_told(files, PATHS, record, versions, lambda number: _told_by(files, number))
    standing = Standing(files.filesystem)
    for key, package in packages.items():
        yield Installed(
            key=key,
            name=package.identity.name,
            version=package.identity.version,
            record=record,
            files=[number for number in standing.files(package.files) if number != record],
            reason=_reason(asked.get(key), wants.get(key)),
            since=since[key],
        )


def _keyed(packages: Iterable[Package]) -> dict[str, Package]:
    """Name packages; those of which several versions or architectures are there, by all of these."""
    keyed: dict[str, Package] = {}
    for package in packages:
        keyed[_key(package.identity, keyed)] = package
    return keyed


def _key(identity: Identity, taken: Mapping[str, object]) -> str:
    name = identity.name
    return f"{name}-{identity.version}.{identity.architecture}" if name in taken else name


def _told_by(files: Files, number: int) -> dict[str, str]:
    versions: dict[str, str] = {}
    for identity in map(read_identity, headers_in(DATABASES.read(files, number) or b"")):
        versions[_key(identity, versions)] = identity.version
    return versions


def _asked(files: Files, packages: Mapping[str, Package]) -> dict[str, Asked]:
    """Return package → why it was installed, where that was noted. Damaged notes cost no more than this."""
    for path, parse in ((DNF_5, parse_dnf_5), (DNF, parse_dnf)):
        with suppress(LayerscopeError):
            if text := _read(files, path, NOTES):
                reasons = parse(text)
                named = {key: each.identity.name for key, each in packages.items()}
                return {key: reasons[name] for key, name in named.items() if name in reasons}
    return {}


def _read(files: Files, path: str, probe: TextProbe) -> bytes:
    """Return what a file holds, with what still stands in a log beside it; nothing where there is none."""
    return with_log(probe.read_at(files, path) or b"", probe.read_at(files, path + LOG_SUFFIX) or b"")


def _reason(asked: Asked | None, want: Want | None) -> Reason:
    if asked is Asked.NOT:
        return Reason(False, want.by, want.how) if want and want.by else Reason(False, why="nothing installed wants it")
    if asked is not None:
        return Reason(True, why=asked.value)
    return Reason(None, want.by, want.how) if want else Reason()


def _who_needs(files: Files, key: str) -> Iterator[Need]:
    return who_needs(files.once(_read_packages), key)


MANAGER: Final = Manager("rpm", Rank.SYSTEM, _find, (DATABASES, NOTES), _who_needs)
