"""Images by their manifests and configurations alone: which layers each one stacks, and what is said of them.

No layer is opened, nor need it be there: what several images share is told by names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from layerscope.errors import UnsupportedError
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.checks import check_counts
from layerscope.image.choose import Offer, choose, of_platform
from layerscope.image.names import references_of, transport_of
from layerscope.image.recognise import candidates
from layerscope.image.wire import Config
from layerscope.model import DiffID, Digest, HistoryEntry, Platform
from layerscope.sources.medium import Medium, missing

_BASE_NAME: Final = "org.opencontainers.image.base.name"
_BASE_DIGEST: Final = "org.opencontainers.image.base.digest"


class DeclaredBase(Struct, frozen=True):
    """The image that another says it is built on, by annotation or label (image-spec, annotations.md)."""

    name: str
    digest: str


class Stack(Struct, frozen=True):
    """An image as the stack of its layers, bottom up."""

    names: tuple[str, ...]
    """All by which it was meant, one at least."""
    source: str
    """Where it was read: the transport's name."""
    image_id: str | None
    digests: tuple[Digest, ...]
    """Of its manifest; registries may have an image under several."""
    platform: Platform
    diff_ids: Sequence[DiffID]
    """Of its layers, bottom up; what follows is of the same layers."""
    refs: Sequence[LayerRef]
    """Where they are, and what a manifest says of them; empty for an engine, which keeps no blobs."""
    blob_bytes: Sequence[int | None]
    """The blobs as a manifest tells of them or an archive keeps them; ``None`` where neither does."""
    claim: Callable[[int], HistoryEntry | None]
    """What the history says made one of them; ``None`` where that does not tell of each layer."""
    base: DeclaredBase | None = None
    history: Callable[[], Sequence[HistoryEntry]] = tuple
    """All of it, oldest first; empty where it does not say which entries claim a layer."""


def offer_of(medium: Medium) -> Offer:
    """Read the documents of all images of a medium; raises NotAnImageError or DamagedError."""
    return Offer(candidates(medium), medium.title)


def read_stacks(offer: Offer, medium: Medium, choice: str, platform: Platform | None) -> Iterator[Stack]:
    """Yield those images of a medium's offer that are meant: the one chosen, or all, each on one platform.

    Raises NotFoundError, DamagedError, or UnsupportedError for an image without diff IDs.
    """
    if choice:
        yield _stack(choose(offer, choice, platform), choice, medium)
        return
    for number, group in enumerate(offer.groups):
        chosen = of_platform(group, platform, medium.title)
        yield _stack(chosen, "" if chosen.names or len(offer.groups) == 1 else f"@{number}", medium)


def declared_base(*sayings: Mapping[str, str]) -> DeclaredBase | None:
    """Read the base that annotations, or else labels, declare; both its name and its digest have to be told."""
    for saying in sayings:
        name, digest = saying.get(_BASE_NAME), saying.get(_BASE_DIGEST)
        if name and digest:
            return DeclaredBase(name, digest)
    return None


def _stack(candidate: Candidate, choice: str, medium: Medium) -> Stack:
    config = candidate.config or Config()
    diff_ids, refs = config.diff_ids, candidate.layers
    if candidate.contents is not None or (refs and not diff_ids):
        what = "a plain root filesystem" if candidate.contents is not None else "an image without diff IDs"
        message = f"{medium.title}: {what}, so that nobody can tell which layers it shares"
        raise UnsupportedError(message, hint="Compare images as Docker 1.10 and later save them.")
    check_counts(candidate, config, medium.title)
    labels = (config.config and config.config.labels) or {}
    return Stack(
        names=references_of(candidate, choice, medium),
        source=transport_of(candidate, medium),
        image_id=candidate.config_digest,
        digests=(candidate.manifest_digest,) if candidate.manifest_digest else (),
        platform=candidate.platform,
        diff_ids=diff_ids,
        refs=refs,
        blob_bytes=[_blob_bytes(ref, medium) if ref.blob_bytes is None else ref.blob_bytes for ref in refs],
        claim=_claim(config, len(refs)),
        base=declared_base(dict(candidate.annotations), labels),
        history=config.history_entries,
    )


def _blob_bytes(ref: LayerRef, medium: Medium) -> int | None:
    size = medium.size(ref.member)
    if size is None and not ref.foreign:
        raise missing(ref.member, medium.title)
    return size


def _claim(config: Config, layers: int) -> Callable[[int], HistoryEntry | None]:
    claims = config.claims()
    if len(claims) != layers:
        return lambda _: None
    return lambda index: claims[index].entry()
