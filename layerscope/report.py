"""The report: the one value that every renderer sees, and the JSON contract, version 1.

Names and meanings are fixed: more may be added, but a change of meaning needs version 2. All sizes are integers of
bytes; "bytes of which kind" is in the name (see ``docs/definitions.md``). The JSON Schema is generated from these types
into ``docs/report-v1.schema.json``.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

SCHEMA_VERSION: Final = 1


def total(sizes: Iterable[int | None]) -> int | None:
    """Add up sizes, as every sum of a report is made; ``None`` as soon as one of them is unknown."""
    result = 0
    for size in sizes:
        if size is None:
            return None
        result += size
    return result


class PlatformReport(Struct, frozen=True):
    """What the image runs on."""

    os: str
    architecture: str
    variant: str


class BaseReport(Struct, frozen=True):
    """The base image, with how it was found and how sure that is."""

    reference: str | None
    digest: str | None
    layers: int
    """How many of the bottom layers are its own."""
    method: str
    """How that number is known: ``given``, ``buildah-comment``, ``provenance``, ``same-archive``, ``same-engine`` or
    ``history``."""
    confidence: str
    """``high``, ``medium`` or ``low``. By a guess of low confidence nothing is marked: ``in_base`` stays ``null``."""


class ImageReport(Struct, frozen=True):
    """Which image was read, and where."""

    reference: str
    source: str
    image_id: str | None
    digest: str | None
    platform: PlatformReport
    created: str | None
    base: BaseReport | None
    fetched_bytes: int | None = None
    """What a registry sent for this report; ``None`` for an image from anywhere else."""


class Totals(Struct, frozen=True):
    """Sums over all layers; ``content = kept + overwritten + removed`` always holds."""

    content_bytes: int
    tar_bytes: int | None
    """``None`` as soon as one layer's is unknown; so are blob bytes."""
    blob_bytes: int | None
    kept_bytes: int
    overwritten_bytes: int
    removed_bytes: int
    wasted_bytes: int
    """Overwritten and removed."""
    efficiency: float
    """Kept ÷ content; 1 for an empty image."""
    reclaimable_bytes: int
    """Content bytes of the union of all findings outside the base image; 0 where no finding claims a byte."""
    base_reclaimable_bytes: int
    """What findings in the base image claim beyond that; 0 where they are counted with the others."""
    layers: int
    entries: int
    unowned_bytes: int | None
    """Kept bytes that no package owns: ``packages + unowned = kept``. ``None`` where packages were not looked for."""


class LayerReport(Struct, frozen=True):
    """One layer, bottom up; its bytes by fate."""

    index: int
    diff_id: str | None
    chain_id: str | None
    digest: str | None
    media_type: str | None
    content_bytes: int
    tar_bytes: int | None
    """``None`` where only the layer's table of contents was read, which does not tell."""
    blob_bytes: int | None
    kept_bytes: int
    overwritten_bytes: int
    removed_bytes: int
    entries: int
    instruction: int | None
    """Index into ``instructions``; ``None`` when the history does not tell (unattributed)."""
    in_base: bool | None
    """``None`` when no base image is known."""
    present: bool
    """False for a foreign layer whose blob is absent: its contents are not counted."""


class InstructionReport(Struct, frozen=True):
    """One history entry, oldest first."""

    index: int
    kind: str
    text: str
    """What a person would write after the keyword; secrets in it are three stars."""
    created: str | None
    layer: int | None
    """Index into ``layers``; ``None`` when it made none, or when the history does not tell."""
    content_bytes: int
    dockerfile: str | None
    """Where it stands, ``Dockerfile:12`` or ``Dockerfile:12-15``, the file as it was named; ``None``: not known."""
    builder: str
    empty: bool
    """True when the history says that it made no layer."""
    in_base: bool | None
    """``None`` when no base image is known, or when it may belong to either."""


class FindingReport(Struct, frozen=True):
    """Something worth changing, or worth knowing."""

    rule: str
    """Its page: ``layerscope explain RULE``."""
    severity: str
    """``high``, ``medium``, ``low`` or ``information``."""
    confidence: str
    """``high``, ``medium`` or ``low``."""
    message: str
    remedy: str
    layer: int | None
    instruction: int | None
    in_base: bool | None
    """``None`` when no base image is known, or when it may belong to either."""
    reclaimable_bytes: int
    """Content bytes that the image would lose if the remedy were applied and the image rebuilt. Two findings may claim
    one file, so these do not add up: ``totals.reclaimable_bytes`` is of the union."""
    paths: tuple[str, ...]
    """Those with most bytes first, and no more than were asked for."""
    path_count: int
    dockerfile: str | None = None
    """Where its instruction stands."""


class PackageReport(Struct, frozen=True):
    """An installed package."""

    manager: str
    name: str
    version: str
    content_bytes: int
    """Kept bytes of the files that it owns; each file has one owner."""
    layer: int
    """The layer that installed it; its files may sit in several."""
    requested: bool | None
    """False for one that another dragged in; ``None`` where the manager does not note that."""
    reason: str
    """Why it is there, in words: who wants it, and for which package that somebody asked for. May be empty."""
    wanted_by: str | None
    """The name of the package that drags it in."""
    development: bool
    """Whether only development needs it, as its manager has it."""
    record: str
    """The path of the file that says that it is there."""


class PathReport(Struct, frozen=True):
    """A file or folder of the final filesystem with its kept bytes (of a folder: everything below it)."""

    path: str
    content_bytes: int
    layer: int | None
    """The layer that wrote a file; ``None`` for a folder, whose contents come from many."""


class CopyReport(Struct, frozen=True):
    """One hidden copy of a path: who wrote it, what became of it, and who did that."""

    layer: int
    content_bytes: int
    fate: str
    """``overwritten`` or ``removed``."""
    by_layer: int


class WastedPathReport(Struct, frozen=True):
    """A path with bytes that a later layer hid."""

    path: str
    wasted_bytes: int
    copies: tuple[CopyReport, ...]


class Report(Struct, frozen=True):
    """All that layerscope has to say of one image."""

    schema_version: int
    image: ImageReport
    totals: Totals
    layers: tuple[LayerReport, ...]
    instructions: tuple[InstructionReport, ...]
    findings: tuple[FindingReport, ...]
    """Most reclaimable bytes first."""
    directories: tuple[PathReport, ...]
    """The folders with most kept bytes, most first."""
    files: tuple[PathReport, ...]
    """The files with most kept bytes, most first."""
    wasted: tuple[WastedPathReport, ...]
    """The paths with most wasted bytes, most first."""
    packages: tuple[PackageReport, ...]
    """All of them, most bytes first; none where they were not looked for."""
    unowned: tuple[PathReport, ...]
    """The folders with most kept bytes that no package owns, most first."""
    notes: tuple[str, ...]
    """What the reader should know of how the image was read, a sentence each."""
