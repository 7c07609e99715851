"""The wire formats, the choice among several images, and assembling an image from a medium."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from layerscope.image.attestation import read_provenance
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.checks import check_counts, check_layer
from layerscope.image.choose import choose
from layerscope.image.names import reference_of, transport_of
from layerscope.image.outline import outlines_below, read_outline
from layerscope.image.recognise import candidates
from layerscope.image.wire import Config
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, NoFacts
from layerscope.model import ChainID, DiffID, Image, Layer, Platform, chain_id
from layerscope.sources.medium import Medium, missing

__all__ = ["read_image", "read_outline", "read_unwalked"]


class ReadImage(Struct, frozen=True):
    """An image, and what can be asked of its layers' contents while the medium is open."""

    image: Image
    facts: tuple[Facts, ...]
    """Layer by layer."""


def read_image(medium: Medium, choice: str, platform: Platform | None) -> ReadImage:
    """Read the image that is meant, its layers walked; raises NotFoundError, NotAnImageError or DamagedError."""
    offered = candidates(medium)
    candidate = choose(offered, choice, platform, medium.title)
    config = candidate.config or Config()
    if candidate.contents is not None:
        walked: list[Contents | None] = [candidate.contents]
        layers: tuple[Layer, ...] = (_rootfs_layer(candidate.contents),)
    else:
        walked = _walk(candidate, config, medium)
        layers = _layers(candidate, config, medium, walked)
    facts = tuple(contents.facts if contents else NoFacts() for contents in walked)
    image = _image(candidate, config, layers, reference_of(candidate, choice, medium), medium)
    provenance, notes = read_provenance(candidate, medium)
    below = outlines_below(candidate, offered)
    return ReadImage(replace(image, provenance=provenance, below=below, notes=(*image.notes, *notes)), facts)


def read_unwalked(medium: Medium, choice: str, platform: Platform | None) -> Image:
    """Read the image that is meant by its documents alone: its layers are those that it names, none of them opened."""
    offered = candidates(medium)
    candidate = choose(offered, choice, platform, medium.title)
    config = candidate.config or Config()
    check_counts(candidate, config, medium.title)
    layers = tuple(_unwalked(candidate, config, medium))
    image = _image(candidate, config, layers, reference_of(candidate, choice, medium), medium)
    provenance, notes = read_provenance(candidate, medium)
    below = outlines_below(candidate, offered)
    return replace(image, provenance=provenance, below=below, notes=(*image.notes, *notes))


def _unwalked(candidate: Candidate, config: Config, medium: Medium) -> Iterator[Layer]:
    if candidate.contents is not None:
        yield replace(_rootfs_layer(candidate.contents), entries=())
    parent: ChainID | None = None
    for index, ref in enumerate(candidate.layers):
        diff_id = DiffID(config.diff_ids[index]) if config.diff_ids else None
        parent = chain_id(parent, diff_id) if diff_id else None
        unknown = medium.transport == "engine" and ref.digest is None  # what an engine makes while it saves is no blob
        size = medium.size(ref.member) if ref.blob_bytes is None and not unknown else ref.blob_bytes
        yield Layer(index, diff_id, parent, ref.digest, ref.media_type, size, 0, ())


def _image(candidate: Candidate, config: Config, layers: tuple[Layer, ...], reference: str, medium: Medium) -> Image:
    return Image(
        reference=reference,
        source=transport_of(candidate, medium),
        image_id=candidate.config_digest,
        digest=candidate.manifest_digest,
        platform=candidate.platform,
        created=config.created or None,
        run_config=config.run_config(),
        history=config.history_entries(),
        layers=layers,
        annotations=candidate.annotations,
        notes=(*candidate.notes, *_notes(layers)),
    )


def _rootfs_layer(contents: Contents) -> Layer:
    return Layer(0, None, None, None, None, None, contents.tar_bytes, contents.entries)


def _walk(candidate: Candidate, config: Config, medium: Medium) -> list[Contents | None]:
    """Walk the layers; of a foreign one that is not there ``None``."""
    refs = candidate.layers
    check_counts(candidate, config, medium.title)
    names = []
    for ref in refs:
        if medium.has(ref.member):
            names.append(ref.member)
        elif not ref.foreign:
            raise missing(ref.member, medium.title)
    walked = medium.layers(tuple(dict.fromkeys(names)))
    return [walked.get(ref.member) for ref in refs]


def _layers(candidate: Candidate, config: Config, medium: Medium, walked: list[Contents | None]) -> tuple[Layer, ...]:
    """Hold the walked layers against what the configuration and the manifest say of them."""
    diff_ids = config.diff_ids
    layers: list[Layer] = []
    parent: ChainID | None = None
    for index, (ref, contents) in enumerate(zip(candidate.layers, walked, strict=True)):
        diff_id = DiffID(diff_ids[index]) if diff_ids else None
        parent = chain_id(parent, diff_id) if diff_id else None
        layers.append(_layer(index, ref, diff_id, parent, contents, medium))
    return tuple(layers)


def _layer(
    index: int, ref: LayerRef, diff_id: DiffID | None, chain: ChainID | None, contents: Contents | None, medium: Medium
) -> Layer:
    if contents is None:
        return Layer(index, diff_id, chain, ref.digest, ref.media_type, ref.blob_bytes, 0, (), present=False)
    check_layer(ref, contents, f"{medium.title}: {ref.member}")
    # An engine that keeps layers unpacked makes the tar while it saves: nothing is stored as a blob.
    stored = None if medium.transport == "engine" and ref.digest is None else contents.stored_bytes
    return Layer(
        index=index,
        diff_id=diff_id,
        chain_id=chain,
        digest=ref.digest or contents.digest,
        media_type=ref.media_type,
        blob_bytes=stored,
        tar_bytes=contents.tar_bytes,
        entries=contents.entries,
    )


def _notes(layers: tuple[Layer, ...]) -> list[str]:
    return [
        f"Layer {layer.index} is a foreign layer whose blob is not in the archive: its contents are not counted."
        for layer in layers
        if not layer.present
    ]
