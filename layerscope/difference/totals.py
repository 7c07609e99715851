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
from layerscope.report import LayerReport, Report, total

_Blobs = dict[Hashable, int | None]


def totals(
    old: Report,
    new: Report,
    groups: tuple[InstructionGroups, PathGroups, PackageGroups | None, FindingGroups],
) -> DiffTotals:
    """Put the totals of both reports beside each other."""
    one, other = old.totals, new.totals
    shared, only_old, only_new = _stacks(old.layers, new.layers)
    instructions, paths, packages, findings = groups
    return DiffTotals(
        content_bytes=AmountReport(one.content_bytes, other.content_bytes),
        kept_bytes=AmountReport(one.kept_bytes, other.kept_bytes),
        wasted_bytes=AmountReport(one.wasted_bytes, other.wasted_bytes),
        reclaimable_bytes=AmountReport(one.reclaimable_bytes, other.reclaimable_bytes),
        tar_bytes=KnownAmountReport(one.tar_bytes, other.tar_bytes),
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


def _stacks(old: Sequence[LayerReport], new: Sequence[LayerReport]) -> tuple[StackReport, StackReport, StackReport]:
    """Part all layers into those that both images have on the same parents, and those of one alone.

    Blobs are parted by themselves: one that stands on other parents is another layer, but is not pulled again.
    """
    chains = {layer.chain_id for layer in old} & {layer.chain_id for layer in new} - {None}
    one, other = _blobs(old), _blobs(new)
    shared = {name: _least(size, other[name]) for name, size in one.items() if name in other}
    return (
        _stack([layer for layer in old if layer.chain_id in chains], shared),
        _stack([layer for layer in old if layer.chain_id not in chains], _without(one, shared)),
        _stack([layer for layer in new if layer.chain_id not in chains], _without(other, shared)),
    )


def _blobs(layers: Iterable[LayerReport]) -> _Blobs:
    """Return what each blob takes; where one is stored in several ways, the least."""
    blobs: _Blobs = {}
    for layer in layers:
        name = layer.diff_id or id(layer)  # what has no name is nobody else's
        blobs[name] = _least(layer.blob_bytes, blobs.get(name))
    return blobs


def _least(size: int | None, other: int | None) -> int | None:
    return min((each for each in (size, other) if each is not None), default=None)


def _without(blobs: _Blobs, others: _Blobs) -> _Blobs:
    return {name: size for name, size in blobs.items() if name not in others}


def _stack(layers: Sequence[LayerReport], blobs: _Blobs) -> StackReport:
    return StackReport(len(layers), sum(layer.content_bytes for layer in layers), total(blobs.values()))
