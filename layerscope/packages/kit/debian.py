"""What dpkg and apt write down of the packages of a Debian system: text → records, and who needs whom.

Text that cannot be one of these files raises DamagedError; what is merely odd in it is passed over.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from layerscope.errors import DamagedError
from layerscope.packages.kit.reach import Reach, Want

STATUS: Final = "var/lib/dpkg/status"
EXTENDED_STATES: Final = "var/lib/apt/extended_states"
INFO: Final = "var/lib/dpkg/info"
DIVERSIONS: Final = "var/lib/dpkg/diversions"
STATUS_OF_EACH: Final = "var/lib/dpkg/status.d"
"""A folder, of images that were put together without dpkg (distroless)."""

_STANZA_END: Final = re.compile(rb"\n[ \t\r]*\n")
_FIELD: Final = re.compile(
    rb"^(Package|Status|Priority|Essential|Important|Protected|Architecture|Version|Depends|Pre-Depends|Recommends"
    rb"|Provides|Section|Auto-Installed):[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.MULTILINE | re.IGNORECASE,
)
_ON_DISK: Final = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.\-]*+")


class Package(Struct, frozen=True):
    """One installed package."""

    name: str
    architecture: str
    version: str
    is_basic: bool
    """Essential, protected, or of the priority without which dpkg may break; what ``apt autoremove`` never removes."""
    depends: tuple[tuple[str, ...], ...]
    """Depends and Pre-Depends: of each group one name is enough. Versions and architectures are left out."""
    recommends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]
    section: str = ""
    """What it is about: ``libdevel``; of ``contrib/devel`` the last part."""


class Diversion(NamedTuple):
    """A file of one package that stands elsewhere, so that another package can have its place."""

    to: str
    by: str
    """The package that has the place; ``:`` for a person, who has none."""


def parse_status(text: bytes) -> tuple[Package, ...]:
    """Read dpkg's status; packages that were removed, their configuration left, are left out."""
    return tuple(_package(fields) for fields in _stanzas(text, "dpkg's status") if _is_on_disk(fields))


def parse_control(text: bytes) -> tuple[Package, ...]:
    """Read what a package says of itself, where nobody wrote down its state."""
    return tuple(map(_package, _stanzas(text, "a file of dpkg's status.d")))


def _is_on_disk(fields: dict[str, str]) -> bool:
    words = fields.get("status", "").split()
    return len(words) == 3 and words[2] in _ON_DISK


def _package(fields: dict[str, str]) -> Package:
    flags = (fields.get(flag, "").strip().lower() == "yes" for flag in ("essential", "important", "protected"))
    return Package(
        name=fields["package"],
        architecture=fields.get("architecture", "").strip(),
        version=fields.get("version", "").strip(),
        is_basic=any(flags) or fields.get("priority", "").strip().lower() == "required",
        depends=(*_relation(fields.get("pre-depends", "")), *_relation(fields.get("depends", ""))),
        recommends=_relation(fields.get("recommends", "")),
        provides=tuple(name for group in _relation(fields.get("provides", "")) for name in group),
        section=fields.get("section", "").strip().rpartition("/")[2].lower(),
    )


def parse_extended_states(text: bytes) -> frozenset[tuple[str, str]]:
    """Return name and architecture of the packages that apt installed by itself, since another wanted them."""
    return frozenset(
        (fields["package"], fields.get("architecture", "").strip())
        for fields in _stanzas(text, "apt's extended states")
        if fields.get("auto-installed", "").strip() == "1"
    )


def parse_list(text: bytes) -> list[str]:
    """Read a package's ``.list``: paths from the root, with a slash before each."""
    return text.decode("utf-8", "surrogateescape").split("\n")


def parse_md5sums(text: bytes) -> list[str]:
    """Read a package's ``.md5sums``: paths relative to the root, behind the sum of each."""
    return [line[34:].removeprefix("./") for line in text.decode("utf-8", "surrogateescape").split("\n")]


def parse_diversions(text: bytes) -> dict[str, Diversion]:
    """Read dpkg's diversions: path → where it is put instead."""
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    return {path: Diversion(to, by) for path, to, by in zip(lines[::3], lines[1::3], lines[2::3], strict=False)}


class Wants(Struct, frozen=True):
    """Why each package is there, as ``apt autoremove`` has it: every installed alternative and provider is needed.

    Packages of one name and several architectures are one.
    """

    requested: frozenset[str]
    """Those that apt did not install by itself."""
    all: dict[str, Want]
    """Package → who wants it; those that nothing wants any more are left out."""
    recommended: tuple[str, ...]
    """Those that are there only because another recommends them, or recommends what depends on them."""


def who_wants(packages: Iterable[Package], automatic: frozenset[tuple[str, str]]) -> Wants:
    """Go from the packages that were asked for, and those that every system has, to all that they drag in."""
    graph = _Graph(packages)
    reach = Reach()
    names = {name for name, _ in automatic}
    for each in graph.packages:
        noted = (each.name, each.architecture) in automatic or (each.name, "") in automatic
        # Those of all architectures are noted with the machine's own.
        if not (noted or (each.architecture == "all" and each.name in names)):
            reach.add(each.name)
    requested = frozenset(reach.wants)
    reached = reach.follow(graph.depends)
    for each in graph.packages:
        if each.is_basic:
            reach.add(each.name, how="part of every system")
    needed = reached = reach.follow(graph.depends, reached)
    done = 0
    while done < reached:
        reach.follow(graph.recommends, done, reached)
        done, reached = reached, reach.follow(graph.depends, reached)
    return Wants(requested, reach.wants, tuple(reach.wants)[needed:])


def wanted_by_any(packages: Iterable[Package]) -> dict[str, Want]:
    """Return package → who depends on it, where nobody noted what was asked for; rings are left out."""
    graph = _Graph(packages)
    needed = {name for each in graph.packages for name, _ in graph.depends(each.name) if name != each.name}
    reach = Reach()
    for each in graph.packages:
        if each.name not in needed:
            reach.add(each.name)
    graph.forget()
    reach.follow(graph.depends)
    return reach.wants


def who_needs(packages: Sequence[Package], name: str) -> Iterator[tuple[Package, str]]:
    """Yield all packages that need one of this name, or what it provides: who recommends it, then who depends on it."""
    names = {name, *(virtual for each in packages if each.name == name for virtual in each.provides)}
    for each in packages:
        if each.name != name and any(not names.isdisjoint(group) for group in each.recommends):
            yield each, "recommends it"
    for each in packages:
        if each.name != name and any(not names.isdisjoint(group) for group in each.depends):
            yield each, "depends on it"


class _Graph:
    """Who needs whom, by name. No name is looked up twice, so that the work is as much as the text."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.packages = tuple(packages)
        self._by_name: dict[str, list[Package]] = {}
        self._providers: dict[str, list[str]] = {}
        self._seen: set[str] = set()
        for each in self.packages:
            self._by_name.setdefault(each.name, []).append(each)
            for virtual in each.provides:
                self._providers.setdefault(virtual, []).append(each.name)

    def forget(self) -> None:
        """Look names up anew."""
        self._seen.clear()

    def depends(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a package depends on."""
        for package in self._by_name[name]:
            yield from self._installed(package.depends, "depends on it")

    def recommends(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a package recommends."""
        for package in self._by_name[name]:
            yield from self._installed(package.recommends, "recommends it")

    def _installed(self, groups: Iterable[tuple[str, ...]], how: str) -> Iterator[tuple[str, str]]:
        for group in groups:
            for name in group:
                if name in self._seen:
                    continue
                self._seen.add(name)
                if name in self._by_name:
                    yield name, how
                for provider in self._providers.get(name, ()):
                    yield provider, how


def _stanzas(text: bytes, what: str) -> Iterator[dict[str, str]]:
    """Yield the fields, names in small letters, of each stanza that names a package."""
    if b"\0" in text:
        raise DamagedError(f"{what} holds bytes that are no text")
    named = False
    for stanza in _STANZA_END.split(text):
        fields = {
            name.decode("ascii").lower(): value.decode("utf-8", "surrogateescape").strip()
            for name, value in _FIELD.findall(stanza)
        }
        if _NAME.fullmatch(fields.get("package", "")):
            named = True
            yield fields
    if not named and text.strip():
        raise DamagedError(f"{what} names no package")


def _relation(text: str) -> tuple[tuple[str, ...], ...]:
    """Read ``a (>= 1) | b:any, c`` as groups of names."""
    groups = (
        tuple(name[0] for part in group.split("|") if (name := _NAME.match(part.strip()))) for group in text.split(",")
    )
    return tuple(group for group in groups if group)
