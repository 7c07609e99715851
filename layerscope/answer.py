"""The answer to ``why``: one path, layer by layer, or one package; and its JSON contract, version 1.

As in the report (``layerscope.report``) names and meanings are fixed, sizes are integers of content bytes, paths are
relative to the root. The JSON Schema is generated from these types into ``docs/why-v1.schema.json``.
"""

from typing import Final

from msgspec import Struct

from layerscope.report import ImageReport, PackageReport, PathReport

SCHEMA_VERSION: Final = 1


class AuthorReport(Struct, frozen=True):
    """Who did something: a layer, and the instruction that it is owed to."""

    layer: int
    instruction: int | None
    """Its place in the history; ``None`` when that does not tell (unattributed)."""
    kind: str
    text: str
    """As in the report's ``instructions``: secrets are three stars. Both are empty for an unattributed layer."""
    in_base: bool | None
    """``None`` when no base image is known."""


class ChangeReport(Struct, frozen=True):
    """What a layer changed of a path beside its contents."""

    what: str
    """``owner``, ``mode`` or ``time``."""
    before: str
    """``0:0``; octal; in UTC, as ISO 8601 has it."""
    after: str


class StepReport(Struct, frozen=True):
    """What one layer did at the path."""

    by: AuthorReport
    action: str
    """``wrote`` where nothing stood, ``overwrote`` with something else, ``changed`` where contents stayed the same,
    ``removed``, or ``emptied`` a folder of all that lower layers had in it."""
    kind: str | None
    """What stands there since: ``file``, ``directory``, ``symlink``, ``character_device``, ``block_device`` or
    ``fifo``; ``None`` for nothing."""
    content_bytes: int
    """What the layer brought; nothing for a hard link, whose bytes are those of its file."""
    fate: str | None
    """What became of the bytes: ``kept``, ``overwritten``, ``removed``. ``None`` for a folder and a removal."""
    fate_by: AuthorReport | None
    """Who hid them."""
    symlink: str | None
    """The link's text."""
    hardlink: str | None
    """The path that it is a second name of."""
    shared_bytes: int
    """Bytes of the file that it is a second name of; they are not counted twice."""
    same_contents: bool | None
    """Whether contents equal those that stood there; ``None`` where nothing did, or they could not be compared."""
    changes: tuple[ChangeReport, ...]
    """Beside the contents, where a file follows a file or a folder a folder."""
    removed_at: str | None
    """The path that was taken away: itself, or a folder above it."""
    removed_how: str | None
    """``whiteout``; ``opaque`` (all that lower layers had in the folder); ``replaced`` by what is no folder."""


class LinkReport(Struct, frozen=True):
    """A symbolic link of the final filesystem that leads from what was asked for to what is answered."""

    path: str
    target: str
    """Its text."""
    by: AuthorReport
    """Who wrote the link."""
    steps: tuple[StepReport, ...]
    """What every layer did at the link's own path, the bottom layer's first."""


class PathLayerReport(Struct, frozen=True):
    """The bytes of one layer at the path and below it, ``content = kept + overwritten + removed``."""

    by: AuthorReport
    content_bytes: int
    kept_bytes: int
    overwritten_bytes: int
    removed_bytes: int
    hid_bytes: int
    """Bytes of lower layers that this one overwrote or removed."""


class OwnerReport(Struct, frozen=True):
    """The package that a file belongs to."""

    manager: str
    name: str
    version: str


class WhyPathReport(Struct, frozen=True):
    """One path: what stands there, and what every layer did at it."""

    path: str
    links: tuple[LinkReport, ...]
    """Followed to get there, in order."""
    kind: str | None
    """As of a step; ``None`` for what is gone."""
    content_bytes: int
    """Kept bytes of the path and all below it."""
    wasted_bytes: int
    """Hidden ones."""
    files: int
    """Names of the final filesystem, the path's own or below it, that are no folders."""
    owner: OwnerReport | None
    """``None`` where no package owns it, or it is a folder."""
    names: tuple[str, ...]
    """Other names of the same file (hard links): its bytes go with the last of them."""
    steps: tuple[StepReport, ...]
    """The bottom layer's first."""
    layers: tuple[PathLayerReport, ...]
    """Those that brought or hid any bytes, the bottom one first."""


class ChainReport(Struct, frozen=True):
    """A package on the way from one that somebody asked for."""

    name: str
    version: str
    requested: bool | None
    why: str
    """How the one before it wants it, ``depends on it``; of the first, why that is there."""


class NeedReport(Struct, frozen=True):
    """An installed package that needs another."""

    name: str
    how: str
    """``depends on it``, ``recommends it``."""


class WhyPackageReport(Struct, frozen=True):
    """One package: who installed it, and for whom."""

    package: PackageReport
    by: AuthorReport
    chain: tuple[ChainReport, ...]
    """From the package that is there by itself to this one, which is the last."""
    needed_by: tuple[NeedReport, ...] | None
    """All that need it directly, by name; ``None`` where its manager does not tell."""
    files: int
    """How many it owns."""
    largest: tuple[PathReport, ...]
    """Those with most bytes, most first."""


class WhyReport(Struct, frozen=True):
    """Why a path or a package is in the image."""

    schema_version: int
    image: ImageReport
    asked: str
    path: WhyPathReport | None
    packages: tuple[WhyPackageReport, ...]
    """Those of the name with most bytes, most first, and no more than were asked for; none where a path is answered."""
    package_count: int
    notes: tuple[str, ...]
    """What the reader should know of how the image was read, a sentence each."""
