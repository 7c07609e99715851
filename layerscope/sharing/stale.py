"""Bases in use in several versions: what all images would take less on one of them, and how they come to stand there.

Whose base is which, images declare themselves. How many of their layers it has, they do not; that is known where

- one of the images compared has the digest that is declared,
- or buildah noted in the history where it went on from the image of that name,
- or one of the images compared has that name,

and all images that declare the version stand on those very layers. What they merely have in common is the base or more,
and where a history looks like the end of one is a guess: neither is counted on, and what is saved stays unknown. Images
that declare nothing, and stand on the layers of a version, are built on it all the same.

Saved is what no image has any more once they are rebuilt. What an image has on its base is taken to weigh the same
again, and to be shared among those that are rebuilt as it was; an image that is not has its own copy of it then.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from layerscope.comparison import BaseVersionReport, CommonParentReport, StaleBaseReport, told_apart
from layerscope.reference import full_name
from layerscope.report import total
from layerscope.sharing.forest import GROUND, Blob, Forest, Planted, meeting
from layerscope.sharing.seats import Seats
from layerscope.sharing.words import listed, short

_Name = TypeVar("_Name", int, str)
_Declared = tuple[str, Mapping[str, Sequence[int]]]
"""A base's name, and by the digest of each version who says to be built on it."""


class _Version(Struct, frozen=True):
    """One version of a base."""

    digest: str
    users: Sequence[int]
    """Images on it."""
    top: int | None
    """The node of its top layer."""
    made: float | None
    """When the last of its layers was; ``None`` where that is not told of the top one, which may be the last."""


class _Saving(Struct, frozen=True):
    """What is saved, and the nodes that are gone."""

    content: int | None
    blob: int | None
    gone: frozenset[int]


_UNKNOWN: Final = _Saving(None, None, frozenset())


def stale_bases(
    forest: Forest, blobs: Sequence[Blob], place: Mapping[int, int], could_share: Sequence[CommonParentReport]
) -> tuple[StaleBaseReport, ...]:
    """Report the bases that images declare in more than one version; another platform's is no other version."""
    declared = list(_declared(forest.images))
    if not declared:
        return ()
    teller = _Teller(forest, blobs, place, could_share)
    return tuple(teller.report(name, versions) for name, versions in declared)


def _declared(images: Sequence[Planted]) -> Iterator[_Declared]:
    bases: dict[tuple[str, str], dict[str, list[int]]] = {}
    for number, image in enumerate(images):
        if image.base:
            versions = bases.setdefault((image.base.name, str(image.platform)), {})
            versions.setdefault(image.base.digest, []).append(number)
    for (name, _), versions in sorted(bases.items()):
        if len(versions) > 1:
            yield name, versions


class _Teller:
    """Tells of one base after the other, all of one forest whose images are counted."""

    def __init__(
        self,
        forest: Forest,
        blobs: Sequence[Blob],
        place: Mapping[int, int],
        could_share: Sequence[CommonParentReport],
    ) -> None:
        self._forest = forest
        self._blobs = blobs
        self._place = place
        self._could_share = could_share
        self._called = told_apart([(image.reference, image.image_id) for image in forest.images])
        silent = [number for number, image in enumerate(forest.images) if image.base is None]
        self._silent = Seats(forest, place, silent)
        self._by_digest: dict[str, int] = {
            digest: number for number, image in enumerate(forest.images) for digest in image.digests
        }
        self._by_name: dict[str, dict[int, list[int]]] = {}
        """Images by their names, then by the node of their top layer."""
        for number, image in enumerate(forest.images):
            for name in {full_name(each) for each in image.names}:
                self._by_name.setdefault(name, {}).setdefault(image.top, []).append(number)
        self._stored: dict[str, int] = {}
        """How many nodes there are of each blob."""
        for number in place:
            self._stored[blobs[number].name] = self._stored.get(blobs[number].name, 0) + 1

    def report(self, name: str, declared: Mapping[str, Sequence[int]]) -> StaleBaseReport:
        """Tell of one base."""
        versions = [
            self._version(name, digest, declared)
            for digest in sorted(declared, key=lambda digest: (-len(declared[digest]), digest))
        ]
        newest = _newest(versions)
        onto = newest or versions[0]
        others = [each for each in versions if each is not onto]
        replaced = self._replaced(name, others, onto).difference(*declared.values())
        rebuilt = {image: version for image, version in self._on(versions, onto).items() if image not in replaced}
        saving = self._saving(rebuilt, replaced) if all(each.top is not None for each in others) else _UNKNOWN
        told = StaleBaseReport(
            name=name,
            versions=tuple(
                BaseVersionReport(each.digest, tuple(each.users), None if each.top is None else self._place[each.top])
                for each in versions
            ),
            onto=onto.digest,
            is_newest=newest is not None,
            rebuilt=tuple(sorted(rebuilt)),
            replaced=tuple(sorted(replaced)),
            saved_content_bytes=saving.content,
            saved_blob_bytes=saving.blob,
            could_share=self._shared(saving.gone),
            remedy="",
        )
        return replace(told, remedy=" ".join(self._remedy(told, onto, others)))

    def _version(self, name: str, digest: str, declared: Mapping[str, Sequence[int]]) -> _Version:
        users = declared[digest]
        common = list(self._forest.path(self._common(users)))
        top = self._top(name, digest, declared, common)
        return _Version(digest, users, top, None if top is None else self._made(top))

    def _common(self, users: Sequence[int]) -> int:
        """Return the highest node that several images have, GROUND if there is none."""
        return reduce(partial(meeting, self._forest.nodes), (self._forest.images[user].top for user in users))

    def _top(self, name: str, digest: str, declared: Mapping[str, Sequence[int]], common: Sequence[int]) -> int | None:
        """Find where a version ends; ``common`` are the nodes that all its images have, the highest first."""
        images, users = self._forest.images, set(declared[digest])
        itself = self._by_digest.get(digest)
        if itself is not None and images[itself].top in common:
            return images[itself].top
        noted = {images[user].base_layers or 0 for user in users} - {0}
        if len(noted) == 1 and max(noted) <= len(common):
            return common[-max(noted)]
        named = self._by_name.get(full_name(name), {})
        for number in common:  # what has the digest of another version is that one
            others = [images[each] for each in named.get(number, ()) if each not in users]
            if any(declared.keys().isdisjoint(each.digests) for each in others):
                return number
        return None

    def _made(self, top: int) -> float | None:
        from layerscope.build.guess import time_of

        claims = (self._forest.nodes[number].claim for number in self._forest.path(top))
        last, *below = (time_of(claim.created) if claim else None for claim in claims)
        return None if last is None else max([last, *(time for time in below if time is not None)])

    def _replaced(self, name: str, others: Sequence[_Version], onto: _Version) -> set[int]:
        """Find the images that are one of the other versions themselves."""
        named = self._by_name.get(full_name(name), {})
        tops = {each.top for each in others if each.top is not None and each.top != onto.top}
        found = {image for top in tops for image in named.get(top, ())}
        found.update(itself for each in others if (itself := self._by_digest.get(each.digest)) is not None)
        found -= {self._by_digest.get(onto.digest)}
        return {each for each in found if self._forest.images[each].top in tops}

    def _on(self, versions: Sequence[_Version], onto: _Version) -> dict[int, _Version]:
        """Tell of the images on other versions than the one that they should stand on, on which each does."""
        nodes, on = self._forest.nodes, dict[int, _Version]()
        known = [(nodes[each.top].depth, each is onto, each.top, each) for each in versions if each.top is not None]
        for _, _, top, each in sorted(known, key=lambda found: found[:2]):  # what stands on two is on the higher one
            on.update(dict.fromkeys(self._silent.on(top), each))
        for each in versions:
            on.update(dict.fromkeys(each.users, each))
        on.pop(self._by_digest.get(onto.digest, GROUND), None)
        return {image: version for image, version in on.items() if version is not onto}

    def _saving(self, rebuilt: Mapping[int, _Version], replaced: Iterable[int]) -> _Saving:
        """Add up what goes, less what comes: images are rebuilt, or replaced."""
        nodes, images = self._forest.nodes, self._forest.images
        below, above = dict[int, int](), dict[int, int]()  # nodes of a base, and those on it, with how many leave them
        for image in (*rebuilt, *replaced):
            top = rebuilt[image].top if image in rebuilt else images[image].top
            height = 0 if top is None else nodes[top].depth
            for number in self._forest.path(images[image].top):
                leaving = above if nodes[number].depth > height else below
                leaving[number] = leaving.get(number, 0) + 1
        touched = below.keys() | above.keys()
        left = {each for each in touched if below.get(each, 0) + above.get(each, 0) == nodes[each].images}
        content = {each: self._forest.content.get(nodes[each].diff_id) for each in touched}
        return _Saving(
            _difference(content, touched - left, above),
            self._blob(touched, left, above),
            frozenset(left.difference(above)),
        )

    def _blob(self, touched: Iterable[int], left: Iterable[int], above: Iterable[int]) -> int | None:
        """Do the same for blobs: one stays as long as any node has it."""
        free: dict[str, int] = {}
        for number in left:
            free[self._blobs[number].name] = free.get(self._blobs[number].name, 0) + 1
        blobs: dict[str, int | None] = {self._blobs[number].name: self._blobs[number].size for number in touched}
        stay = {name for name in blobs if free.get(name, 0) < self._stored[name]}
        return _difference(blobs, stay, {self._blobs[number].name for number in above})

    def _shared(self, gone: Iterable[int]) -> tuple[int, ...]:
        """Find what could be shared of nodes that go here."""
        layers = {self._place[number] for number in gone}
        return tuple(
            at
            for at, each in enumerate(self._could_share)
            if any(not layers.isdisjoint(moved.layers) for moved in each.moved)
        )

    def _remedy(self, told: StaleBaseReport, onto: _Version, others: Sequence[_Version]) -> Iterator[str]:
        """Put the way there in words, sentence by sentence."""
        images, place = listed(self._called[each] for each in told.rebuilt), _named(told.name, onto)
        if told.is_newest:
            yield f"Rebuild {images} on {place}, the newest of these versions."
        else:
            yield f"Rebuild {images} on {place}, or all on a newer one: nothing tells which of these is the newest."
        if told.replaced:
            yield f"Remove what is another version itself: {listed(self._called[each] for each in told.replaced)}."
        if unknown := [each for each in others if each.top is None]:
            yield f"To know what that saves, compare {listed(_named(told.name, each) for each in unknown)} as well."
        if told.could_share:
            yield "Some of these bytes are saved by what could be shared, too: the two do not add up."


def _difference(sizes: Mapping[_Name, int | None], stay: Container[_Name], again: Container[_Name]) -> int | None:
    """Add up what is saved of things that are there once: some ``stay``, some come ``again``, and some do both."""
    times = {name: 1 - (name in stay) - (name in again) for name in sizes}
    saved = total(size and size * times[name] for name, size in sizes.items() if times[name])
    return None if saved is None else max(0, saved)


def _newest(versions: Sequence[_Version]) -> _Version | None:
    """Return the version that was made last; ``None`` where that is not known of all, or of two the same."""
    times = [each.made for each in versions if each.made is not None]
    if len(times) < len(versions) or times.count(max(times)) > 1:
        return None
    return versions[times.index(max(times))]


def _named(name: str, version: _Version) -> str:
    return f"{short(name)}@{version.digest[:19]}"
