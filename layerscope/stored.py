"""The report of what is stored of an image, told by its documents alone: a part of the JSON contract, version 1.

Names and meanings are those of the whole report (see ``report``). What only a walk through the layers tells (content
bytes, fates, files, findings, packages) is not there: nothing is guessed.
"""

from msgspec import Struct

from layerscope.report import ImageReport


class StoredTotals(Struct, frozen=True):
    """Sums over all layers."""

    blob_bytes: int | None
    """``None`` as soon as one layer's is unknown."""
    layers: int


class StoredLayerReport(Struct, frozen=True):
    """One layer, bottom up, unread."""

    index: int
    diff_id: str | None
    chain_id: str | None
    digest: str | None
    media_type: str | None
    blob_bytes: int | None
    instruction: int | None
    """Index into ``instructions``; ``None`` when the history does not tell (unattributed)."""
    in_base: bool | None
    """``None`` when no base image is known."""


class StoredInstructionReport(Struct, frozen=True):
    """One history entry, oldest first."""

    index: int
    kind: str
    text: str
    """What a person would write after the keyword; secrets in it are three stars."""
    created: str | None
    layer: int | None
    """Index into ``layers``; ``None`` when it made none, or when the history does not tell."""
    blob_bytes: int | None
    """Of its layer; 0 where it made none, ``None`` where the source does not tell."""
    dockerfile: str | None
    """Where it stands, ``Dockerfile:12`` or ``Dockerfile:12-15``, the file as it was named; ``None``: not known."""
    builder: str
    empty: bool
    """True when the history says that it made no layer."""
    in_base: bool | None
    """``None`` when no base image is known, or when it may belong to either."""


class StoredReport(Struct, frozen=True):
    """What is stored of one image."""

    schema_version: int
    image: ImageReport
    totals: StoredTotals
    layers: tuple[StoredLayerReport, ...]
    instructions: tuple[StoredInstructionReport, ...]
    notes: tuple[str, ...]
    """What the reader should know of how the image was read, a sentence each."""
