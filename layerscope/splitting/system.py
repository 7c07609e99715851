"""The distribution's packages as a graph: who needs whom, which came after the base, which serve building alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.packages import Owned, apk, dpkg
from layerscope.packages.kit import alpine, debian
from layerscope.splitting.roles import why_building

_MOST_PROVIDERS: Final = 100
"""Packages that stand for one virtual name; Debian's busiest has some twenty."""
_FOR_PEOPLE: Final = "doc"
"""The section of what no program reads."""


class Unit(Struct, frozen=True):
    """One installed package."""

    name: str
    is_new: bool
    """Whether it came after the base."""
    requested: bool
    building: str
    """Why it serves building alone; empty for one of which that is not known."""
    depends: tuple[tuple[str, ...], ...]
    """Of each group one is enough."""
    recommends: tuple[tuple[str, ...], ...] = ()
    provides: tuple[str, ...] = ()
    is_for_people: bool = False
    """Whether it is documentation."""
    record_bytes: int = 0
    """What the manager's own database says of it."""


class System(Struct, frozen=True):
    """All packages of one manager."""

    manager: str
    units: Mapping[str, Unit]
    providers: Mapping[str, tuple[str, ...]]
    keys: Mapping[str, str]
    """Key of an owned package → name of the unit."""

    def members(self, group: Iterable[str]) -> list[str]:
        """List the installed packages that satisfy a group."""
        found = (each for name in group for each in (name, *self.providers.get(name, ())) if each in self.units)
        return list(dict.fromkeys(found))

    def wanted(self, group: Iterable[str]) -> list[str]:
        """List the new packages that stand for a group: none where the base has one, no tool if others do."""
        members = self.members(group)
        if any(not self.units[each].is_new for each in members):
            return []
        return [each for each in members if not self.units[each].building] or members

    def closure(self, roots: Mapping[str, str]) -> dict[str, str]:
        """Return package → why it is kept: the roots, what they depend on, then what they recommend that is there."""
        kept: dict[str, str] = {}
        done, wanted = 0, roots
        while wanted:
            self._follow(wanted, kept)
            wanted = self._recommended(list(islice(kept, done, None)), kept)
            done = len(kept)
        return kept

    def _follow(self, roots: Mapping[str, str], kept: dict[str, str]) -> None:
        waiting = [name for name in roots if name in self.units and self.units[name].is_new and name not in kept]
        kept.update({name: roots[name] for name in waiting})
        while waiting:
            name = waiting.pop()
            for group in self.units[name].depends:
                for each in self.wanted(group):
                    if each not in kept:
                        kept[each] = f"{name} depends on it"
                        waiting.append(each)

    def _recommended(self, names: Iterable[str], kept: Mapping[str, str]) -> dict[str, str]:
        return {
            each: f"{name} recommends it, so it may be needed"
            for name in names
            for group in self.units[name].recommends
            for each in self.wanted(group)
            if each not in kept and not self.units[each].building and not self.units[each].is_for_people
        }

    def to_ask_for(self, kept: Mapping[str, str]) -> list[str]:
        """List the kept packages that have to be named, so that the manager brings all of them and no others.

        Of packages that bring each other, one that was asked for is named.
        """
        named = sorted({each for name in kept for each in self._chosen(name, kept)})
        reached: set[str] = set()
        self._finished(named, kept, reached)
        first = sorted(kept, key=lambda name: (not self.units[name].requested, name))
        for name in reversed(self._finished(first, kept, set())):
            if name not in reached:
                named.append(name)
                self._finished([name], kept, reached)
        return sorted(named)

    def _finished(self, names: Iterable[str], kept: Mapping[str, str], seen: set[str]) -> list[str]:
        """Go to all that packages bring and nobody has seen, and list each behind what it brings (but for rings)."""
        done: list[str] = []
        for start in names:
            if start in seen:
                continue
            seen.add(start)
            way = [(start, iter(self._brings(start, kept)))]
            while way:
                name, rest = way[-1]
                following = next((each for each in rest if each not in seen), None)
                if following is None:
                    done.append(name)
                    way.pop()
                else:
                    seen.add(following)
                    way.append((following, iter(self._brings(following, kept))))
        return done

    def _brings(self, name: str, kept: Mapping[str, str]) -> list[str]:
        """List what the manager installs along with a package by itself."""
        return [there[0] for group, there in self._groups(name, kept) if self._is_plain(group, there)]

    def _chosen(self, name: str, kept: Mapping[str, str]) -> Iterator[str]:
        """Yield what stands for a group of a package, where the manager might choose another one."""
        for group, there in self._groups(name, kept):
            if not self._is_plain(group, there):
                yield from there

    def _groups(self, name: str, kept: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
        """Yield the groups that the base does not satisfy, with the kept packages that do."""
        for group in self.units[name].depends:
            members = self.members(group)
            if all(self.units[each].is_new for each in members) and (
                there := [each for each in members if each in kept]
            ):
                yield group, there

    def _is_plain(self, group: Sequence[str], there: Sequence[str]) -> bool:
        """Tell whether one package alone satisfies a group, and the manager takes that one: it has the first name."""
        return len(there) == 1 and (there[0] == group[0] or self.manager == "apk")


def read_units(files: Files, owned: Owned, layers: int) -> System | None:
    """Read the packages of dpkg or apk; ``None`` where the base has neither, so that nothing can be installed anew."""
    return _of_dpkg(files, layers) or _of_apk(files, owned, layers)


def _system(manager: str, units: Iterable[Unit], keys: Mapping[str, str]) -> System:
    by_name: dict[str, Unit] = {}
    for unit in units:
        by_name.setdefault(unit.name, unit)
    providers: dict[str, dict[str, None]] = {}
    for unit in by_name.values():
        for virtual in unit.provides:
            providers.setdefault(virtual, {})[unit.name] = None
    known = {name: tuple(islice(each, _MOST_PROVIDERS)) for name, each in providers.items()}
    return System(manager, by_name, known, keys)


def _below(files: Files, paths: Iterable[str], layers: int) -> int | None:
    """Return a database as the base has it."""
    numbers = [number for path in paths for number in files.at(path) if files.layer_of(number) < layers]
    return max(numbers, default=None)


def _of_dpkg(files: Files, layers: int) -> System | None:
    system = files.once(dpkg.read_system)
    record = _below(files, (debian.STATUS,), layers)
    now = files.kept_at(debian.STATUS)
    if system is None or record is None or now is None:
        return None
    base = {each.name for each in debian.parse_status(dpkg.PROBE.read(files, record) or b"")}
    sizes = _stanza_bytes(dpkg.PROBE.read(files, now) or b"", b"Package:")
    needed = {name for each in system.packages for group in each.depends for name in group}
    units = (
        Unit(
            name=each.name,
            is_new=each.name not in base,
            # Where apt noted nothing, what another depends on came with it.
            requested=each.name in system.wants.requested and (system.is_noted or each.name not in needed),
            building=why_building(each.name, each.section),
            depends=each.depends,
            recommends=each.recommends,
            provides=each.provides,
            is_for_people=each.section == _FOR_PEOPLE,
            record_bytes=sizes.get(each.name, 0),
        )
        for each in system.packages
    )
    keys = {key: each.name for key, each in dpkg.keys_of(system.packages).items()}
    return _system("dpkg", units, keys)


def _stanza_bytes(database: bytes, field: bytes) -> dict[str, int]:
    """Return package → bytes of what a database says of it; ``field`` is the one of its name."""
    sizes: dict[str, int] = {}
    for stanza in database.split(b"\n\n"):
        _, _, rest = f"\n{stanza.decode('utf-8', 'surrogateescape')}".partition(f"\n{field.decode()}")
        sizes[rest.partition("\n")[0].strip()] = len(stanza) + 2
    return sizes


def _of_apk(files: Files, owned: Owned, layers: int) -> System | None:
    record = _below(files, alpine.INSTALLED, layers)
    now = next((number for path in alpine.INSTALLED if (number := files.kept_at(path)) is not None), None)
    if record is None or now is None:
        return None
    base = {each.name for each in alpine.parse_installed(apk.PROBE.read(files, record) or b"")}
    text = apk.PROBE.read(files, now) or b""
    sizes = _stanza_bytes(text, b"P:")
    mine = {each.name: each for each in owned.packages if each.manager == "apk"}
    units = (
        Unit(
            name=each.name,
            is_new=each.name not in base,
            requested=each.name in mine and mine[each.name].reason.requested is not False and not each.is_virtual,
            building=_why_apk(each, mine[each.name].development if each.name in mine else False),
            depends=tuple((name,) for name in each.depends),
            provides=each.provides,
            record_bytes=sizes.get(each.name, 0),
        )
        for each in alpine.parse_installed(text)
    )
    return _system("apk", units, {name: name for name in mine})


def _why_apk(package: alpine.Package, development: bool) -> str:
    if package.is_virtual:
        return "a name for several packages"
    return why_building(package.name) or ("only a group of packages for building wants it" if development else "")
