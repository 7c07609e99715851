"""Which images stand on a layer: those in one stretch of the walk through the forest."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from layerscope.sharing.forest import GROUND, Forest, Node


class Seats:
    """Some images of a forest, in the order in which a walk through it (``place``) comes by them."""

    def __init__(self, forest: Forest, place: Mapping[int, int], images: Iterable[int]) -> None:
        self._place = place
        self._last = _last_of(forest.nodes, place)
        tops = ((forest.images[at].top, at) for at in images)
        self._seats = sorted((place[top], at) for top, at in tops if top != GROUND)

    def on(self, number: int) -> list[int]:
        """List the images that have a node."""
        first = bisect_left(self._seats, (self._place[number], 0))
        after = bisect_left(self._seats, (self._last[number] + 1, 0))
        return [image for _, image in self._seats[first:after]]


def _last_of(nodes: Sequence[Node], place: Mapping[int, int]) -> list[int]:
    """For each node, give the last place of the walk on it."""
    last = [place.get(number, -1) for number in range(len(nodes))]
    for number in range(len(nodes) - 1, -1, -1):
        parent = nodes[number].parent
        if parent != GROUND:
            last[parent] = max(last[parent], last[number])
    return last
