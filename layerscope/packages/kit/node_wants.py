"""Who wants a package of JavaScript: from what projects ask for, along what packages need."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from layerscope.packages.kit.modules import Modules, project_of, tree_of
from layerscope.packages.kit.node import FOLDER, Manifest
from layerscope.packages.kit.reach import Reach, Want

_GLOBAL: Final = f"/lib/{FOLDER}"


class Wants(Struct, frozen=True):
    """Why each package is there, by its folder."""

    all: Mapping[str, Want]
    """Package → who wants it, first of all those that a program needs to run; what nothing wants is left out."""
    requested: frozenset[str]
    """Those that a project asks for, or that somebody installed for all."""
    unknown: frozenset[str]
    """Those of which nobody notes whether they were asked for."""
    development: frozenset[str]
    """Those that only a project's ``devDependencies`` lead to."""


def who_wants(modules: Modules, manifests: Mapping[str, Manifest | None]) -> Wants:
    """Go from what projects need to run, then from what they need for development, to all that this drags in."""
    needs = _Needs(modules, manifests)
    reach = Reach()
    needs.ask_globally(reach)
    needs.ask(reach, lambda manifest: manifest.needs)
    running = reach.follow(needs.of)
    needs.ask(reach, lambda manifest: manifest.development)
    projects = reach.follow(needs.of)
    loose = [each for each in modules.packages if each not in reach.wants and not needs.has_project(each)]
    needed = {name for each in loose for name, _ in needs.of(each) if name != each}
    for folder in loose:
        if folder not in needed:
            reach.add(folder)
    reach.follow(needs.of, projects)
    order = tuple(reach.wants)
    unsure = modules.torn | {tree_of(each) for each in order[:running] if needs.are_unknown(each)}
    return Wants(
        all=reach.wants,
        requested=frozenset(needs.requested),
        unknown=frozenset(loose),
        development=frozenset(each for each in order[running:projects] if tree_of(each) not in unsure),
    )


class _Needs:
    """What packages and projects need."""

    def __init__(self, modules: Modules, manifests: Mapping[str, Manifest | None]) -> None:
        self._modules = modules
        self._manifests = manifests
        self.requested: Final[set[str]] = set()

    def ask_globally(self, reach: Reach) -> None:
        """Note what was installed for all to use."""
        for folder in self._modules.packages:
            if self._is_global(folder):
                reach.add(folder, how="installed globally")
                self.requested.add(folder)

    def ask(self, reach: Reach, of: Callable[[Manifest], tuple[str, ...]]) -> None:
        """Note what the projects ask for."""
        for project in self._modules.projects:
            manifest = self._manifests[project]
            for name in of(manifest) if manifest else ():
                folder = self._modules.resolve(project, name)
                if folder in self._modules.packages:
                    reach.add(folder, how=f"asked for by /{project}")
                    self.requested.add(folder)

    def of(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield what a package needs and is there."""
        manifest = self._manifests[folder]
        found = (
            self._modules.beside(folder) or ()
            if manifest is None
            else (self._modules.resolve(folder, name) for name in manifest.needs)
        )
        yield from ((each, "depends on it") for each in found if each in self._modules.packages)

    def are_unknown(self, folder: str) -> bool:
        """Tell whether nothing can be said of what a package needs."""
        return self._manifests[folder] is None and self._modules.beside(folder) is None

    def has_project(self, folder: str) -> bool:
        """Tell whether a package belongs to somebody who would write down what was asked for."""
        return project_of(tree_of(folder)) in self._modules.projects

    def _is_global(self, folder: str) -> bool:
        """Tell whether a package was installed for all to use: by ``npm install --global``, or yarn by Node's image."""
        place, inside, _ = f"/{folder}".rpartition(f"/{FOLDER}/")
        if not inside:
            return True
        tree = f"{place}/{FOLDER}"
        return tree.endswith(_GLOBAL) and tree == f"/{tree_of(folder)}" and not self.has_project(folder)
