"""The forest of layers → the report: parents, each image's own and shared bytes, what is stored and pulled."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from layerscope.comparison import (
    ComparedImageReport,
    ComparedLayerReport,
    CompareReport,
    CompareTotals,
    ParentReport,
    SharingReport,
)
from layerscope.report import SCHEMA_VERSION, PlatformReport, total
from layerscope.secrets import redacted
from layerscope.sharing.advice import Adviser, Library
from layerscope.sharing.forest import GROUND, Blob, Forest, Planted, preorder
from layerscope.sharing.measures import Measure, measure
from layerscope.sharing.pairs import PAIRS_LIMIT, pairs_of
from layerscope.sharing.pulls import Pulled, pull_all
from layerscope.sharing.stale import stale_bases
from layerscope.sharing.words import instruction


class _Shape(Struct, frozen=True):
    """What is told of a forest over and over."""

    forest: Forest
    order: list[int]
    """The nodes that images have, parents first."""
    place: dict[int, int]
    """Where each of them is in ``order``."""
    forks: list[int]
    """For each node the nearest one below or at it where images part; GROUND where there is none."""
    shared: list[int]
    """For each node the nearest one below or at it that several images have; likewise."""
    blobs: list[Blob]
    """For each node how it is stored."""
    content: Measure
    blob: Measure


def summarise(forest: Forest, library: Library | None = None) -> CompareReport:
    """Make the report; ``library`` are the layers whose contents were read to tell what could be shared."""
    forest.count()
    shape = _shape(forest)
    parents = [number for number in shape.order if shape.forks[number] == number]
    parent_at = {number: at for at, number in enumerate(parents)}
    pulls = pull_all(forest, shape.blobs, shape.content)
    images = tuple(_image(shape, image, pulled, parent_at) for image, pulled in zip(forest.images, pulls, strict=True))
    has_pairs = len(images) <= PAIRS_LIMIT
    could_share = Adviser(forest, shape.blobs, shape.place, library or {}).advise()
    sharing = SharingReport(
        totals=_totals(shape, images),
        images=images,
        had=tuple(dict.fromkeys(forest.had)),
        parents=tuple(_parent(shape, number, parent_at) for number in parents),
        layers=_layers(shape),
        pairs=pairs_of(forest, shape.order, shape.content, shape.blob) if has_pairs else None,
        stale_bases=stale_bases(forest, shape.blobs, shape.place, could_share),
        could_share=could_share,
        notes=tuple(_notes(shape)),
    )
    return CompareReport(SCHEMA_VERSION, sharing)


def _shape(forest: Forest) -> _Shape:
    nodes = forest.nodes
    goes_on = {node.parent for node in nodes if node.parent != GROUND and node.images == nodes[node.parent].images}
    forks, shared = [GROUND] * (len(nodes) + 1), [GROUND] * (len(nodes) + 1)
    for number, node in enumerate(nodes):
        is_shared = node.images > 1
        shared[number] = number if is_shared else shared[node.parent]
        forks[number] = number if is_shared and number not in goes_on else forks[node.parent]
    order, blobs = preorder(nodes), forest.blobs()
    return _Shape(
        forest=forest,
        order=order,
        place={number: at for at, number in enumerate(order)},
        forks=forks,
        shared=shared,
        blobs=blobs,
        content=measure(nodes, [forest.content.get(node.diff_id) for node in nodes]),
        blob=measure(nodes, [blob.size for blob in blobs]),
    )


def _layers(shape: _Shape) -> tuple[ComparedLayerReport, ...]:
    nodes, blobs, place, content = shape.forest.nodes, shape.blobs, shape.place, shape.content.values
    in_order = ((number, nodes[number], blobs[number]) for number in shape.order)
    return tuple(
        ComparedLayerReport(
            chain_id=node.chain_id,
            diff_id=node.diff_id,
            digest=blob.digest,
            parent=place.get(node.parent),
            depth=node.depth,
            content_bytes=content[number],
            blob_bytes=blob.size,
            images=node.images,
            created_by=redacted(node.claim.created_by) if node.claim else "",
        )
        for number, node, blob in in_order
    )


def _parent(shape: _Shape, number: int, parent_at: Mapping[int, int]) -> ParentReport:
    node = shape.forest.nodes[number]
    below = shape.forks[node.parent]
    return ParentReport(
        chain_id=node.chain_id,
        depth=node.depth,
        layer=shape.place[number],
        parent=parent_at.get(below),
        content_bytes=shape.content.stack(number),
        blob_bytes=shape.blob.stack(number),
        added_content_bytes=shape.content.between(below, number),
        added_blob_bytes=shape.blob.between(below, number),
        images=node.images,
        instruction=instruction(node.claim),
    )


def _image(shape: _Shape, image: Planted, pulled: Pulled, parent_at: Mapping[int, int]) -> ComparedImageReport:
    top, shared = image.top, shape.shared[image.top]
    platform = image.platform
    return ComparedImageReport(
        reference=image.reference,
        names=tuple(image.names),
        source=image.source,
        image_id=image.image_id,
        digest=image.digest,
        platform=PlatformReport(platform.os, platform.architecture, platform.variant),
        pods=image.pods,
        layers=shape.forest.nodes[top].depth if top != GROUND else 0,
        layer=shape.place.get(top),
        parent=parent_at.get(shape.forks[top]),
        content_bytes=shape.content.stack(top),
        shared_content_bytes=shape.content.stack(shared),
        own_content_bytes=shape.content.between(shared, top),
        blob_bytes=shape.blob.stack(top),
        shared_blob_bytes=shape.blob.stack(shared),
        own_blob_bytes=shape.blob.between(shared, top),
        new_layers=pulled.layers,
        new_content_bytes=pulled.content_bytes,
        pulled_blob_bytes=pulled.blob_bytes,
    )


def _totals(shape: _Shape, images: Sequence[ComparedImageReport]) -> CompareTotals:
    forest, content = shape.forest, shape.content.values
    shared = [number for number in shape.order if forest.nodes[number].images > 1]
    sum_content = total(image.content_bytes for image in images)
    stored_content = total(content[number] for number in shape.order)
    sum_blob = total(image.blob_bytes for image in images)
    stored_blob = _blob_bytes(shape, shape.order)
    return CompareTotals(
        images=len(images),
        sum_layers=sum(image.layers for image in images),
        stored_layers=len(shape.order),
        sum_content_bytes=sum_content,
        stored_content_bytes=stored_content,
        shared_content_bytes=total(content[number] for number in shared),
        content_sharing=_saved(sum_content, stored_content),
        sum_blob_bytes=sum_blob,
        stored_blob_bytes=stored_blob,
        shared_blob_bytes=_blob_bytes(shape, shared),
        blob_sharing=_saved(sum_blob, stored_blob),
        pulled_blob_bytes=total(image.pulled_blob_bytes for image in images),
    )


def _blob_bytes(shape: _Shape, numbers: Sequence[int]) -> int | None:
    """Add up the blobs of some nodes, each once."""
    return total({(blob := shape.blobs[number]).name: blob.size for number in numbers}.values())


def _saved(whole: int | None, stored: int | None) -> float | None:
    if whole is None or stored is None:
        return None
    return (whole - stored) / whole if whole else 0.0


def _notes(shape: _Shape) -> Iterator[str]:
    """Say in a sentence each what is unknown, or known in another way than one would think."""
    forest, layers = shape.forest, len(shape.order)
    if unknown := sum(shape.content.values[number] is None for number in shape.order):
        are_engines = [image.source == "docker-daemon" for image in forest.images]
        why = [] if all(are_engines) else ["manifests do not tell them (--walk all reads compressed layers)"]
        why += ["an engine does not tell them of each image"] if any(are_engines) else []
        yield f"The content bytes of {_some(unknown, layers)} are unknown: {', and '.join(why)}."
    if unknown := sum(shape.blob.values[number] is None for number in shape.order):
        yield f"The blob bytes of {_some(unknown, layers)} are unknown: engines do not keep blobs."
    if any(image.source == "docker-archive" and _has_saved_tars(shape, image) for image in forest.images):
        yield "Of docker archives, blob bytes are those of the layers as saved: a registry keeps them compressed."
    if len(forest.images) > PAIRS_LIMIT:
        yield f"There is no matrix of more than {PAIRS_LIMIT:,} images."


def _some(unknown: int, layers: int) -> str:
    return "all layers" if unknown == layers else f"{unknown:,} of {layers:,} layers"


def _has_saved_tars(shape: _Shape, image: Planted) -> bool:
    """Tell whether blobs of an image are uncompressed, as far as their names tell."""
    nodes, blobs = shape.forest.nodes, shape.blobs
    return any(blobs[number].name == nodes[number].diff_id for number in shape.forest.path(image.top))
