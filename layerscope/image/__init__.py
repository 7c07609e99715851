"""The wire formats, the choice among several images, and assembling an image from a medium."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from layerscope.image.candidate import LayerRef
from layerscope.image.checks import check_layer
from layerscope.image.chosen import Chosen, choose_image, layer_keys
from layerscope.image.outline import read_outline
from layerscope.image.walking import walk_layers
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, NoFacts
from layerscope.model import ChainID, DiffID, Image, Layer, Platform, chain_id
from layerscope.sources.medium import Medium

if TYPE_CHECKING:
    from layerscope.cache.layers import Layers

__all__ = [
    "Chosen",
    "choose_image",
    "layer_keys",
    "read_image",
    "read_outline",
    "read_unwalked",
    "walk_image",
]


class ReadImage(Struct, frozen=True):
    """An image, and what can be asked of its layers' contents while the medium is open."""

    image: Image
    facts: tuple[Facts, ...]
    """Layer by layer."""


def read_image(medium: Medium, choice: str, platform: Platform | None) -> ReadImage:
    """Read the image that is meant, its layers walked; raises NotFoundError, NotAnImageError or DamagedError."""
    return walk_image(choose_image(medium, choice, platform))


def walk_image(chosen: Chosen, known: "Layers | None" = None) -> ReadImage:
    """Walk the layers of an image but those that are ``known``, which hears of the others; raises DamagedError."""
    if chosen.candidate.contents is not None:
        walked: list[Contents | None] = [chosen.candidate.contents]
        layers: tuple[Layer, ...] = (_rootfs_layer(chosen.candidate.contents),)
    else:
        walked = _walk(chosen, known)
        layers = _layers(chosen, walked)
    facts = tuple(contents.facts if contents else NoFacts() for contents in walked)
    notes = (*chosen.image.notes, *_notes(layers), *chosen.provenance_notes)
    return ReadImage(replace(chosen.image, layers=layers, notes=notes), facts)


def read_unwalked(medium: Medium, choice: str, platform: Platform | None) -> Image:
    """Read the image that is meant by its documents alone: its layers are those that it names, none of them opened."""
    chosen = choose_image(medium, choice, platform, layers=False)
    notes = (*chosen.image.notes, *chosen.provenance_notes)
    return replace(chosen.image, layers=tuple(_unwalked(chosen)), notes=notes)


def _unwalked(chosen: Chosen) -> Iterator[Layer]:
    medium = chosen.medium
    if chosen.candidate.contents is not None:
        yield replace(_rootfs_layer(chosen.candidate.contents), entries=())
    for index, (ref, diff_id, chain) in enumerate(_named(chosen)):
        is_told = ref.blob_bytes is not None or _is_made_in_passing(ref, medium)
        size = ref.blob_bytes if is_told else medium.size(ref.member)
        yield Layer(index, diff_id, chain, ref.digest, ref.media_type, size, 0, ())


def _named(chosen: Chosen) -> Iterator[tuple[LayerRef, DiffID | None, ChainID | None]]:
    """Yield the layers that the documents name, with their diff and chain IDs; without, where those are older."""
    diff_ids: Sequence[DiffID | None] = chosen.config.diff_ids or [None] * len(chosen.refs)
    chain: ChainID | None = None
    for ref, diff_id in zip(chosen.refs, diff_ids, strict=True):
        chain = chain_id(chain, diff_id) if diff_id else None
        yield ref, diff_id, chain


def _is_made_in_passing(ref: LayerRef, medium: Medium) -> bool:
    """Tell whether a layer is no blob anywhere: an engine that keeps layers unpacked makes the tar while it saves."""
    return medium.transport == "engine" and ref.digest is None


def _rootfs_layer(contents: Contents) -> Layer:
    return Layer(0, None, None, None, None, None, contents.tar_bytes, contents.entries)


def _walk(chosen: Chosen, known: "Layers | None") -> list[Contents | None]:
    """Walk the layers; of a foreign one that is not there ``None``."""
    told = zip(chosen.refs, chosen.diff_ids, chosen.present, strict=True)
    walked = walk_layers(chosen.medium, [(ref, diff_id) for ref, diff_id, present in told if present], known)
    return [walked.get(ref.member) for ref in chosen.refs]


def _layers(chosen: Chosen, walked: list[Contents | None]) -> tuple[Layer, ...]:
    """Hold the walked layers against what the configuration and the manifest say of them."""
    return tuple(
        _layer(index, *named, contents, chosen.medium)
        for index, (named, contents) in enumerate(zip(_named(chosen), walked, strict=True))
    )


def _layer(
    index: int, ref: LayerRef, diff_id: DiffID | None, chain: ChainID | None, contents: Contents | None, medium: Medium
) -> Layer:
    if contents is None:
        return Layer(index, diff_id, chain, ref.digest, ref.media_type, ref.blob_bytes, 0, (), present=False)
    check_layer(ref, contents, f"{medium.title}: {ref.member}")
    return Layer(
        index=index,
        diff_id=diff_id,
        chain_id=chain,
        digest=ref.digest or contents.digest,
        media_type=ref.media_type,
        blob_bytes=None if _is_made_in_passing(ref, medium) else contents.stored_bytes,
        tar_bytes=contents.tar_bytes,
        entries=contents.entries,
    )


def _notes(layers: tuple[Layer, ...]) -> list[str]:
    return [
        f"Layer {layer.index} is a foreign layer whose blob is not in the archive: its contents are not counted."
        for layer in layers
        if not layer.present
    ]
