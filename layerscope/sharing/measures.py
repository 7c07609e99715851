"""Bytes along the stacks of a forest: of any stretch of layers at once, or unknown if one of them is."""

from collections.abc import Sequence

from msgspec import Struct

from layerscope.sharing.forest import GROUND, Node


class Measure(Struct, frozen=True):
    """One kind of bytes, for every node of a forest."""

    values: list[int | None]
    """Of the layer alone."""
    sums: list[int]
    """Known bytes of the whole stack; the last one is the ground's, 0, for GROUND is -1."""
    gaps: list[int]
    """Layers of the whole stack whose bytes are unknown; likewise."""

    def between(self, below: int, top: int) -> int | None:
        """Return the bytes of the layers above ``below`` up to ``top``."""
        return self.sums[top] - self.sums[below] if self.gaps[top] == self.gaps[below] else None

    def stack(self, top: int) -> int | None:
        """Return the bytes of a whole stack."""
        return self.between(GROUND, top)


def measure(nodes: Sequence[Node], values: list[int | None]) -> Measure:
    """Add up ``values``, one for each node, along the stacks."""
    sums, gaps = [0] * (len(nodes) + 1), [0] * (len(nodes) + 1)
    for number, (node, value) in enumerate(zip(nodes, values, strict=True)):
        sums[number] = sums[node.parent] + (value or 0)
        gaps[number] = gaps[node.parent] + (value is None)
    return Measure(values, sums, gaps)
