"""What dpkg and apt write down of the packages of a Debian system: text → records, and who needs whom.

Text that cannot be one of these files raises DamagedError; what is merely odd in it is passed over.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from layerscope.errors import DamagedError

STATUS: Final = "var/lib/dpkg/status"
EXTENDED_STATES: Final = "var/lib/apt/extended_states"
INFO: Final = "var/lib/dpkg/info"

_STANZA_END: Final = re.compile(rb"\n[ \t\r]*\n")
_FIELD: Final = re.compile(
    rb"^(Package|Status|Priority|Essential|Important|Protected|Architecture|Version|Depends|Pre-Depends|Recommends"
    rb"|Provides|Auto-Installed):[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.MULTILINE | re.IGNORECASE,
)
_ON_DISK: Final = frozenset({"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
_NEEDED_BY_ANY: Final = frozenset({"required", "important", "standard"})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.\-]*+")


class Package(Struct, frozen=True):
    """One installed package."""

    name: str
    architecture: str
    version: str
    is_basic: bool
    """Essential, protected, or of a priority that every system is to have."""
    depends: tuple[tuple[str, ...], ...]
    """Depends and Pre-Depends: of each group one name is enough. Versions and architectures are left out."""
    recommends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


def parse_status(text: bytes) -> tuple[Package, ...]:
    """Read dpkg's status; packages that were removed, their configuration left, are left out."""
    packages = []
    for fields in _stanzas(text, "dpkg's status"):
        words = fields.get("status", "").split()
        if len(words) != 3 or words[2] not in _ON_DISK:
            continue
        flags = (fields.get(flag, "").strip().lower() == "yes" for flag in ("essential", "important", "protected"))
        packages.append(
            Package(
                name=fields["package"],
                architecture=fields.get("architecture", "").strip(),
                version=fields.get("version", "").strip(),
                is_basic=any(flags) or fields.get("priority", "").strip().lower() in _NEEDED_BY_ANY,
                depends=(*_relation(fields.get("pre-depends", "")), *_relation(fields.get("depends", ""))),
                recommends=_relation(fields.get("recommends", "")),
                provides=tuple(name for group in _relation(fields.get("provides", "")) for name in group),
            )
        )
    return tuple(packages)


def parse_extended_states(text: bytes) -> frozenset[tuple[str, str]]:
    """Return name and architecture of the packages that apt installed by itself, since another wanted them."""
    return frozenset(
        (fields["package"], fields.get("architecture", "").strip())
        for fields in _stanzas(text, "apt's extended states")
        if fields.get("auto-installed", "").strip() == "1"
    )


def parse_list(text: bytes) -> Iterator[str]:
    """Yield the paths of a package's ``.list``, relative to the root."""
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        path = line.strip("/")
        if path and path != ".":
            yield path


def only_recommended(packages: Iterable[Package], automatic: frozenset[tuple[str, str]]) -> dict[str, str]:
    """Return the packages that are there only because another recommends them, each with the one that wants it.

    That is the package that recommends it, or a recommended one that depends on it. Packages of one name and several
    architectures are one; every installed alternative and provider counts as needed, as ``apt autoremove`` has it.
    """
    graph = _Graph(packages)
    names = {name for name, _ in automatic}
    for each in graph.packages:
        noted = (each.name, each.architecture) in automatic or (each.name, "") in automatic
        # Those of all architectures are noted with the machine's own.
        if each.is_basic or not (noted or (each.architecture == "all" and each.name in names)):
            graph.reach(each.name, "")
    needed = graph.follow_depends(0)
    done = 0
    while done < len(graph.reached):
        already = done
        done = len(graph.reached)
        graph.reach_recommended(already, done)
        graph.follow_depends(done)
    return dict(sorted(list(graph.reached.items())[needed:]))


class _Graph:
    """Who needs whom, by name. No name is followed twice, so that the work is as much as the text."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.packages = tuple(packages)
        self.reached: dict[str, str] = {}
        """Package → who wants it, in the order of reaching."""
        self._order: list[str] = []
        self._by_name: dict[str, list[Package]] = {}
        self._providers: dict[str, list[str]] = {}
        self._followed: set[str] = set()
        for each in self.packages:
            self._by_name.setdefault(each.name, []).append(each)
            for virtual in each.provides:
                self._providers.setdefault(virtual, []).append(each.name)

    def reach(self, name: str, by: str) -> None:
        """Note an installed package."""
        if name not in self.reached:
            self.reached[name] = by
            self._order.append(name)

    def follow_depends(self, start: int) -> int:
        """Reach all that the packages from the ``start``-th on depend on, and what these do; return how many it is."""
        at = start
        while at < len(self._order):
            for package in self._by_name[self._order[at]]:
                self._follow(package.depends, package.name)
            at += 1
        return at

    def reach_recommended(self, start: int, end: int) -> None:
        """Reach what these packages recommend."""
        for name in self._order[start:end]:
            for package in self._by_name[name]:
                self._follow(package.recommends, name)

    def _follow(self, groups: Iterable[tuple[str, ...]], by: str) -> None:
        for group in groups:
            for name in group:
                if name in self._followed:
                    continue
                self._followed.add(name)
                if name in self._by_name:
                    self.reach(name, by)
                for provider in self._providers.get(name, ()):
                    self.reach(provider, by)


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
