"""Sums over both images, and over the layers that they share."""

from collections.abc import Hashable, Iterable, Sequence

from layerscope.changes import (
    AmountReport,
    DiffTotals,
    FindingGroups,
    InstructionGroups,
    KnownAmountReport,
    PackageGroups,
    PathGroups,
    StackReport,
)
from layerscope.report import LayerReport, Report


def totals(
    old: Report,
    new: Report,
    groups: tuple[InstructionGroups, PathGroups, PackageGroups | None, FindingGroups],
) -> DiffTotals:
    """Put the totals of both reports beside each other."""
    one, other = old.totals, new.totals
    shared, only_old = _parted(old.layers, new.layers)
    _, only_new = _parted(new.layers, old.layers)
    instructions, paths, packages, findings = groups
    return DiffTotals(
        content_bytes=AmountReport(one.content_bytes, other.content_bytes),
        kept_bytes=AmountReport(one.kept_bytes, other.kept_bytes),
        wasted_bytes=AmountReport(one.wasted_bytes, other.wasted_bytes),
        reclaimable_bytes=AmountReport(one.reclaimable_bytes, other.reclaimable_bytes),
        tar_bytes=AmountReport(one.tar_bytes, other.tar_bytes),
        blob_bytes=KnownAmountReport(one.blob_bytes, other.blob_bytes),
        layers=AmountReport(one.layers, other.layers),
        entries=AmountReport(one.entries, other.entries),
        unowned_bytes=KnownAmountReport(one.unowned_bytes, other.unowned_bytes),
        shared=shared,
        only_old=only_old,
        only_new=only_new,
        instructions=instructions,
        paths=paths,
        packages=packages,
        findings=findings,
    )


def _parted(layers: Sequence[LayerReport], others: Sequence[LayerReport]) -> tuple[StackReport, StackReport]:
    """Part an image's layers into those that the other one has too, on the same parents, and those that it has not.

    Blobs are parted by themselves: on other parents a blob is another layer, and is not pulled again for that.
    """
    chains = {layer.chain_id for layer in others} - {None}
    blobs = {name for layer in others for name in (layer.digest, layer.diff_id)} - {None}
    shared = [layer for layer in layers if layer.chain_id in chains]
    own = [layer for layer in layers if layer.chain_id not in chains]
    pulled = [layer for layer in layers if layer.digest not in blobs and layer.diff_id not in blobs]
    there = [layer for layer in layers if layer.digest in blobs or layer.diff_id in blobs]
    return _stack(shared, there), _stack(own, pulled)


def _stack(layers: Sequence[LayerReport], blobs: Iterable[LayerReport]) -> StackReport:
    sizes: dict[Hashable, int | None] = {each.digest or each.diff_id or each.index: each.blob_bytes for each in blobs}
    known = [size for size in sizes.values() if size is not None]
    content = sum(layer.content_bytes for layer in layers)
    return StackReport(len(layers), content, sum(known) if len(known) == len(sizes) else None)
