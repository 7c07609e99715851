"""Packages in node_modules that only development needs: test runners, linters, bundlers, type declarations.

npm installs a project's devDependencies along with the others, and their own dependencies with them; often they are
larger than the program.

Install without them: RUN npm ci --omit=dev. Where the build needs them, build in an earlier stage and let the last one
install anew, or drop them in the instruction that builds: RUN npm ci && npm run build && npm prune --omit=dev.

npm itself writes down which packages these are, in node_modules/.package-lock.json or, where that is missing, in
package-lock.json (``dev``). Only what is there in the final filesystem counts, with all copies of it in lower layers.
Left out is what optional dependencies need too (``devOptional``), since npm keeps it; trees of yarn and pnpm, whose
lock files do not say; packages of workspaces; trees without a package.json beside them, and those within another
node_modules.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from layerscope.errors import DamagedError
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LIMIT: Final = 32 * 1024 * 1024
_DEPTH: Final = 64
"""Of packages within packages, in the first version of the lock file."""
_NAMED: Final = 4
_FOLDER: Final = "node_modules"


def _is_lock(entry: Entry) -> bool:
    if entry.name == ".package-lock.json":
        return f"/{entry.parent}".endswith(f"/{_FOLDER}")
    return entry.name == "package-lock.json" and f"/{_FOLDER}/" not in f"/{entry.parent}/"


PROBE: Final = TextProbe(_is_lock, _LIMIT)


class Locked(msgspec.Struct, frozen=True):
    """What a lock file of version 2 or 3 says of one folder."""

    dev: bool = False
    link: bool = False


class Lock(msgspec.Struct, frozen=True):
    """A lock file of any version."""

    packages: dict[str, Locked] | None = None
    dependencies: dict[str, Any] = msgspec.field(default_factory=dict)
    """Only read where there is no ``packages``: version 1."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each tree and each layer that wrote files of it."""
    for tree in evidence.folders_named(_FOLDER):
        root = tree.removesuffix(_FOLDER).rstrip("/")
        if evidence.kept_at(_join(root, "package.json")) is None:
            continue
        packages = _dev_packages(evidence, root, tree)
        if not packages:
            continue
        numbers = _files_of(evidence, tree, packages)
        for layer, of_layer in evidence.by_layer(numbers).items():
            claims = evidence.claim(of_layer)
            if not claims:
                continue
            named = ", ".join(_package_names(packages)[:_NAMED])
            yield Finding(
                message=f"packages ({len(packages)}) of /{tree} that only development needs, written by "
                f"{evidence.named_layer(layer)}: {named}{', …' if len(packages) > _NAMED else ''}",
                remedy="Install without them: RUN npm ci --omit=dev; where the build needs them, in the last stage of "
                "several.",
                layer=layer,
                paths=evidence.paths(of_layer),
                claims=claims,
            )


def _dev_packages(evidence: Evidence, root: str, tree: str) -> frozenset[str]:
    """Return the folders of packages that only development needs, and that are there."""
    for path in (f"{tree}/.package-lock.json", _join(root, "package-lock.json")):
        number = evidence.kept_at(path)
        text = PROBE.read(evidence, number) if number is not None else None
        if text is None:
            continue
        folders = evidence.filesystem.folders
        return frozenset(folder for each in dev_folders(text, path) if (folder := _join(root, each)) in folders)
    return frozenset()


def dev_folders(text: bytes, path: str) -> frozenset[str]:
    """Read a lock file: the folders, relative to the project, that are there for development only."""
    try:
        lock = msgspec.json.decode(text, type=Lock)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{path} is no lock file of npm ({error})") from error
    if lock.packages is not None:
        found = [name for name, each in lock.packages.items() if each.dev and not each.link]
    else:
        found = list(_dev_of_version_1(lock.dependencies, "", 0))
    return frozenset(name for name in found if _is_safe(name))


def _dev_of_version_1(dependencies: Mapping[str, Any], above: str, depth: int) -> Iterator[str]:
    for name, each in dependencies.items():
        if not isinstance(each, dict):
            continue
        folder = f"{above}{_FOLDER}/{name}"
        if each.get("dev") is True:
            yield folder
        elif isinstance(within := each.get("dependencies"), dict) and depth < _DEPTH:
            yield from _dev_of_version_1(within, f"{folder}/", depth + 1)


def _is_safe(folder: str) -> bool:
    """Tell whether this is a path to a package, and leads nowhere else."""
    parts = folder.split("/")
    return _FOLDER in parts and parts[-1] != _FOLDER and not {"", ".", ".."} & set(parts)


def _files_of(evidence: Evidence, tree: str, packages: frozenset[str]) -> list[int]:
    """List the files of packages, in every layer, and the links to their programs."""
    within: list[str] = []  # none of them in another, so that the last one not behind a folder is the one it is in
    for package in sorted(f"{package}/" for package in packages):
        if not within or not package.startswith(within[-1]):
            within.append(package)

    @cache
    def is_inside(folder: str) -> bool:
        path = f"{folder}/"
        at = bisect_right(within, path)
        return at > 0 and path.startswith(within[at - 1])

    return [
        number
        for number in evidence.below(tree)
        if is_inside((entry := evidence.entry(number)).parent) or is_inside(_program_of(entry))
    ]


def _program_of(entry: Entry) -> str:
    """Return the folder that npm's link to a program leads to: ``node_modules/.bin/jest`` → ``../jest/bin/jest.js``."""
    if not entry.target.startswith("../") or not entry.parent.endswith(f"{_FOLDER}/.bin"):
        return ""
    return f"{entry.parent.removesuffix('/.bin')}/{entry.target.removeprefix('../')}".rpartition("/")[0]


def _package_names(packages: frozenset[str]) -> list[str]:
    return sorted({folder.rpartition(f"{_FOLDER}/")[2] for folder in packages})


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


RULES: Final = (Rule("npm-dev-dependencies", Severity.MEDIUM, Confidence.HIGH, __doc__, find, (PROBE,)),)
