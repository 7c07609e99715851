"""What Python's installers write down of a package: text → records, and who needs whom.

Read are the core metadata (``METADATA``, in older packages ``PKG-INFO``), and the lists of files (``RECORD``,
``installed-files.txt``): the specifications of the Python Packaging User Guide. What is odd in them is passed over. Of
environment markers only extras are evaluated: what is needed on some system counts as needed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from layerscope.packages.kit.reach import Reach, Want

_HEADER: Final = re.compile(rb"^(Name|Version|Requires-Dist):[ \t]*+([^\r\n]*+)", re.MULTILINE | re.IGNORECASE)
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?:\[([^\]]*+)\])?+")
_EXTRA: Final = re.compile(r"""\bextra\s*+==\s*+["']([^"']++)["']""")
_SEPARATORS: Final = re.compile(r"[-_.]++")


class Requirement(Struct, frozen=True):
    """Another package that one needs, by its normalised name."""

    name: str
    extras: tuple[str, ...]
    """Of the other package."""
    only_for: tuple[str, ...]
    """Extras of this package, one of which has to be wanted; empty for what is always needed."""


class Metadata(Struct, frozen=True):
    """What a package says of itself."""

    name: str
    version: str
    requires: tuple[Requirement, ...]


def parse_metadata(head: bytes) -> Metadata:
    """Read the headers of a package's metadata; what is missing is empty."""
    fields: dict[str, list[str]] = {"name": [""], "version": [""], "requires-dist": []}
    for name, value in _HEADER.findall(head):
        fields[name.decode("ascii").lower()].append(value.decode("utf-8", "surrogateescape").strip())
    requires = (requirement for text in fields["requires-dist"] if (requirement := _requirement(text)))
    return Metadata(fields["name"][-1], fields["version"][-1], tuple(requires))


def _requirement(text: str) -> Requirement | None:
    what, _, marker = text.partition(";")
    found = _REQUIREMENT.match(what.strip())
    if not found:
        return None
    extras = tuple(normal(extra) for extra in (found[2] or "").split(",") if extra.strip())
    return Requirement(normal(found[1]), extras, tuple(map(normal, _EXTRA.findall(marker))))


def normal(name: str) -> str:
    """Write a name as all tools compare it."""
    return _SEPARATORS.sub("-", name.strip()).lower()


def parse_record(text: bytes) -> list[str]:
    """Read the paths of a ``RECORD``: they come first in a line, quoted where there is a comma in them."""
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    return [_unquoted(line) if line.startswith('"') else line.partition(",")[0] for line in lines]


def _unquoted(line: str) -> str:
    return line[1 : line.rfind('",')].replace('""', '"')


def parse_installed_files(text: bytes) -> list[str]:
    """Read the paths of an ``installed-files.txt``, relative to the folder that it is in."""
    return [line.rstrip("\r") for line in text.decode("utf-8", "surrogateescape").split("\n")]


def who_wants(packages: Mapping[str, Metadata], requested: Iterable[str]) -> dict[str, Want]:
    """Return package → who wants it, by normalised names: from those asked for, or else from those that nobody needs.

    Which extras were asked for along with a package nobody noted. So what no other package needs is looked for among
    the extras of what was asked for, then among everybody's.
    """
    reach = Reach()
    needed = {each.name for metadata in packages.values() for each in metadata.requires}
    for name in tuple(requested) or (name for name in packages if name not in needed):
        reach.add(name)
    needs = _Needs(packages)
    done = reach.follow(needs.of)
    for _ in range(2):
        for name in tuple(reach.wants):
            for extra in needs.extras(name):
                reach.add(f"{name}[{extra}]", name)
        done = reach.follow(needs.of, done)
    return {name: _by_package(want) for name, want in reach.wants.items() if name in packages}


def _by_package(want: Want) -> Want:
    """Name the package where one of its extras wants something."""
    name, bracket, extra = want.by.partition("[")
    return Want(name, f"depends on it (extra {extra.removesuffix(']')})") if bracket else want


class _Needs:
    """What packages need, and what each of their extras does: ``name`` and ``name[extra]``."""

    def __init__(self, packages: Mapping[str, Metadata]) -> None:
        self._needs: dict[str, list[Requirement]] = {}
        self._extras: dict[str, dict[str, None]] = {}
        self._packages = packages
        for name, metadata in packages.items():
            for requirement in metadata.requires:
                for extra in requirement.only_for:
                    self._needs.setdefault(f"{name}[{extra}]", []).append(requirement)
                    self._extras.setdefault(name, {})[extra] = None
                if not requirement.only_for:
                    self._needs.setdefault(name, []).append(requirement)

    def extras(self, name: str) -> Iterable[str]:
        """Name the extras of a package that need something."""
        return self._extras.get(name, ())

    def of(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield what a package, or an extra of one, needs and is there."""
        for requirement in self._needs.get(name, ()):
            if requirement.name in self._packages:
                yield requirement.name, "depends on it"
                yield from ((f"{requirement.name}[{extra}]", "") for extra in requirement.extras)
