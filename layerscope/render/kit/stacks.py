"""The report of several images, put as people read it: in one kind of bytes, and as a tree."""

from collections.abc import Callable, Container, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from layerscope.comparison import ComparedImageReport, CompareTotals, ParentReport, SharingReport, told_apart
from layerscope.render.kit.units import count, percent, size

_NAMES: Final = 4
"""Other names of an image that are told."""


class Bytes(Struct, frozen=True):
    """The bytes of an image, in the kind that is known."""

    whole: int | None
    shared: int | None
    own: int | None
    new: int | None
    """What it adds to a machine that has what it had, and all images before this one."""


def with_names(sharing: SharingReport) -> SharingReport:
    """Call each image by a name that no other one has, as builds of one tag would: for people, not for programs."""
    names = told_apart([(image.reference, image.image_id) for image in sharing.images])
    images = tuple(
        image if image.reference == name else replace(image, reference=name)
        for image, name in zip(sharing.images, names, strict=True)
    )
    return replace(sharing, images=images)


def names_of(image: ComparedImageReport, quote: Callable[[str], str] = str) -> str:
    """Name an image, and say what else it was asked for by; ``quote`` makes names safe."""
    name, *others = map(quote, (image.reference, *image.names[1 : _NAMES + 1]))
    more = len(image.names) - 1 - len(others)
    rest = f" and {more:,} more" if more else ""
    return f"{name}, also {', '.join(others)}{rest}" if others else name


def shows_content(totals: CompareTotals) -> bool:
    """Tell whether content bytes are shown: unless they are unknown, and blob bytes are not."""
    return totals.sum_content_bytes is not None or totals.sum_blob_bytes is None


def bytes_of(image: ComparedImageReport, *, content: bool) -> Bytes:
    """Return the bytes of an image in one kind."""
    if content:
        return Bytes(image.content_bytes, image.shared_content_bytes, image.own_content_bytes, image.new_content_bytes)
    return Bytes(image.blob_bytes, image.shared_blob_bytes, image.own_blob_bytes, image.pulled_blob_bytes)


def known(number: int | None) -> str:
    """Write bytes; what is unknown is said to be."""
    return "?" if number is None else size(number)


class Twig(Struct, frozen=True):
    """A line of the tree: a parent, or an image on one."""

    branch: str
    """What is drawn before the name, to lead to it."""
    name: str
    about: str
    """What is to be said beside the name."""
    added: int | None
    """Bytes beyond what it stands on."""
    images: int
    """How many have it; 0 for an image itself."""


_Item = tuple[bool, int]
"""Whether it is an image, and its index among those or among the parents."""


def tree(sharing: SharingReport, *, content: bool, unicode: bool = True) -> Iterator[Twig]:
    """Go through the tree: each parent, what stands on it, and the images that end there or go on alone."""
    itself = _images_that_are_parents(sharing)
    below = _standing_on(sharing, set(itself.values()))
    waiting = [(item, "", "") for item in reversed(below.get(None, []))]
    while waiting:
        (is_image, index), branch, lead = waiting.pop()
        if is_image:
            image = sharing.images[index]
            yield Twig(branch, image.reference, "", bytes_of(image, content=content).own, 0)
            continue
        yield _fork(sharing.parents[index], itself.get(index), sharing, branch, content=content)
        waiting += _hung(below.get(index, []), lead, unicode=unicode)


def _hung(items: list[_Item], lead: str, *, unicode: bool) -> Iterator[tuple[_Item, str, str]]:
    """Give each item, the last first, the lines that lead to it and those that lead past it to what is below."""
    tee, corner, bar = ("├─ ", "└─ ", "│  ") if unicode else ("|- ", "`- ", "|  ")
    for at, item in enumerate(reversed(items)):
        yield (item, lead + tee, lead + bar) if at else (item, lead + corner, lead + "   ")


def _fork(parent: ParentReport, image: int | None, sharing: SharingReport, branch: str, *, content: bool) -> Twig:
    name = parent.instruction or parent.chain_id if image is None else sharing.images[image].reference
    added = parent.added_content_bytes if content else parent.added_blob_bytes
    return Twig(branch, name, count(parent.depth, "layer"), added, parent.images)


def _images_that_are_parents(sharing: SharingReport) -> dict[int, int]:
    """Find, for each parent that is an image itself, the first such."""
    found: dict[int, int] = {}
    for index, image in enumerate(sharing.images):
        if image.parent is not None and sharing.parents[image.parent].layer == image.layer:
            found.setdefault(image.parent, index)
    return found


def _standing_on(sharing: SharingReport, without: Container[int]) -> dict[int | None, list[_Item]]:
    """List what stands on each parent, and on nothing that is shared: parents, then images."""
    below: dict[int | None, list[_Item]] = {}
    for index, parent in enumerate(sharing.parents):
        below.setdefault(parent.parent, []).append((False, index))
    for index, image in enumerate(sharing.images):
        if index not in without:
            below.setdefault(image.parent, []).append((True, index))
    return below


def facts(sharing: SharingReport, quote: Callable[[str], str] = str) -> list[tuple[str, str, str]]:
    """Say what all images weigh together: name, number, and what is to be said of it; ``quote`` makes names safe."""
    totals = sharing.totals
    told = [("images", f"{totals.images:,}", f"{count(totals.sum_layers, 'layer')}, {totals.stored_layers:,} distinct")]
    if totals.sum_content_bytes is not None or totals.sum_blob_bytes is None:
        told += _weighed("content", totals.sum_content_bytes, totals.stored_content_bytes, totals.content_sharing)
    if totals.sum_blob_bytes is not None:
        told += _weighed("blobs", totals.sum_blob_bytes, totals.stored_blob_bytes, totals.blob_sharing)
        had = ", ".join(map(quote, sharing.had)) or "none of them"
        told.append(("pull", known(totals.pulled_blob_bytes), f"all of them, by a machine that has {had}"))
    return told


def _weighed(what: str, whole: int | None, stored: int | None, saved: float | None) -> list[tuple[str, str, str]]:
    if whole is None or stored is None or saved is None:
        return [(what, "unknown", "of some layers nothing tells")]
    return [
        (what, size(whole), "if each image had all its layers to itself"),
        ("stored", size(stored), f"each layer once: sharing saves {percent(saved)}"),
    ]
