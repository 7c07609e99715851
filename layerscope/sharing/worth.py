"""What a planned parent saves when its images are built again on it, of which the contents are known.

Files that are the same in all of them stand once. A RUN that all have goes there whole, if it installs by name or does
the same before it in all of them: else it may make of one line what the images have apart. Of a RUN that only does the
same in part, the rest is run again on the parent, and writes the installer's books again: the parent's own copies of
those (``/var/lib/dpkg/status``, logs, caches) are a price, and are taken off.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, cast

from msgspec import Struct

from layerscope.layers.contents import Contents
from layerscope.model import DiffID
from layerscope.sharing.alike import Thing, things_of
from layerscope.sharing.apart import runs, says_what_it_makes
from layerscope.sharing.forest import GROUND, Forest
from layerscope.sharing.parents import Plan, part_of

_MOSTLY: Final = 0.5
"""Part of a RUN's layer that is the same in all images, for the RUN of one text to be one and the same."""
_WHOLLY: Final = 0.99
"""Part of a layer that goes to the parent, for its instruction to go there."""
_BOOKS: Final = ("var/", "etc/", "lib/apk/", "usr/lib/sysimage/")
"""Where installers write at every run."""
_OWN_BOOKS: Final = ("var/lib/dpkg/info/",)
"""Of a package each, written once."""
_COMPILED: Final = "__pycache__/"
"""Differ by the second in which they were made, and are the same for that."""


class Worth(Struct, frozen=True):
    """What goes to the parent, and what that saves."""

    saved: int
    """Content bytes, over all images."""
    whole: tuple[int, ...]
    """Layers that go there."""
    split: tuple[int, ...]
    """Layers of which a part goes there."""
    paths: dict[str, int]
    """What goes there, with its bytes."""


class Ledger:
    """What earlier plans moved already, so that no byte is saved twice."""

    def __init__(self) -> None:
        self._moved: dict[int, int] = {}
        self._whole: set[int] = set()

    def left(self, plan: Plan) -> Plan:
        """Leave out what is in layers that went to another parent whole."""
        parts = (part_of(piece, [each for each in piece.nodes if each not in self._whole]) for piece in plan.pieces)
        return Plan(plan.place, plan.branches, tuple(part for part in parts if len(part.nodes) > 1))

    def enter(self, moved: Mapping[int, int], whole: Iterable[int]) -> None:
        """Note what a plan moves, by node, and the nodes that it moves whole."""
        for number, size in moved.items():
            self._moved[number] = self._moved.get(number, 0) + size
        self._whole.update(whole)

    def moved(self, number: int) -> int:
        """Return the bytes of a node that plans have moved."""
        return self._moved[number]


def worth(asked: Plan, forest: Forest, contents: Mapping[DiffID, Contents], ledger: Ledger) -> Worth:
    """Follow a plan on paper, after those that are in the ledger; it is entered too."""
    plan = ledger.left(asked)
    moved = _bytes_of_nodes(plan)
    whole = _whole_runs(plan, forest, moved)
    gone = {number for group in whole for number in group}
    ledger.enter(moved, gone)
    rest_of = {each: forest.content[forest.nodes[each].diff_id] - ledger.moved(each) for each in moved}
    saved = sum(piece.gain for piece in plan.pieces)
    saved += sum(sum(rests) - max(rests) for rests in ([rest_of[each] for each in group] for group in whole))
    paths = {thing.path: thing.size for piece in plan.pieces for thing in cast("tuple[Thing, ...]", piece.matter)}
    split = [number for number in moved if number not in gone and runs(_text(forest, number))]
    if split and not gone:
        saved += _of_books(plan, forest, contents, split, paths)
    gone.update(number for number, rest in rest_of.items() if rest <= (1 - _WHOLLY) * (rest + moved[number]))
    if plan.place == GROUND:
        gone.update(number for number in moved if forest.nodes[number].depth == 1)
    return Worth(saved, tuple(sorted(gone)), tuple(sorted(moved.keys() - gone)), paths)


def _bytes_of_nodes(plan: Plan) -> dict[int, int]:
    moved: dict[int, int] = {}
    for piece in plan.pieces:
        for number, weight in zip(piece.nodes, piece.weights, strict=True):
            moved[number] = moved.get(number, 0) + weight
    return moved


def _text(forest: Forest, number: int) -> str:
    claim = forest.nodes[number].claim
    return claim.created_by if claim else ""


def _whole_runs(plan: Plan, forest: Forest, moved: Mapping[int, int]) -> list[list[int]]:
    """Find the RUNs that all images of the plan have: of one text, mostly one content, and one past if it matters."""
    pasts = _Pasts(plan, forest, moved)
    alike: dict[tuple[str, int | None], list[int]] = {}
    for number, size in moved.items():
        node, text = forest.nodes[number], _text(forest, number)
        if runs(text) and size >= _MOSTLY * forest.content[node.diff_id]:
            past = None if says_what_it_makes(node.claim, text) else pasts.of(node.parent)
            alike.setdefault((text, past), []).append(number)
    images = _images(forest, plan.branches)
    return [numbers for numbers in alike.values() if _images(forest, numbers) == images]


class _Pasts:
    """Numbers what was done since the images of a plan part: one number where all was the same."""

    def __init__(self, plan: Plan, forest: Forest, moved: Mapping[int, int]) -> None:
        self._forest = forest
        self._moved = moved
        self._pieces: dict[int, list[int]] = {}
        for at, piece in enumerate(plan.pieces):
            for number in piece.nodes:
                self._pieces.setdefault(number, []).append(at)
        self._numbers: dict[tuple[int, Hashable], int] = {}
        self._of = {plan.place: 0}
        if plan.place == GROUND:  # on versions of one base
            self._of.update((number, 0) for number in moved if forest.nodes[number].depth == 1)

    def of(self, number: int) -> int:
        """Return the past that ends with a node."""
        trail = []
        while number not in self._of:
            trail.append(number)
            number = self._forest.nodes[number].parent
        past = self._of[number]
        for each in reversed(trail):
            past = self._of[each] = self._numbers.setdefault((past, self._name(each)), len(self._numbers) + 1)
        return past

    def _name(self, number: int) -> Hashable:
        """Name what a node did: a RUN by its text, else by its contents, whatever their times are."""
        text, diff_id = _text(self._forest, number), self._forest.nodes[number].diff_id
        if runs(text) or text.startswith("WORKDIR "):
            return text
        moved = self._moved.get(number)
        return tuple(self._pieces[number]) if moved and moved == self._forest.content.get(diff_id) else diff_id


def _images(forest: Forest, numbers: Iterable[int]) -> int:
    return sum(forest.nodes[number].images for number in numbers)


def _of_books(
    plan: Plan,
    forest: Forest,
    contents: Mapping[DiffID, Contents],
    split: Sequence[int],
    paths: dict[str, int],
) -> int:
    """Return what is to be added for what each RUN writes anew; such paths are taken out of ``paths``."""
    added = 0
    for piece in plan.pieces:
        if set(piece.nodes) <= set(split):
            for thing in cast("tuple[Thing, ...]", piece.matter):
                if _is_book(thing.path):
                    paths.pop(thing.path, None)
                    added -= thing.size * (len(piece.nodes) - 1)  # not saved; and once more in the parent, see below
    images = _images(forest, plan.branches)
    written: dict[str, list[int]] = {}
    users: dict[str, int] = {}
    for number in split:
        node = forest.nodes[number]
        for _, thing in things_of(contents[node.diff_id]):
            if thing.path not in paths and (_is_book(thing.path) or _COMPILED in thing.path):
                written.setdefault(thing.path, []).append(thing.size)
                users[thing.path] = users.get(thing.path, 0) + node.images
    return added + _rewritten(written, {path for path, number in users.items() if number == images}, paths)


def _rewritten(written: Mapping[str, list[int]], everywhere: Iterable[str], paths: dict[str, int]) -> int:
    """Add up files that all images write, each its own: what was compiled goes to the parent, books stay."""
    added = 0
    for path in everywhere:
        sizes = written[path]
        if _COMPILED in path:
            added += sum(sizes) - max(sizes)
            paths[path] = max(sizes)
        else:
            added -= min(sizes)
    return added


def _is_book(path: str) -> bool:
    return path.startswith(_BOOKS) and not path.startswith(_OWN_BOOKS)
