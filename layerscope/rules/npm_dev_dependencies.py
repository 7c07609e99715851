"""Packages in node_modules that only development needs: test runners, linters, bundlers, type declarations.

npm installs a project's devDependencies along with the others, and their own dependencies with them; often they are
larger than the program.

Install without them: RUN npm ci --omit=dev. Where the build needs them, build in an earlier stage and let the last one
install anew, or drop them in the instruction that builds: RUN npm ci && npm run build && npm prune --omit=dev.

npm itself writes down which packages these are, in node_modules/.package-lock.json or, where that is missing, in
package-lock.json (``dev``). Of trees of yarn, pnpm and Bun, whose lock files do not say, it is those that the project's
devDependencies lead to and no other dependency of it does. Only what is there in the final filesystem counts, with all
copies of it in lower layers. Left out is what optional dependencies need too (``devOptional``), since npm keeps it, and
what is needed by others if it is there (peers); trees without a package.json beside them, and those within another
node_modules.
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from posixpath import normpath
from typing import Final

from layerscope.model import Entry, EntryKind
from layerscope.packages.kit.modules import project_of
from layerscope.packages.kit.node import FOLDER, MANIFEST
from layerscope.packages.npm import LOCKS, MANIFESTS, join, read_packages
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_NAMED: Final = 4
_LONGEST_LINK: Final = 4096


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each tree and each layer that wrote files of it."""
    for tree, packages in sorted(_trees(evidence).items()):
        numbers = _files_of(evidence, tree, packages)
        for layer, of_layer in evidence.by_layer(numbers).items():
            claims = evidence.claim(of_layer)
            if not claims:
                continue
            named = ", ".join(_package_names(packages)[:_NAMED])
            install = _install(evidence, tree)
            yield Finding(
                message=f"packages ({len(packages)}) of /{tree} that only development needs, written by "
                f"{evidence.named_layer(layer)}: {named}{', …' if len(packages) > _NAMED else ''}",
                remedy=f"Install without them: RUN {install}; where a build needs them, in the last stage of several.",
                layer=layer,
                paths=evidence.paths(of_layer),
                claims=claims,
            )


def _trees(evidence: Evidence) -> dict[str, frozenset[str]]:
    """Return node_modules of a project → the folders of packages in it that only development needs."""
    trees: dict[str, list[str]] = {}
    for package in evidence.once(read_packages):
        if package.development:
            trees.setdefault(package.tree, []).append(package.folder)
    is_project = {tree: evidence.kept_at(join(project_of(tree), MANIFEST)) is not None for tree in trees}
    return {tree: frozenset(packages) for tree, packages in trees.items() if is_project[tree]}


def _install(evidence: Evidence, tree: str) -> str:
    """Return the command that installs a tree without what development needs."""
    project = project_of(tree)
    if f"{tree}/.pnpm" in evidence.filesystem.folders:
        return "pnpm install --prod --frozen-lockfile"
    if evidence.kept_at(f"{tree}/.yarn-state.yml") is not None:
        return "yarn workspaces focus --production"
    if evidence.kept_at(f"{tree}/.yarn-integrity") is not None:
        return "yarn install --production --frozen-lockfile"
    if any(evidence.kept_at(join(project, lock)) is not None for lock in ("bun.lock", "bun.lockb")):
        return "bun install --production --frozen-lockfile"
    return "npm ci --omit=dev"


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
        if is_inside((entry := evidence.entry(number)).parent) or (entry.target and is_inside(_end_of(entry)))
    ]


def _end_of(entry: Entry) -> str:
    """Return where a link leads: ``node_modules/.bin/jest`` → ``../jest/bin/jest.js``."""
    if entry.kind is not EntryKind.SYMLINK or entry.target.startswith("/") or len(entry.target) > _LONGEST_LINK:
        return ""
    return normpath(f"{entry.parent}/{entry.target}")


def _package_names(packages: frozenset[str]) -> list[str]:
    return sorted({folder.rpartition(f"{FOLDER}/")[2] for folder in packages})


RULES: Final = (Rule("npm-dev-dependencies", Severity.MEDIUM, Confidence.HIGH, __doc__, find, (MANIFESTS, LOCKS)),)
