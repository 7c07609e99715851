"""What could be shared: plans of common parents → what the report says of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Final

from msgspec import Struct

from layerscope.comparison import CommonParentReport, MovedPackageReport, MovedReport, told_apart
from layerscope.layers.contents import Contents
from layerscope.model import DiffID
from layerscope.sharing.apart import pieces_apart
from layerscope.sharing.forest import GROUND, Blob, Forest
from layerscope.sharing.parents import Plan, plans
from layerscope.sharing.seats import Seats
from layerscope.sharing.words import instruction, listed, short

_WORTH_SAYING: Final = 100_000
"""Bytes that a parent saves at least."""
_MOST: Final = 20
"""Parents that are told of."""
_FOLLOWED: Final = 100
"""Plans whose price is reckoned file by file, those that would save most without it."""
_PATHS: Final = 10

Library = Mapping[DiffID, Contents]
"""The layers whose contents were read."""


class _Counsel(Struct, frozen=True):
    """A plan, and what it comes to."""

    plan: Plan
    method: str
    confidence: str
    whole: tuple[int, ...]
    split: tuple[int, ...]
    paths: Mapping[str, int]
    content: int | None
    blob: int | None

    @property
    def saved(self) -> int:
        """What it is ranked by."""
        return (self.blob if self.content is None else self.content) or 0


class Adviser:
    """Tells what could be shared in one forest whose images are counted."""

    def __init__(self, forest: Forest, blobs: Sequence[Blob], place: Mapping[int, int], library: Library) -> None:
        self._forest = forest
        self._nodes = forest.nodes
        self._blobs = blobs
        self._place = place
        self._library = library
        self._called = told_apart([(image.reference, image.image_id) for image in forest.images])

    @cached_property
    def _seats(self) -> Seats:
        return Seats(self._forest, self._place, range(len(self._forest.images)))

    def advise(self) -> tuple[CommonParentReport, ...]:
        """List the parents that are worth making, the one that saves most first."""
        found = self._by_contents() if self._library else self._by_documents()
        ranked = sorted(
            (each for each in found if each.saved >= _WORTH_SAYING),
            key=lambda each: (-each.saved, self._names(each.plan)),
        )
        return tuple(self._report(each) for each in ranked[:_MOST])

    def _names(self, plan: Plan) -> list[str]:
        """Tell plans of one weight apart, whatever the order of images is."""
        return sorted(self._nodes[number].chain_id for number in plan.branches)

    def _by_documents(self) -> Iterator[_Counsel]:
        for plan in plans(self._nodes, pieces_apart(self._nodes, self._weigh)):
            moved = tuple(sorted({number for piece in plan.pieces for number in piece.nodes}))
            groups = [piece.nodes for piece in plan.pieces]
            method, confidence = self._evidence(plan, groups, moved)
            content = [[self._content(number) for number in group] for group in groups]
            yield _Counsel(plan, method, confidence, moved, (), {}, _saved(content), self._saved_blobs(groups))

    def _by_contents(self) -> Iterator[_Counsel]:
        from layerscope.sharing.alike import bases_alike, pieces_alike
        from layerscope.sharing.worth import Ledger, worth

        pieces = pieces_alike(self._nodes, self._library)
        every = list(plans(self._nodes, pieces, bases_alike(self._nodes, pieces, self._forest.content)))
        every.sort(key=lambda plan: (-sum(piece.gain for piece in plan.pieces), self._names(plan)))
        ledger = Ledger()
        for plan in every[:_FOLLOWED]:
            told = worth(plan, self._forest, self._library, ledger)
            confidence = "medium" if told.split else "high"
            yield _Counsel(plan, "contents", confidence, told.whole, told.split, told.paths, told.saved, None)

    def _weigh(self, number: int) -> int | None:
        content = self._content(number)
        return self._blobs[number].size if content is None else content

    def _content(self, number: int) -> int | None:
        return self._forest.content.get(self._nodes[number].diff_id)

    def _saved_blobs(self, groups: Iterable[Sequence[int]]) -> int | None:
        """Of blobs one digest is stored once, on whatever it stands."""
        distinct = [{self._blobs[number].name: self._blobs[number].size for number in group} for group in groups]
        return _saved([list(each.values()) for each in distinct])

    def _evidence(self, plan: Plan, groups: Sequence[Sequence[int]], moved: Sequence[int]) -> tuple[str, str]:
        """Say what a plan rests on: one content, one text with nothing else before it, or one text alone."""
        if all(len({self._nodes[number].diff_id for number in group}) == 1 for group in groups):
            return "layers", "high"
        return "instructions", "low" if self._are_others_before(plan, moved) else "medium"

    def _are_others_before(self, plan: Plan, moved: Iterable[int]) -> bool:
        """Tell whether images do anything else on their parent before what would go there."""
        there = {*moved, plan.place}
        return any(self._nodes[number].parent not in there for number in moved)

    def _report(self, counsel: _Counsel) -> CommonParentReport:
        plan, paths = counsel.plan, counsel.paths
        images = tuple(self._images(plan))
        moved = (*self._moved(counsel.whole, is_whole=True), *self._moved(counsel.split, is_whole=False))
        packages = self._packages(images, paths) if paths else ()
        largest = sorted(paths, key=lambda path: (-paths[path], path))[:_PATHS]
        return CommonParentReport(
            images=images,
            layer=self._place.get(plan.place),
            method=counsel.method,
            confidence=counsel.confidence,
            moved=moved,
            packages=packages,
            paths=tuple(largest),
            path_count=len(paths),
            saved_content_bytes=counsel.content,
            saved_blob_bytes=counsel.blob,
            remedy=self._remedy(counsel, moved, packages, len(images), largest),
        )

    def _images(self, plan: Plan) -> list[int]:
        """List the images on the branches of a plan: a branch is a stretch of the walk."""
        return sorted(image for branch in plan.branches for image in self._seats.on(branch))

    def _moved(self, numbers: Iterable[int], *, is_whole: bool) -> list[MovedReport]:
        """Gather layers by their instruction, the lowest first."""
        by_text: dict[str, list[int]] = {}
        for number in sorted(numbers, key=lambda each: (self._nodes[each].depth, self._place[each])):
            by_text.setdefault(instruction(self._nodes[number].claim), []).append(self._place[number])
        return [MovedReport(text, tuple(sorted(layers)), is_whole) for text, layers in by_text.items()]

    def _packages(self, images: Sequence[int], paths: Mapping[str, int]) -> tuple[MovedPackageReport, ...]:
        from layerscope.sharing.brought import packages_among

        stacks = [list(self._forest.path(self._forest.images[image].top))[::-1] for image in images]
        read = [[self._library.get(self._nodes[number].diff_id) for number in stack] for stack in stacks]
        layers = min(read, key=lambda each: (each.count(None), len(each)))
        return packages_among([each for each in layers if each is not None], paths)

    def _remedy(
        self,
        counsel: _Counsel,
        moved: Sequence[MovedReport],
        packages: Sequence[MovedPackageReport],
        images: int,
        largest: Sequence[str],
    ) -> str:
        """Put the way there in words."""
        place = counsel.plan.place
        parent = self._parent_that_is(counsel) if place != GROUND else None
        if parent is not None:
            others = listed(self._not_on(parent, counsel.plan), ", ")
            sentences = [f"Build {others} FROM {self._called[parent]}, which is what these images have in common"]
        else:
            sentences = [f"Make a parent {self._parent(place)}, and build these {images} images FROM it"]
        whole = [each.instruction for each in moved if each.is_whole and each.instruction]
        if whole and place != GROUND:
            put = "Leave out" if parent is not None else "Put there, and leave out of them"
            sentences.append(f"{put}: {listed(map(short, whole), '; ')}")
        if counsel.split and packages:
            asked = [each.name for each in packages if each.requested] or [each.name for each in packages]
            parts = [short(each.instruction) for each in moved if not each.is_whole]
            brought = f" ({len(packages)} packages with what they bring)" if len(packages) > len(asked) else ""
            sentences.append(
                f"Install {listed(asked, ', ')} there{brought}; what remains of {listed(parts, '; ')} is done on it"
            )
        elif counsel.split:
            files = listed([f"/{path}" for path in largest], ", ", len(counsel.paths))
            sentences.append(f"Write {files} there, and leave it out of them")
        if self._are_others_before(counsel.plan, (*counsel.whole, *counsel.split)) and place != GROUND:
            sentences.append("What these images do before it on their own must not matter to it")
        return " ".join(each if each.endswith("…") else f"{each}." for each in sentences)

    def _parent_that_is(self, counsel: _Counsel) -> int | None:
        """Find the image that is the parent already: what goes there makes it up, and nothing else does."""
        there = {*counsel.whole, counsel.plan.place}
        for number, image in enumerate(self._forest.images if not counsel.split else ()):
            if image.top in there and image.top != counsel.plan.place:
                own = takewhile(lambda node: node != counsel.plan.place, self._forest.path(image.top))
                if there.issuperset(own):
                    return number
        return None

    def _not_on(self, parent: int, plan: Plan) -> Iterator[str]:
        """Name the images of a plan that do not stand on a parent."""
        for number in self._images(plan):
            if self._forest.images[parent].top not in self._forest.path(self._forest.images[number].top):
                yield self._called[number]

    def _parent(self, place: int) -> str:
        if place == GROUND:
            return "of their bottom layers, which are versions of one base"
        names = [self._called[number] for number, image in enumerate(self._forest.images) if image.top == place]
        return f"on {names[0]}" if names else f"on {short(instruction(self._nodes[place].claim)) or 'their own'}"


def _saved(groups: Iterable[Sequence[int | None]]) -> int | None:
    """Add up what goes if of each group only the largest stays."""
    saved = 0
    for group in groups:
        known = [each for each in group if each is not None]
        if len(known) < len(group):
            return None
        saved += sum(known) - max(known, default=0)
    return saved
