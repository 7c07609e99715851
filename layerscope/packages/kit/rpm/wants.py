"""Who needs whom among rpm's packages."""

from collections.abc import Iterable, Iterator, Mapping

from layerscope.packages.kit.manager import Need
from layerscope.packages.kit.reach import Reach, Want
from layerscope.packages.kit.rpm.header import Package


def who_wants(packages: Mapping[str, Package], asked: Iterable[str]) -> dict[str, Want]:
    """Go from the packages that were asked for (keys) to all that they drag in, then from those that nobody needs."""
    graph = _Graph(packages)
    reach = Reach()
    for key in asked:
        reach.add(key)
    done = _follow(reach, graph, 0)
    needed = graph.needed()
    for key in packages:
        if key not in needed:
            reach.add(key)
    graph.forget()
    _follow(reach, graph, done)
    return reach.wants


def who_needs(packages: Mapping[str, Package], key: str) -> Iterator[Need]:
    """Yield all packages that need one, what it provides or a file of it: who recommends it, then who requires it."""
    wanted = packages[key]
    names = {wanted.identity.name, *wanted.provides, *wanted.files}
    for by, package in packages.items():
        if by != key and not names.isdisjoint(package.recommends):
            yield Need(by, "recommends it")
    for by, package in packages.items():
        if by != key and not names.isdisjoint(package.requires):
            yield Need(by, "depends on it")


def _follow(reach: Reach, graph: "_Graph", done: int) -> int:
    """Reach all that is required, then what is recommended and all that this requires, and so on."""
    reached = reach.follow(graph.requires, done)
    while done < reached:
        reach.follow(graph.recommends, done, reached)
        done, reached = reached, reach.follow(graph.requires, reached)
    return reached


class _Graph:
    """Who needs whom, by key. No name is looked up twice, so that the work is as much as the headers."""

    def __init__(self, packages: Mapping[str, Package]) -> None:
        self._packages = packages
        self._providers: dict[str, list[str]] = {}
        self._supplements: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        paths = {name for each in packages.values() for name in each.requires if name.startswith("/")}
        for key, each in packages.items():
            owned = (path for path in each.files if path in paths) if paths else ()
            for name in {each.identity.name: None, **dict.fromkeys(each.provides), **dict.fromkeys(owned)}:
                self._providers.setdefault(name, []).append(key)
            for name in each.supplements:
                self._supplements.setdefault(name, []).append(key)

    def forget(self) -> None:
        """Look names up anew."""
        self._seen.clear()

    def requires(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield what a package cannot do without."""
        yield from ((found, "depends on it") for found in self._found(self._packages[key].requires))

    def recommends(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield what a package recommends, and what recommends itself where it is."""
        package = self._packages[key]
        yield from ((found, "recommends it") for found in self._found(package.recommends))
        for name in (package.identity.name, *package.provides):
            yield from ((found, "brings it along") for found in self._supplements.pop(name, ()))

    def needed(self) -> set[str]:
        """Return the packages that any other requires or recommends."""
        self.forget()
        found: set[str] = set()
        for key, package in self._packages.items():
            found.update(each for each in self._found((*package.requires, *package.recommends)) if each != key)
        return found

    def _found(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if name not in self._seen:
                self._seen.add(name)
                yield from self._providers.get(name, ())
