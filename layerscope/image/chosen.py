"""The image that is meant, by its documents: all that is known of it before a layer is walked."""

from collections.abc import Sequence

from msgspec import Struct

from layerscope.image.attestation import read_provenance
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.checks import check_counts
from layerscope.image.choose import Offer, choose
from layerscope.image.keys import ABSENT, layer_key, stretch_key
from layerscope.image.names import reference_of, transport_of
from layerscope.image.outline import outlines_below
from layerscope.image.recognise import candidates
from layerscope.image.wire import Config
from layerscope.model import Image, Platform
from layerscope.sources.medium import Medium, missing


class Chosen(Struct, frozen=True):
    """One image of a medium."""

    medium: Medium
    candidate: Candidate
    config: Config
    image: Image
    """As the documents have it: without layers, and without what they will have to be noted."""
    provenance_notes: tuple[str, ...]
    refs: tuple[LayerRef, ...]
    """Of a plain root filesystem none."""
    present: tuple[bool, ...]
    """Whether each of them is there: foreign ones need not be. Nothing where none of them will be read."""

    @property
    def diff_ids(self) -> Sequence[str]:
        """Of each layer what the configuration says, empty for nothing."""
        return self.config.diff_ids or [""] * len(self.refs)


def choose_image(medium: Medium, choice: str, platform: Platform | None, *, layers: bool = True) -> Chosen:
    """Choose the image that is meant; raises NotFoundError, NotAnImageError or DamagedError.

    Without ``layers`` they need not be there.
    """
    offered = candidates(medium)
    candidate = choose(Offer(offered, medium.title), choice, platform)
    config = candidate.config or Config()
    provenance, notes = read_provenance(candidate, medium)
    check_counts(candidate, config, medium.title)
    image = Image(
        reference=reference_of(candidate, choice, medium),
        source=transport_of(candidate, medium),
        image_id=candidate.config_digest,
        digest=candidate.manifest_digest,
        platform=candidate.platform,
        created=config.created or None,
        run_config=config.run_config(),
        history=config.history_entries(),
        layers=(),
        annotations=candidate.annotations,
        provenance=provenance,
        below=outlines_below(candidate, offered),
        notes=candidate.notes,
    )
    refs = candidate.layers if candidate.contents is None else ()
    present = tuple(_is_there(ref, medium) for ref in refs) if layers else ()
    return Chosen(medium, candidate, config, image, notes, refs, present)


def layer_keys(chosen: Chosen) -> tuple[bytes | None, ...]:
    """Say for each layer what it is known by from one run to the next; ``None`` for nothing that can be relied on."""
    medium = chosen.medium
    if chosen.candidate.contents is not None:
        return (stretch_key(medium, ""),)
    told = zip(chosen.refs, chosen.diff_ids, chosen.present, strict=True)
    return tuple(layer_key(ref, diff_id, medium) if present else ABSENT for ref, diff_id, present in told)


def _is_there(ref: LayerRef, medium: Medium) -> bool:
    if medium.has(ref.member):
        return True
    if not ref.foreign:
        raise missing(ref.member, medium.title)
    return False
