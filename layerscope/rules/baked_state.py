"""State kept in the image: databases, and what users uploaded.

A container's own files are lost with it, and each container of the image begins with the state that was built in: two
of them never agree, and an update of the image throws away what was written since. It makes the image large and slow
to pull, too.

Keep state outside: a PersistentVolume in Kubernetes, docker run --volume elsewhere, or a service of its own. Let what
must be there at first be made when it is first started: by an init container, or a Job that migrates and seeds the
database.

Found are SQLite databases and dumps of Redis, by how their contents begin; the data folders of PostgreSQL
(PG_VERSION beside base/), MySQL (ibdata1), MongoDB (WiredTiger); and uploads/, or media/ beside Django's manage.py, in
what was copied. Left out are databases that are data of packages, or caches; a database of yours that the program
only reads may stay. What a later layer hides is others' matter (removed-later).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_SQLITE, _REDIS = "SQLite", "Redis"
_MAGICS: Final = ((b"SQLite format 3\0", _SQLITE), (b"REDIS0", _REDIS))
_SUFFIXES: Final = ("db", "db3", "sqlite", "sqlite3", "rdb")
_ENDS: Final = tuple(f".{suffix}" for suffix in _SUFFIXES)
_LEAST: Final = 64
"""Bytes below which no database is one."""
_OF_PACKAGES: Final = (
    *("etc/pki/", "lib/", "nix/", "opt/conda/", "usr/", "var/cache/", "var/lib/PackageKit/", "var/lib/colord/"),
    *("var/lib/command-not-found/", "var/lib/dnf/", "var/lib/flatpak/", "var/lib/mlocate/", "var/lib/plocate/"),
    *("var/lib/pacman/", "var/lib/rpm/", "var/lib/swcatalog/", "var/lib/yum/", "var/log/", "tmp/", "var/tmp/"),
)
_USERS_OWN: Final = ("usr/local/", "usr/src/", "usr/share/nginx/html/")
"""Folders in /usr in which programs are put that no package brings."""
_OF_OTHERS: Final = frozenset(
    {
        *("bower_components", "conda-meta", "dist-packages", "gems", "node_modules", "pkgs", "share", "site-packages"),
        *("__tests__", "cache", "caches", "fixtures", "spec", "test", "tests", "testdata", "vendor"),
    }
)
_TOOLS_OWN: Final = frozenset({"cert9.db", "key4.db", "history.sqlite", "nbsignatures.db"})
"""Certificates of NSS; what IPython and Jupyter remember."""
_FRAMES: Final = frozenset({".gitignore", ".gitkeep", ".htaccess", ".keep", "index.html", "index.php"})
"""Files that keep an empty folder in a repository."""


class State(Struct, frozen=True):
    """A kind of state, and where it is in an image."""

    what: str
    find: Callable[[Evidence], Iterable[int]]


class _MagicProbe:
    """Looks at how a file begins that is named as a database."""

    name: Final = "database"
    finds: Final = str

    def wants(self, entry: Entry) -> bool:
        return entry.name.endswith(_ENDS) and entry.size >= _LEAST and entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> str | None:  # noqa: ARG002 - as the interface has it
        start = window.take(16)
        return next((name for magic, name in _MAGICS if start.startswith(magic)), None)


PROBE: Final = _MagicProbe()


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each kind and each layer that wrote any of it."""
    for state in _STATES:
        kept = {number for number in state.find(evidence) if evidence.is_kept(number)}
        for layer, numbers in evidence.by_layer(kept).items():
            size = sum(evidence.entry(number).size for number in numbers)
            yield Finding(
                message=f"{state.what} ({size:,} bytes) written by {evidence.named_layer(layer)}: each container "
                "begins with this state, and loses its own",
                remedy="Keep it outside of the image: a volume (PersistentVolume), filled by an init container or a "
                "Job" + ("; and list it in .dockerignore." if is_copied(evidence, layer) else "."),
                layer=layer,
                paths=evidence.paths(numbers),
            )


def _with_magic(evidence: Evidence, kind: str) -> Iterator[int]:
    for suffix in _SUFFIXES:
        for number in evidence.suffixed(suffix):
            entry = evidence.entry(number)
            if PROBE.wants(entry) and not _is_others(entry) and evidence.look(PROBE, number) == kind:
                yield number


def _is_others(entry: Entry) -> bool:
    """Tell whether a database is data of a package, or a tool's own."""
    path = entry.path
    if path.startswith(_OF_PACKAGES) and not path.startswith(_USERS_OWN):
        return True
    parts = entry.parent.split("/")
    return not _OF_OTHERS.isdisjoint(parts) or any(part.startswith(".") for part in parts) or entry.name in _TOOLS_OWN


def _postgresql(evidence: Evidence) -> Iterator[int]:
    folders = evidence.filesystem.folders
    return _below(evidence, (each for each in _beside(evidence, "PG_VERSION") if f"{each}/base" in folders))


def _mysql(evidence: Evidence) -> Iterator[int]:
    return _below(evidence, _beside(evidence, "ibdata1"))


def _mongodb(evidence: Evidence) -> Iterator[int]:
    return _below(evidence, _beside(evidence, "WiredTiger"))


def _uploads(evidence: Evidence) -> Iterator[int]:
    """Yield what users of a program brought, and a developer's folder held when it was copied."""
    folders = evidence.filesystem.folders
    named = [each for each in folders if each.endswith(("uploads", "media")) and _is_of_users(evidence, each)]
    for number in _below(evidence, named):
        entry = evidence.entry(number)
        if entry.size and entry.name not in _FRAMES and is_copied(evidence, evidence.layer_of(number)):
            yield number


def _beside(evidence: Evidence, name: str) -> Iterator[str]:
    """Yield the folders in which a file of this name stands."""
    return (evidence.entry(number).parent for number in evidence.named(name) if evidence.is_kept(number))


def _below(evidence: Evidence, folders: Iterable[str]) -> Iterator[int]:
    """Yield the files below folders, those of one within another once."""
    outer = "\0"
    for folder in sorted(f"{each}/" for each in folders):
        if not folder.startswith(outer):
            outer = folder
            yield from evidence.below(folder[:-1])


def _is_of_users(evidence: Evidence, folder: str) -> bool:
    above, _, name = folder.rpartition("/")
    parts = above.split("/")
    if not _OF_OTHERS.isdisjoint(parts) or name not in ("uploads", "media"):
        return False
    return name == "uploads" or evidence.kept_at(f"{above}/manage.py".lstrip("/")) is not None


_STATES: Final = (
    State("an SQLite database", lambda evidence: _with_magic(evidence, _SQLITE)),
    State("a dump of Redis", lambda evidence: _with_magic(evidence, _REDIS)),
    State("the data of a PostgreSQL server", _postgresql),
    State("the data of a MySQL server", _mysql),
    State("the data of a MongoDB server", _mongodb),
    State("what users uploaded", _uploads),
)

RULES: Final = (Rule("baked-state", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find, (PROBE,)),)
