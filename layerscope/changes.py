"""The report of what changed from one image to another: the part ``diff`` of the JSON contract (see ``report``).

Everything is told from both sides, as ``old`` and ``new``: with the images in the other order all that is old is new,
what was added was removed, and nothing else is different.
"""

from typing import Final

from msgspec import Struct

from layerscope.report import FindingReport, ImageReport

SCHEMA_VERSION: Final = 1


class AmountReport(Struct, frozen=True):
    """A number of both images."""

    old: int
    new: int


class KnownAmountReport(Struct, frozen=True):
    """A number of both images that may be unknown: ``None``."""

    old: int | None
    new: int | None


class StackReport(Struct, frozen=True):
    """Some of the layers of one image, or of both."""

    layers: int
    content_bytes: int
    blob_bytes: int | None
    """Each blob once, by its diff ID whatever it stands on; of one that is stored in two ways the smaller. ``None`` as
    soon as one is unknown."""


class GroupReport(Struct, frozen=True):
    """What has changed in one way: how many, and their bytes in each image."""

    count: int
    old_bytes: int
    new_bytes: int


class InstructionGroups(Struct, frozen=True):
    """All instructions, and layers that none claims, by what became of them; together the content bytes."""

    added: GroupReport
    removed: GroupReport
    changed: GroupReport
    rebuilt: GroupReport
    same: GroupReport


class PathGroups(Struct, frozen=True):
    """All files and links of both final filesystems, by what became of them; together the kept bytes."""

    added: GroupReport
    removed: GroupReport
    changed: GroupReport
    same: GroupReport
    uncompared: GroupReport
    """As large as they were, and by another layer: contents that cannot be read, or that were too many to be."""


class PackageGroups(Struct, frozen=True):
    """All packages, by what became of them; with ``unowned_bytes`` together the kept bytes."""

    added: GroupReport
    removed: GroupReport
    up: GroupReport
    down: GroupReport
    changed: GroupReport
    resized: GroupReport
    same: GroupReport


class FindingGroups(Struct, frozen=True):
    """How many findings there are of each kind. Several may claim one file, so that their bytes do not add up."""

    new: int
    gone: int
    changed: int
    same: int


class DiffTotals(Struct, frozen=True):
    """Sums over all, whatever the lists leave out."""

    content_bytes: AmountReport
    kept_bytes: AmountReport
    wasted_bytes: AmountReport
    reclaimable_bytes: AmountReport
    """Of the union of all findings outside the base image."""
    tar_bytes: KnownAmountReport
    blob_bytes: KnownAmountReport
    layers: AmountReport
    entries: AmountReport
    unowned_bytes: KnownAmountReport
    """Kept bytes of no package; ``None`` where packages were not looked for."""
    shared: StackReport
    """Layers that both have on the same parents (one chain ID), and blobs that both have."""
    only_old: StackReport
    only_new: StackReport
    """What a machine that has the old image still needs: ``blob_bytes`` is what it pulls."""
    instructions: InstructionGroups
    paths: PathGroups
    packages: PackageGroups | None
    """``None`` where they were not looked for."""
    findings: FindingGroups


class StepReport(Struct, frozen=True):
    """One instruction of one image, or a layer that none claims."""

    index: int | None
    """Its place in the history; ``None``: the history does not tell of this layer."""
    kind: str
    text: str
    """As in the report's ``instructions``: secrets are three stars."""
    layer: int | None
    """``None`` where it made none, or the history does not tell."""
    diff_id: str | None
    content_bytes: int
    in_base: bool | None


class ChangedSettingReport(Struct, frozen=True):
    """Something that is said of how a container is run, or of how a step was built, and is not as it was."""

    what: str
    """``platform``, or the Dockerfile's keyword; of ``ENV``, ``LABEL``, ``EXPOSE``, ``VOLUME`` and ``ARG`` (of a build
    argument) with the name."""
    old: str | None
    """Secrets are three stars. ``None`` where it is not set."""
    new: str | None


class ChangedInstructionReport(Struct, frozen=True):
    """An instruction and what became of it."""

    change: str
    """``added``, ``removed``, ``changed`` (another text); of one text ``rebuilt`` (another layer), else ``same``. Where
    nothing names the layers, they are one if their sizes are."""
    old: StepReport | None
    new: StepReport | None
    arguments: tuple[ChangedSettingReport, ...] = ()
    """The build arguments of a ``RUN`` that are not as they were. Builders record those that are declared above it,
    whether it reads them or not."""


class ChangedPathReport(Struct, frozen=True):
    """A file or link of a final filesystem that is not as it was."""

    change: str
    """``added``, ``removed`` or ``changed``: other contents, another kind, a link that leads elsewhere. Owner, mode
    and time do not count."""
    path: str
    old_bytes: int
    """Kept bytes, of hard links with the name that stands for them; 0 where it is not there."""
    new_bytes: int


class ChangedFolderReport(Struct, frozen=True):
    """What changed in a folder, and in no other folder of the list below it; all of them are all that changed."""

    path: str
    """Empty: the root, with what is in none of the others."""
    count: int
    """Paths that were added, removed or changed."""
    old_bytes: int
    """Kept bytes of those paths."""
    new_bytes: int


class ChangedPackageReport(Struct, frozen=True):
    """A package that is not as it was."""

    change: str
    """``added``, ``removed``; of another version ``up`` or ``down``, or ``changed`` where their order is not known;
    ``resized``: the same version, other bytes."""
    manager: str
    name: str
    old_version: str | None
    new_version: str | None
    old_bytes: int
    """Kept bytes of the files that it owns."""
    new_bytes: int


class ChangedFindingReport(Struct, frozen=True):
    """A finding that came, went, or claims other bytes or files."""

    change: str
    """``new``, ``gone`` or ``changed``."""
    old: FindingReport | None
    """As of the image that it was found in: its layer and instruction are that one's."""
    new: FindingReport | None


class DifferenceReport(Struct, frozen=True):
    """What changed from one image to another."""

    old: ImageReport
    new: ImageReport
    identical: bool
    """Whether nothing of what is told here changed; names and dates do not count."""
    totals: DiffTotals
    instructions: tuple[ChangedInstructionReport, ...]
    """All of them, in their order; those that are gone stand before those that came in their place."""
    settings: tuple[ChangedSettingReport, ...]
    folders: tuple[ChangedFolderReport, ...]
    """Those that explain the change best: the largest sum of changes of files first."""
    paths: tuple[ChangedPathReport, ...]
    """The largest changes first, no more than were asked for."""
    packages: tuple[ChangedPackageReport, ...]
    """All that changed, the largest changes first."""
    findings: tuple[ChangedFindingReport, ...]
    """All that changed, most reclaimable bytes first."""
    notes: tuple[str, ...]
    """What the reader should know, a sentence each."""


class DiffReport(Struct, frozen=True):
    """All that layerscope has to say of what changed from one image to another."""

    schema_version: int
    diff: DifferenceReport
