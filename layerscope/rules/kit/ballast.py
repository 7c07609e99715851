"""What several rules share that look for files of a kind: those still there, by the layer that wrote them."""

import shlex
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from os.path import commonpath
from typing import NamedTuple

from layerscope.rules.kit.evidence import Evidence


class Ballast(NamedTuple):
    """Files of one kind that one layer wrote and the final filesystem shows."""

    layer: int
    numbers: list[int]
    """All of them, those too whose bytes another name keeps alive."""
    claims: dict[int, int]


def ballast(evidence: Evidence, numbers: Iterable[int], least: int = 1) -> Iterator[Ballast]:
    """Sort files by layer, the bottom one first; layers that would lose fewer than ``least`` bytes are left out.

    Files that are hidden already are too: that the bytes are of no use, and what to do about it, another rule says.
    """
    kept = sorted(number for number in numbers if evidence.is_kept(number))
    claims = evidence.claim(kept)
    carriers = sorted(claims)
    starts = (*evidence.filesystem.starts, len(evidence.filesystem.entries))
    for layer in sorted({evidence.layer_of(number) for number in carriers}):
        start, end = starts[layer], starts[layer + 1]
        of_layer = {carrier: claims[carrier] for carrier in _between(carriers, start, end)}
        if sum(of_layer.values()) >= least:
            yield Ballast(layer, _between(kept, start, end), of_layer)


def _between(numbers: list[int], start: int, end: int) -> list[int]:
    return numbers[bisect_left(numbers, start) : bisect_left(numbers, end)]


def is_copied(evidence: Evidence, layer: int) -> bool:
    """Tell whether a COPY or an ADD made the layer; one to the root is how base images begin, and brings no context."""
    made_by = evidence.instruction_of.get(layer)
    if made_by is None or made_by.kind not in ("COPY", "ADD"):
        return False
    return made_by.kind == "COPY" or not made_by.text.rstrip().endswith(" /")


def common_folder(paths: Sequence[str]) -> str:
    """Return the folder that holds all files, from the root, quoted as a shell wants it."""
    return shlex.quote("/" + commonpath([path.rpartition("/")[0] for path in paths]))
