"""Packages of JavaScript: every folder of a ``node_modules`` that has a ``package.json``, whoever put it there.

Which ones only development needs is what npm's lock file says; without one (yarn, pnpm, Bun) those that the project's
``devDependencies`` lead to, and nothing else does. What npm itself brings along is part of npm.
"""

from collections.abc import Container, Iterator, Mapping
from posixpath import normpath
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.manager import Installed, Manager, Need, Rank, Reason
from layerscope.packages.kit.modules import Modules, is_stored, project_of, tree_of
from layerscope.packages.kit.nested import Nested
from layerscope.packages.kit.node import FOLDER, Manifest, ManifestProbe, parse_lock
from layerscope.packages.kit.node_wants import Wants, who_wants

_MANIFEST_LIMIT: Final = 1024 * 1024
_LOCK_LIMIT: Final = 32 * 1024 * 1024
_LOCKS: Final = (f"{FOLDER}/.package-lock.json", "package-lock.json")
"""The first is what npm found when it was done; of the other parts may be missing."""
_GLOBAL: Final = f"lib/{FOLDER}"
_LONGEST_LINK: Final = 4096


def _is_lock(entry: Entry) -> bool:
    if entry.name == ".package-lock.json":
        return f"/{entry.parent}".endswith(f"/{FOLDER}")
    return entry.name == "package-lock.json" and f"/{FOLDER}/" not in f"/{entry.parent}/"


MANIFESTS: Final = ManifestProbe(_MANIFEST_LIMIT)
LOCKS: Final = TextProbe(_is_lock, _LOCK_LIMIT)


class NodePackage(Struct, frozen=True):
    """One folder of a ``node_modules``."""

    folder: str
    tree: str
    """The outermost ``node_modules`` that it is in."""
    name: str
    version: str
    record: int
    """Its ``package.json``."""
    reason: Reason
    development: bool


def read_packages(files: Files) -> tuple[NodePackage, ...]:
    """Read all packages of the final filesystem; whoever needs them asks ``Files.once``."""
    modules = files.once(Modules)
    records = modules.packages | modules.projects
    manifests = {folder: MANIFESTS.read(files, record) for folder, record in records.items()}
    wants = who_wants(modules, manifests)
    locks = _Locks(files)
    return tuple(
        _package(folder, record, manifests[folder], wants, locks.says(folder))
        for folder, record in modules.packages.items()
    )


def _package(folder: str, record: int, manifest: Manifest | None, wants: Wants, locked: bool | None) -> NodePackage:
    name, version = _named(folder, manifest)
    return NodePackage(
        folder=folder,
        tree=tree_of(folder),
        name=name,
        version=version,
        record=record,
        reason=_reason(folder, wants),
        development=folder in wants.development if locked is None else locked,
    )


def _reason(folder: str, wants: Wants) -> Reason:
    want = wants.all.get(folder)
    if want is None:
        return Reason(None) if folder in wants.unknown else Reason(False, why="nothing installed wants it")
    return Reason(None if folder in wants.unknown else folder in wants.requested, want.by, want.how)


def _named(folder: str, manifest: Manifest | None) -> tuple[str, str]:
    """Return name and version; what a package does not say itself its folder may."""
    name = folder.rpartition(f"{FOLDER}/")[2]
    if manifest is not None:
        return manifest.name or name, manifest.version
    stored = folder.rpartition(f"/{FOLDER}/")[0].rpartition("/")[2] if is_stored(folder) else ""
    _, _, version = stored.partition(f"{name.replace('/', '+')}@")  # @babel+core@7.22.0_supports-color@5.5.0
    return name, version.partition("_")[0].partition("(")[0]


class _Locks:
    """Npm's lock files, each read when the first package below its project is asked for."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._folders = files.filesystem.folders
        self._nearest: dict[str, tuple[str, Mapping[str, bool]] | None] = {}
        self._nearest[""] = self._read("")

    def says(self, folder: str) -> bool | None:
        """Tell whether a package is there for development only; ``None`` where no lock file speaks of it."""
        nearest = self._above(project_of(tree_of(folder)))
        if nearest is None:
            return None
        project, locked = nearest
        return locked.get(folder[len(project) :].lstrip("/"))

    def _above(self, project: str) -> tuple[str, Mapping[str, bool]] | None:
        """Return the nearest project with a lock file: a workspace's packages stand in that of the whole."""
        way = []
        while project not in self._nearest:
            way.append(project)
            if found := self._read(project):
                self._nearest[project] = found
                break
            project = project.rpartition("/")[0]
        self._nearest.update(dict.fromkeys(way, self._nearest[project]))
        return self._nearest[project]

    def _read(self, project: str) -> tuple[str, Mapping[str, bool]] | None:
        for lock in _LOCKS:
            path = join(project, lock)
            text = LOCKS.read_at(self._files, path)
            if text is not None:
                return project, parse_lock(text, path, lambda folder: join(project, folder) in self._folders)
        return None


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    packages = files.once(read_packages)
    nested = Nested(files.filesystem, [package.folder for package in packages])
    links = _links(files, nested)
    for package in packages:
        yield Installed(
            key=package.folder,
            name=package.name,
            version=package.version,
            record=package.record,
            files=[*nested.files[package.folder], *links.get(package.folder, ())],
            reason=package.reason,
            development=package.development,
        )


def _links(files: Files, nested: Nested) -> dict[str, list[int]]:
    """Return package → links to it, and to its programs, from what is no package."""
    modules = files.once(Modules)
    found: dict[str, list[int]] = {}
    for path, package in modules.links.items():
        number = files.kept_at(path)
        if number is not None and nested.owner(path) is None:
            found.setdefault(package, []).append(number)
    for folder in _folders_of_programs(modules):
        if nested.owner(folder) is not None:
            continue
        for number in files.filesystem.folders.get(folder, {}).values():
            target = files.entry(number).target if number >= 0 else ""
            if target.startswith("../") and len(target) <= _LONGEST_LINK:
                owner = nested.owner(normpath(f"{folder}/{target}"))
                if owner is not None:
                    found.setdefault(owner, []).append(number)
    return found


def _folders_of_programs(modules: Modules) -> Iterator[str]:
    for place in modules.places:
        yield f"{place}/.bin"
        if place == tree_of(place) and f"/{place}".endswith(f"/{_GLOBAL}"):
            yield f"{place.removesuffix(_GLOBAL)}bin"


def join(folder: str, name: str) -> str:
    """Join paths from the root, which is the empty string."""
    return f"{folder}/{name}" if folder else name


def _who_needs(files: Files, key: str) -> Iterator[Need]:
    """Ask every package for whom its name leads to this folder. Of names that no manifest tells nothing is said."""
    modules = files.once(Modules)
    name = key.rpartition(f"{FOLDER}/")[2]
    for folder, record in modules.packages.items():
        manifest = MANIFESTS.read(files, record)
        if folder != key and manifest and name in manifest.needs and modules.resolve(folder, name) == key:
            yield Need(folder, "depends on it")


MANAGER: Final = Manager("npm", Rank.FOLDER, _find, (MANIFESTS, LOCKS), _who_needs)
