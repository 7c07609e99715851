"""What RubyGems writes down of a gem: text → record, and who needs whom.

A ``.gemspec`` is a program, but those of installed gems are always written in one way (``Gem::Specification#to_ruby``):
what is odd in one is passed over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from layerscope.packages.kit.reach import Reach, Want

_STUB: Final = re.compile(rb"^# stub: ([^\s]{1,256}+) ([0-9][^\s]{0,255}+) ", re.MULTILINE)
_NEEDS: Final = re.compile(rb"\bs\.add_(runtime_|development_|)dependency\(%q<([^>\n]{1,256}+)>")
_LIST: Final = re.compile(rb"^[ \t]*+s\.(files|executables) = \[([^\]\n]*+)\]", re.MULTILINE)
_ITEM: Final = re.compile(rb'"([^"]++)"')
_NAME_AND_VERSION: Final = re.compile(r"(.+?)-([0-9][0-9A-Za-z.]*+)(?:-|\Z)")


class Gem(Struct, frozen=True):
    """What a gem says of itself."""

    name: str
    version: str
    needs: tuple[str, ...]
    """Names of gems that it needs to run."""
    executables: tuple[str, ...]
    files: tuple[str, ...]
    """Only those of gems that come with Ruby are of use: relative to its library, perhaps within ``lib``."""


def parse_gemspec(text: bytes, full_name: str) -> Gem:
    """Read a ``.gemspec``; name and version that it does not tell stand in its own (``nokogiri-1.16-x86_64-linux``)."""
    needs: dict[bytes, list[str]] = {b"": [], b"runtime_": [], b"development_": []}
    for kind, name in _NEEDS.findall(text):
        needs[kind].append(name.decode("utf-8", "surrogateescape"))
    # For readers of long ago all of them stand there once more, as plain ones.
    plain = [name for name in needs[b""] if name not in set(needs[b"development_"])]
    lists = {kind: tuple(map(_text, _ITEM.findall(items))) for kind, items in _LIST.findall(text)}
    named = _NAME_AND_VERSION.match(full_name)
    name, version = named.groups() if named else (full_name, "")
    if stub := _STUB.search(text):
        name, version = map(_text, stub.groups())
    return Gem(
        name=name,
        version=version,
        needs=tuple(dict.fromkeys(needs[b"runtime_"] or plain)),
        executables=lists.get(b"executables", ()),
        files=lists.get(b"files", ()),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


Place = tuple[str, str]
"""Where gems lie beside one another, and the name of some; of those anywhere, the empty string."""


def who_wants(gems: Mapping[str, tuple[str, Gem]], part_of_ruby: frozenset[str]) -> dict[str, Want]:
    """Return gem → who wants it, where ``gems`` are told by a key, with where each lies.

    Nobody notes what was asked for: first come those that come with Ruby, then those that no other one needs. Of gems
    of one name, those beside the one that needs them are meant, else all.
    """
    graph = _Graph(gems)
    reach = Reach()
    for key in gems:
        if key in part_of_ruby:
            reach.add(key, how="part of Ruby")
    needed = {place for key in gems for place in graph.places(key) if place[1] != gems[key][1].name}
    wanted = {key for place in needed for key in graph.at(place)}
    for key in gems:
        if key not in wanted:
            reach.add(key)
    reach.follow(graph.needs)
    return reach.wants


class _Graph:
    """Who needs whom. No place is gone to twice, so that the work is as much as the text."""

    def __init__(self, gems: Mapping[str, tuple[str, Gem]]) -> None:
        self._gems = gems
        self._at: dict[Place, list[str]] = {}
        self._seen: set[Place] = set()
        for key, (folder, gem) in gems.items():
            self._at.setdefault((f"/{folder}", gem.name), []).append(key)
            self._at.setdefault(("", gem.name), []).append(key)

    def at(self, place: Place) -> list[str]:
        """List the gems of one name in one place."""
        return self._at[place]

    def places(self, key: str) -> Iterator[Place]:
        """Yield where the gems are that one needs."""
        folder, gem = self._gems[key]
        for name in gem.needs:
            place = next((place for place in ((f"/{folder}", name), ("", name)) if place in self._at), None)
            if place is not None:
                yield place

    def needs(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield what a gem needs that nobody needed before."""
        for place in self.places(key):
            if place not in self._seen:
                self._seen.add(place)
                yield from ((each, "depends on it") for each in self._at[place])
