"""What documents alone tell was made more than once: the same instruction on the same parent, the same layer on others.

Text is weak evidence, so that only that counts which says what it makes: a RUN that installs by name, one before which
all is the same since the images part, and a COPY or ADD with the checksum of what it copies. Layers that weigh
differently are not the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from layerscope.build.dialects import START, read
from layerscope.build.shell import SHELLS, Command, commands, operands
from layerscope.model import HistoryEntry
from layerscope.sharing.forest import Node
from layerscope.sharing.parents import Piece

_ALIKE: Final = 1.1
"""How much more the heaviest of several builds of one layer weighs than the lightest, at most."""
_INSTALLERS: Final = frozenset({"apt-get", "apt", "apk", "dnf", "microdnf", "tdnf", "yum", "zypper"})
_VERBS: Final = frozenset({"install", "add"})
_BESIDE: Final = frozenset(
    {
        ":",
        "[",
        "addgroup",
        "adduser",
        "apt-cache",
        "apt-mark",
        "curl",
        "dpkg",
        "echo",
        "export",
        "find",
        "gpg",
        "groupadd",
    }
    | {"ldconfig", "locale-gen", "mkdir", "printf", "rm", "set", "test", "touch", "true", "update-ca-certificates"}
    | {"useradd", "wget"}
)
"""What is done around an installation, and makes nothing of what was copied before."""
_LOCAL: Final = (".deb", ".rpm", ".apk")
"""How the names of packages end that were copied before."""

Weigh = Callable[[int], int | None]


def pieces_apart(nodes: Sequence[Node], weigh: Weigh) -> Iterator[Piece]:
    """Yield layers that are there more than once; ``weigh`` gives the bytes of a node."""
    told = [node.claim.created_by if node.claim and node.images else "" for node in nodes]
    taken: set[int] = set()
    for text, numbers in _repeated(told):
        if text and says_what_it_makes(nodes[numbers[0]].claim, text):
            taken.update(numbers)
            yield from _clusters(numbers, weigh)
    for twins in _twins(nodes, told):
        if not taken.issuperset(twins):
            taken.update(twins)
            yield from _clusters(twins, weigh)
    for _, numbers in _repeated([node.diff_id for node in nodes]):
        yield from _clusters([each for each in numbers if nodes[each].images and each not in taken], weigh)


def _repeated(names: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield what is there more than once, with where it is."""
    if len(set(names)) == len(names):  # as in most fleets
        return iter(())
    first: dict[str, int] = {}
    again: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if (before := first.setdefault(name, number)) != number:
            again.setdefault(name, [before]).append(number)
    return iter(again.items())


def runs(created_by: str) -> bool:
    """Tell a RUN, in the words of any builder."""
    return created_by.startswith(("RUN ", "/bin/sh -c ", "|")) and "#(nop)" not in created_by


def says_what_it_makes(claim: HistoryEntry | None, text: str) -> bool:
    """Tell whether an instruction makes the same whatever was made before: it installs by name, or has a checksum."""
    if claim is None:
        return False
    reading = read(claim, START)
    if reading.kind in {"COPY", "ADD"}:
        return any(mark in text for mark in (" file:", " dir:", " multi:"))
    every = commands(reading.text) if reading.kind == "RUN" else ()
    installing = [each for each in every if each.program in _INSTALLERS and not _VERBS.isdisjoint(each.words)]
    return bool(installing) and all(map(_names_all, installing)) and all(map(_is_beside, every))


def _names_all(installing: Command) -> bool:
    """Tell whether nothing but names says what is installed: no file, no variable."""
    return not any(word.endswith(_LOCAL) or "$" in word for word in installing.words)


def _is_beside(command: Command) -> bool:
    """Tell whether a command belongs to an installation; of a shell, that it reads what is piped to it."""
    return command.program in _INSTALLERS | _BESIDE or (command.program in SHELLS and not operands(command))


def _twins(nodes: Sequence[Node], told: Sequence[str]) -> Iterator[list[int]]:
    """Yield RUN layers that are the same in all that was said since their images part; of others contents decide."""
    alias: dict[int, int] = {}
    first: dict[tuple[int, str], int] = {}
    members: dict[int, list[int]] = {}
    for number, (node, text) in enumerate(zip(nodes, told, strict=True)):
        is_run = runs(text)
        name = text if is_run or text.startswith("WORKDIR ") else node.diff_id
        same = first.setdefault((alias.get(node.parent, node.parent), name), number)
        if same != number:
            alias[number] = same
            if is_run:
                members.setdefault(same, [same]).append(number)
    return iter(members.values())


def _clusters(numbers: Sequence[int], weigh: Weigh) -> Iterator[Piece]:
    """Part nodes by weight; those of which it is unknown are left out."""
    known = sorted((weight, number) for number in numbers if (weight := weigh(number)))
    start = 0
    for end in range(1, len(known) + 1):
        if end == len(known) or known[end][0] > known[start][0] * _ALIKE:
            if end - start > 1:
                members = sorted((number, weight) for weight, number in known[start:end])
                yield Piece(tuple(each for each, _ in members), tuple(weight for _, weight in members), None)
            start = end
