"""What documents alone tell was made more than once: the same instruction on the same parent, the same layer on others.

Text is weak evidence, so that only that counts which says what it makes: a RUN that installs by name, one before which
all is the same since the images part, and a COPY or ADD with the checksum of what it copies. Layers that weigh
differently are not the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from layerscope.build.dialects import START, read
from layerscope.model import HistoryEntry
from layerscope.sharing.forest import Node
from layerscope.sharing.parents import Piece

_ALIKE: Final = 1.1
"""How much more the heaviest of several builds of one layer weighs than the lightest, at most."""
_INSTALLERS: Final = frozenset({"apt-get", "apt", "apk", "dnf", "microdnf", "tdnf", "yum", "zypper"})
_VERBS: Final = frozenset({"install", "add"})
_LOCAL: Final = (".deb", ".rpm", ".apk")
"""How the names of packages end that were copied before."""

Weigh = Callable[[int], int | None]


def pieces_apart(nodes: Sequence[Node], weigh: Weigh) -> Iterator[Piece]:
    """Yield layers that are there more than once; ``weigh`` gives the bytes of a node."""
    told = [node.claim.created_by if node.claim and node.images else "" for node in nodes]
    by_text: dict[str, list[int]] = {}
    by_content: dict[str, list[int]] = {}
    for number, node in enumerate(nodes):
        if node.images:
            if told[number]:
                by_text.setdefault(told[number], []).append(number)
            by_content.setdefault(node.diff_id, []).append(number)
    taken: set[int] = set()
    for text, numbers in by_text.items():
        if len(numbers) > 1 and _says_what_it_makes(nodes[numbers[0]].claim, text):
            taken.update(numbers)
            yield from _clusters(numbers, weigh)
    for twins in _twins(nodes, told):
        if not taken.issuperset(twins):
            taken.update(twins)
            yield from _clusters(twins, weigh)
    for numbers in by_content.values():
        if len(numbers) > 1 and not taken.issuperset(numbers):
            yield from _clusters([number for number in numbers if number not in taken], weigh)


def runs(created_by: str) -> bool:
    """Tell a RUN, in the words of any builder."""
    return created_by.startswith(("RUN ", "/bin/sh -c ", "|")) and "#(nop)" not in created_by


def _says_what_it_makes(claim: HistoryEntry | None, text: str) -> bool:
    """Tell whether an instruction makes the same whatever was made before: it installs by name, or has a checksum."""
    if claim is None:
        return False
    kind = read(claim, START).kind
    if kind in {"COPY", "ADD"}:
        return any(mark in text for mark in (" file:", " dir:", " multi:"))
    words = set(text.split())
    installs = not words.isdisjoint(_INSTALLERS) and not words.isdisjoint(_VERBS)
    return kind == "RUN" and installs and not any(word.endswith(_LOCAL) for word in words)


def _twins(nodes: Sequence[Node], told: Sequence[str]) -> Iterator[list[int]]:
    """Yield RUN layers that are the same in all that was said since their images part; of others contents decide."""
    classes: dict[tuple[int, str], int] = {}
    class_of: list[int] = []
    members: dict[int, list[int]] = {}
    for number, node in enumerate(nodes):
        below = class_of[node.parent] if node.parent >= 0 else -1
        is_run = runs(told[number])
        is_told = is_run or told[number].startswith("WORKDIR ")
        same = classes.setdefault((below, told[number] if is_told else node.diff_id), len(classes))
        class_of.append(same)
        if is_run and node.images:
            members.setdefault(same, []).append(number)
    return (numbers for numbers in members.values() if len(numbers) > 1)


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
