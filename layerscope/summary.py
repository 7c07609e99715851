"""Analysis → report: totals, the largest and the most wasted paths."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, nsmallest
from typing import TYPE_CHECKING, Final

from layerscope.analysis import Analysis, Attributed, trusted
from layerscope.build.attribution import Instruction
from layerscope.build.base import Base
from layerscope.filesystem import Filesystem, Hidden, LayerBytes
from layerscope.model import Image, Layer
from layerscope.packages import Owned, Package, Reasons
from layerscope.report import (
    SCHEMA_VERSION,
    BaseReport,
    CopyReport,
    FindingReport,
    ImageReport,
    InstructionReport,
    LayerReport,
    PackageReport,
    PathReport,
    PlatformReport,
    Report,
    Totals,
    WastedPathReport,
    total,
)
from layerscope.rules import Found, Judgement
from layerscope.secrets import redacted

if TYPE_CHECKING:
    from layerscope.proposals import SplitReport
    from layerscope.splitting.records import Split
    from layerscope.stored import StoredReport

_NEARLY_ALL: Final = 0.95


def summarise(analysis: Analysis, judgement: Judgement, top: int) -> Report:
    """Make the report; of folders, files, wasted paths and the paths of a finding the ``top`` first are named."""
    image, filesystem, attribution = analysis.image, analysis.filesystem, analysis.attribution
    instruction_of = {each.layer: each.index for each in attribution.instructions if each.layer is not None}
    base = analysis.known_base
    instructions = tuple(
        _instruction(each, filesystem, base.has_instruction(each.index) if base else None)
        for each in attribution.instructions
    )
    owned = analysis.owned or Owned()
    unowned = filesystem.folder_bytes(without=owned.owner_of) if analysis.owned else {}
    return Report(
        schema_version=SCHEMA_VERSION,
        image=image_report(image, analysis.base),
        totals=_totals(analysis, judgement, unowned.get("")),
        layers=tuple(
            _layer(layer, by_fate, instruction_of.get(layer.index), base.has_layer(layer.index) if base else None)
            for layer, by_fate in zip(image.layers, filesystem.layers, strict=True)
        ),
        instructions=instructions,
        findings=tuple(_finding(each, instruction_of, instructions, top) for each in judgement.found),
        directories=_directories(filesystem.folder_bytes(), filesystem, top),
        files=_files(filesystem, top),
        wasted=_wasted(filesystem.hidden, top),
        packages=_packages(analysis, owned),
        unowned=_directories(unowned, filesystem, top),
        notes=(*image.notes, *attribution.notes, *analysis.notes, *owned.warnings, *judgement.warnings),
    )


def summarise_split(analysis: Analysis, split: "Split") -> "SplitReport":
    """Make the report of what can be proposed."""
    from layerscope.proposals import SCHEMA_VERSION, ProposalReport, SplitReport, StepReport

    notes = (*analysis.image.notes, *analysis.attribution.notes, *analysis.notes)
    return SplitReport(
        schema_version=SCHEMA_VERSION,
        image=image_report(analysis.image, analysis.base),
        content_bytes=sum(layer.content for layer in analysis.filesystem.layers),
        proposals=tuple(
            ProposalReport(
                kind=each.kind,
                predicted_content_bytes=each.predicted_content_bytes,
                saved_bytes=each.saved_bytes,
                steps=tuple(StepReport(step.action, step.what, step.content_bytes, step.reason) for step in each.steps),
                dockerfile=each.dockerfile,
                notes=each.notes,
            )
            for each in split.proposals
        ),
        reason=split.reason,
        notes=(*notes, *(analysis.owned or Owned()).warnings, *split.notes),
    )


def summarise_stored(image: Image, attributed: Attributed) -> "StoredReport":
    """Make the report of what is stored of an image whose layers were not read."""
    from layerscope.stored import StoredInstructionReport, StoredLayerReport, StoredReport, StoredTotals

    instructions, base = attributed.attribution.instructions, trusted(attributed.base)
    instruction_of = {each.layer: each.index for each in instructions if each.layer is not None}
    blobs = [layer.blob_bytes for layer in image.layers]
    return StoredReport(
        schema_version=SCHEMA_VERSION,
        image=image_report(image, attributed.base),
        totals=StoredTotals(total(blobs), len(blobs)),
        layers=tuple(
            StoredLayerReport(
                index=layer.index,
                diff_id=layer.diff_id,
                chain_id=layer.chain_id,
                digest=layer.digest,
                media_type=layer.media_type,
                blob_bytes=layer.blob_bytes,
                instruction=instruction_of.get(layer.index),
                in_base=base.has_layer(layer.index) if base else None,
            )
            for layer in image.layers
        ),
        instructions=tuple(
            StoredInstructionReport(
                index=each.index,
                kind=each.kind,
                text=redacted(each.text),
                created=each.created,
                layer=each.layer,
                blob_bytes=0 if each.layer is None else blobs[each.layer],
                dockerfile=None if each.location is None else str(each.location),
                builder=each.builder,
                empty=each.empty,
                in_base=base.has_instruction(each.index) if base else None,
            )
            for each in instructions
        ),
        notes=(*image.notes, *attributed.attribution.notes, *attributed.notes),
    )


def image_report(image: Image, base: Base | None) -> ImageReport:
    """Name the image, for every report."""
    return ImageReport(
        reference=image.reference,
        source=image.source,
        image_id=image.image_id,
        digest=image.digest,
        platform=PlatformReport(image.platform.os, image.platform.architecture, image.platform.variant),
        created=image.created,
        base=BaseReport(base.reference, base.digest, base.layers, base.method, base.confidence) if base else None,
    )


def _totals(analysis: Analysis, judgement: Judgement, unowned_bytes: int | None) -> Totals:
    image, filesystem = analysis.image, analysis.filesystem
    content = sum(layer.content for layer in filesystem.layers)
    overwritten = sum(layer.overwritten for layer in filesystem.layers)
    removed = sum(layer.removed for layer in filesystem.layers)
    kept = content - overwritten - removed
    return Totals(
        content_bytes=content,
        tar_bytes=total(layer.tar_bytes for layer in image.layers),
        blob_bytes=total(layer.blob_bytes for layer in image.layers),
        kept_bytes=kept,
        overwritten_bytes=overwritten,
        removed_bytes=removed,
        wasted_bytes=overwritten + removed,
        efficiency=kept / content if content else 1.0,
        reclaimable_bytes=judgement.reclaimable_bytes,
        base_reclaimable_bytes=judgement.base_reclaimable_bytes,
        layers=len(image.layers),
        entries=len(filesystem.entries),
        unowned_bytes=unowned_bytes,
    )


def _layer(layer: Layer, by_fate: LayerBytes, instruction: int | None, in_base: bool | None) -> LayerReport:
    return LayerReport(
        index=layer.index,
        diff_id=layer.diff_id,
        chain_id=layer.chain_id,
        digest=layer.digest,
        media_type=layer.media_type,
        content_bytes=by_fate.content,
        tar_bytes=layer.tar_bytes,
        blob_bytes=layer.blob_bytes,
        kept_bytes=by_fate.kept,
        overwritten_bytes=by_fate.overwritten,
        removed_bytes=by_fate.removed,
        entries=len(layer.entries),
        instruction=instruction,
        in_base=in_base,
        present=layer.present,
    )


def _instruction(instruction: Instruction, filesystem: Filesystem, in_base: bool | None) -> InstructionReport:
    layer = instruction.layer
    return InstructionReport(
        index=instruction.index,
        kind=instruction.kind,
        text=redacted(instruction.text),
        created=instruction.created,
        layer=layer,
        content_bytes=0 if layer is None else filesystem.layers[layer].content,
        dockerfile=None if instruction.location is None else str(instruction.location),
        builder=instruction.builder,
        empty=instruction.empty,
        in_base=in_base,
    )


def _finding(
    found: Found, instruction_of: Mapping[int, int], instructions: Sequence[InstructionReport], top: int
) -> FindingReport:
    rule, finding = found.rule, found.finding
    instruction = finding.instruction
    if instruction is None and finding.layer is not None:
        instruction = instruction_of.get(finding.layer)
    return FindingReport(
        rule=rule.name,
        severity=found.severity,
        confidence=found.confidence,
        message=finding.message,
        remedy=finding.remedy,
        layer=finding.layer,
        instruction=instruction,
        in_base=found.in_base,
        reclaimable_bytes=found.reclaimable_bytes,
        paths=finding.paths[:top],
        path_count=len(finding.paths),
        dockerfile=None if instruction is None else instructions[instruction].dockerfile,
    )


def _packages(analysis: Analysis, owned: Owned) -> tuple[PackageReport, ...]:
    reasons = Reasons(owned.packages)
    return tuple(package_report(package, reasons, analysis.filesystem) for package in owned.packages)


def package_report(package: Package, reasons: Reasons, filesystem: Filesystem) -> PackageReport:
    """Tell of a package, for every report."""
    why = reasons.tell(package)
    return PackageReport(
        manager=package.manager,
        name=package.name,
        version=package.version,
        content_bytes=package.content_bytes,
        layer=package.layer,
        requested=package.reason.requested,
        reason=why.words,
        wanted_by=why.wanted_by,
        development=package.development,
        record=filesystem.entries[package.record].path,
    )


def _directories(sizes: Mapping[str, int], filesystem: Filesystem, top: int) -> tuple[PathReport, ...]:
    """Name the largest folders, equal ones in the order of their names.

    Left out are the root, and folders of which one below has nearly all: that one says more.
    """
    queue = [(-size, path) for path, size in sizes.items() if path and size]
    heapify(queue)
    largest: list[PathReport] = []
    while queue and len(largest) < top:
        size, path = heappop(queue)
        below = (sizes.get(f"{path}/{name}", 0) for name in filesystem.folders[path])
        if max(below, default=0) < _NEARLY_ALL * -size:
            largest.append(PathReport(path, -size, None))
    return tuple(largest)


def _files(filesystem: Filesystem, top: int) -> tuple[PathReport, ...]:
    return tuple(PathReport(each.entry.path, each.content_bytes, each.layer) for each in filesystem.largest(top))


def _wasted(hidden: Iterable[Hidden], top: int) -> tuple[WastedPathReport, ...]:
    copies: dict[str, list[Hidden]] = {}
    for each in hidden:
        if each.entry.size:
            copies.setdefault(each.entry.path, []).append(each)
    wasted = ((path, sum(copy.entry.size for copy in of_path)) for path, of_path in copies.items())
    return tuple(
        WastedPathReport(
            path=path,
            wasted_bytes=size,
            copies=tuple(CopyReport(copy.layer, copy.entry.size, copy.fate.value, copy.by) for copy in copies[path]),
        )
        for path, size in _largest(wasted, top)
    )


def _largest(sizes: Iterable[tuple[str, int]], top: int) -> list[tuple[str, int]]:
    return nsmallest(top, sizes, key=lambda each: (-each[1], each[0]))
