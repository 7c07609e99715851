"""The report of several images together: the part ``compare`` of the JSON contract (see ``report``).

Bytes are ``None`` where those of one layer are unknown: nothing is guessed, and nothing is left out of a sum.
"""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from layerscope.report import PlatformReport


class ComparedLayerReport(Struct, frozen=True, gc=False):
    """One layer on its parent, once, however many images have it."""

    chain_id: str
    diff_id: str
    digest: str | None
    """The blob as stored, where a manifest tells of it; of one that is stored in several ways the smallest."""
    parent: int | None
    """Index of the layer that it stands on."""
    depth: int
    """Layers of the stack, this one included."""
    content_bytes: int | None
    blob_bytes: int | None
    images: int
    """How many images have it."""
    created_by: str
    """What the history says made it, as it is there but for secrets, which are three stars; empty where it does not
    tell of each layer."""


class ComparedImageReport(Struct, frozen=True):
    """One image among several; ``own + shared`` is always the whole."""

    reference: str
    names: tuple[str, ...]
    """All that it was asked for by, with an archive all that it carries there: one image ID is one image."""
    source: str
    image_id: str | None
    digest: str | None
    platform: PlatformReport
    pods: int | None
    """How many pods run it; ``None`` where no cluster was asked about."""
    layers: int
    layer: int | None
    """Index of its top layer."""
    parent: int | None
    """Index of the nearest of ``parents``."""
    content_bytes: int | None
    shared_content_bytes: int | None
    """Of layers that other images have too, on the same parents."""
    own_content_bytes: int | None
    blob_bytes: int | None
    shared_blob_bytes: int | None
    own_blob_bytes: int | None
    new_layers: int
    """Layers that a machine lacks which has what it had and all images before this one."""
    new_content_bytes: int | None
    pulled_blob_bytes: int | None
    """Of the new layers, each blob that it lacks once."""


class ParentReport(Struct, frozen=True):
    """A stack of layers where images part: each has it whole, and goes on in its own way or ends there."""

    chain_id: str
    depth: int
    """Layers of the stack."""
    layer: int
    """Index of its top layer."""
    parent: int | None
    """Index of the parent that it was built on."""
    content_bytes: int | None
    """Of the whole stack."""
    blob_bytes: int | None
    added_content_bytes: int | None
    """What it has more than its own parent."""
    added_blob_bytes: int | None
    images: int
    instruction: str
    """Of its top layer, as a Dockerfile has it; empty where the history does not tell."""


class CompareTotals(Struct, frozen=True):
    """Sums over all images, and over all layers once. Content is stored once a chain ID, blobs once a digest."""

    images: int
    sum_layers: int
    stored_layers: int
    sum_content_bytes: int | None
    stored_content_bytes: int | None
    shared_content_bytes: int | None
    """Stored for more than one image."""
    content_sharing: float | None
    """What sharing saves ÷ sum: 0 when nothing is shared."""
    sum_blob_bytes: int | None
    stored_blob_bytes: int | None
    shared_blob_bytes: int | None
    blob_sharing: float | None
    pulled_blob_bytes: int | None
    """What all images in their order cost a machine to pull."""


class PairsReport(Struct, frozen=True):
    """For each two images, in their order, what they share; an image with itself: all that it has."""

    layers: tuple[tuple[int, ...], ...]
    content_bytes: tuple[tuple[int | None, ...], ...] | None
    """``None`` where no layer's are known."""
    blob_bytes: tuple[tuple[int | None, ...], ...] | None


class BaseVersionReport(Struct, frozen=True):
    """One version of a base image, and who says to be built on it."""

    digest: str
    images: tuple[int, ...]
    layer: int | None
    """Index of its top layer; ``None`` where nothing tells for sure where it ends in those images."""


class StaleBaseReport(Struct, frozen=True):
    """A base image of which several versions are in use, by what the images declare."""

    name: str
    versions: tuple[BaseVersionReport, ...]
    onto: str
    """The digest of the version that all images should stand on."""
    is_newest: bool
    """Whether that is the newest, by its history; else nothing tells which is, and it is the one that most stand on."""
    rebuilt: tuple[int, ...]
    """Images on other versions, also such as declare nothing and have the layers."""
    replaced: tuple[int, ...]
    """Images that are another version themselves, and are of no use then."""
    saved_content_bytes: int | None
    """What all images together would take less with those rebuilt on it, and without those replaced by it."""
    saved_blob_bytes: int | None
    could_share: tuple[int, ...]
    """Indexes of what could be shared of the same layers: what is saved here and what is saved there do not add up."""
    remedy: str


class MovedReport(Struct, frozen=True):
    """An instruction that goes to a common parent, whole or in part."""

    instruction: str
    layers: tuple[int, ...]
    """Indexes of what it made; where in its image each stands, its ``depth`` tells."""
    is_whole: bool


class MovedPackageReport(Struct, frozen=True):
    """A package that goes there."""

    manager: str
    name: str
    version: str
    content_bytes: int
    requested: bool | None
    """Whether somebody asked for it; ``None`` where its manager does not note that."""


class CommonParentReport(Struct, frozen=True):
    """An image that is not there yet: what several images have apart, and would have once if all stood on it.

    All of a report can be followed together: of two the images of one are all among the other's, or none of them.
    """

    images: tuple[int, ...]
    layer: int | None
    """Index of the layer on which they part, and the parent would stand; ``None``: on nothing."""
    method: str
    """``layers``: the same layers on other ones; ``instructions``: the same text; ``contents``: the same files."""
    confidence: str
    moved: tuple[MovedReport, ...]
    packages: tuple[MovedPackageReport, ...]
    """Those asked for first, then most bytes first; empty where contents were not read."""
    paths: tuple[str, ...]
    """The largest files, likewise."""
    path_count: int
    saved_content_bytes: int | None
    """What all images together would take less."""
    saved_blob_bytes: int | None
    remedy: str


class SharingReport(Struct, frozen=True):
    """What several images share, and what a machine with all of them stores and pulls."""

    totals: CompareTotals
    images: tuple[ComparedImageReport, ...]
    """In the order in which they were named."""
    had: tuple[str, ...]
    """What the machine has already."""
    parents: tuple[ParentReport, ...]
    """Each before those built on it."""
    layers: tuple[ComparedLayerReport, ...]
    """Each before those on it."""
    pairs: PairsReport | None
    """``None`` for more images than a matrix is of use for; layers tell the same."""
    stale_bases: tuple[StaleBaseReport, ...]
    could_share: tuple[CommonParentReport, ...]
    """What saves most first."""
    notes: tuple[str, ...]


class CompareReport(Struct, frozen=True):
    """All that layerscope has to say of several images together."""

    schema_version: int
    compare: SharingReport


def told_apart(images: Sequence[tuple[str, str | None]]) -> list[str]:
    """Call images by their references; those that have one in common by their IDs too, as far as these are known."""
    times = Counter(reference for reference, _ in images)
    return [
        f"{reference} ({image_id.rpartition(':')[2][:12]})" if image_id and times[reference] > 1 else reference
        for reference, image_id in images
    ]
