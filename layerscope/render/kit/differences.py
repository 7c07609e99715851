"""What changed, in words that the formats share: the sentence at the top, signs, counts, the rows that are worth it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from operator import itemgetter
from typing import Final, TypeVar

from layerscope.changes import (
    ChangedFindingReport,
    ChangedInstructionReport,
    ChangedPackageReport,
    ChangedSettingReport,
    DifferenceReport,
    GroupReport,
    StepReport,
)
from layerscope.render.kit.labels import label
from layerscope.render.kit.units import count, percent, size
from layerscope.report import FindingReport, ImageReport

Row = TypeVar("Row")

_ROOMY: Final = 40
"""Cells that leave some for what stands before the words that matter."""
_MINUS: Final = "\N{MINUS SIGN}"
_NO_SHARE: Final = "0.0%"
_WORDS: Final = {"same": "the same", "uncompared": "not compared"}


def names(diff: DifferenceReport) -> tuple[str, str]:
    """Name both images so that they can be told apart: if they are called the same, with their IDs."""
    old, new = diff.old, diff.new
    if old.reference != new.reference:
        return old.reference, new.reference
    ids = [_short_id(image) for image in (old, new)]
    return (
        (f"{old.reference}{ids[0]}", f"{new.reference}{ids[1]}") if ids[0] != ids[1] else ("the old one", "the new one")
    )


def _short_id(image: ImageReport) -> str:
    short = (image.image_id or "").rpartition(":")[2][:12]
    return f" ({short})" if short else ""


def headline(diff: DifferenceReport, quote: Callable[[str], str]) -> str:
    """Say in one sentence what became of the size; ``quote`` makes a name safe."""
    old, new = map(quote, names(diff))
    if diff.identical:
        is_one = diff.old.reference == diff.new.reference
        return f"Nothing changed: {f'both are {quote(diff.new.reference)}' if is_one else f'{new} is what {old} is'}."
    content = diff.totals.content_bytes
    change = content.new - content.old
    if not change:
        return f"{new} is as large as {old}, and not the same"
    share = percent(abs(change) / content.old) if content.old else _NO_SHARE
    ratio = "" if share == _NO_SHARE else f" ({'+' if change > 0 else _MINUS}{share})"
    return f"{new} is {size(abs(change))} {'larger' if change > 0 else 'smaller'} than {old}{ratio}"


def signed(change: int) -> str:
    """Write by how many bytes something grew or shrank."""
    return f"{'+' if change > 0 else _MINUS if change < 0 else ''}{size(abs(change))}"


def pulled(diff: DifferenceReport) -> str:
    """Say which layers a machine with the old image lacks, and which it has, with their content bytes."""
    new, shared = diff.totals.only_new, diff.totals.shared
    lacks = f"{count(new.layers, 'new layer')}, {size(new.content_bytes)}" if new.layers else "no new layer"
    has = f"{shared.layers:,} shared, {size(shared.content_bytes)}" if shared.layers else "none shared"
    return f"beside OLD: {lacks}; {has}"


def layers(diff: DifferenceReport) -> str:
    """Count the layers of both."""
    numbers = diff.totals.layers
    if numbers.old == numbers.new:
        return f"in {count(numbers.new, 'layer')}"
    return f"in {count(numbers.new, 'layer')} instead of {numbers.old:,}"


def counts(groups: object, *order: str) -> str:
    """Count the members of groups in this order, such as there are: ``1 changed, 2 added``."""
    told = []
    for name in order:
        group = getattr(groups, name)
        number = group.count if isinstance(group, GroupReport) else group
        if number:
            told.append(f"{number:,} {_WORDS.get(name, name)}")
    return ", ".join(told)


def largest(rows: Sequence[Row], top: int, change_of: Callable[[Row], tuple[int, int]]) -> list[Row]:
    """Take the ``top`` rows that changed most, in the order in which they stand; ``change_of`` gives both sizes."""
    weights = [(-abs(new - old), -max(old, new), at) for at, (old, new) in enumerate(map(change_of, rows))]
    return [rows[at] for at in sorted(map(itemgetter(2), nsmallest(top, weights)))]


def worth_telling(diff: DifferenceReport) -> list[ChangedInstructionReport]:
    """List the instructions that changed, and the first one with a build argument that did.

    One that was only built again, with as many bytes, is counted and no more.
    """
    return [
        each
        for each, arguments in with_arguments(diff.instructions)
        if arguments
        or each.change not in ("same", "rebuilt")
        or (each.change == "rebuilt" and len(set(content(each))) > 1)
    ]


def files(diff: DifferenceReport) -> str:
    """Count the files by what became of them; empty where that is not worth a line."""
    groups = diff.totals.paths
    told = counts(groups, "changed", "added", "removed", "uncompared", "same")
    if changed_files(diff):
        return told
    return f"{told}; owners, modes and times do not count" if told and diff.totals.only_new.layers else ""


def changed_files(diff: DifferenceReport) -> int:
    """Count those that are not as they were."""
    groups = diff.totals.paths
    return groups.added.count + groups.removed.count + groups.changed.count


def with_arguments(
    rows: Iterable[ChangedInstructionReport],
) -> Iterator[tuple[ChangedInstructionReport, tuple[ChangedSettingReport, ...]]]:
    """Give each its build arguments that changed: what stands in all that follow is told once."""
    told: set[ChangedSettingReport] = set()
    for each in rows:
        yield each, tuple(argument for argument in each.arguments if argument not in told)
        told.update(each.arguments)


def first_new(diff: DifferenceReport) -> str | None:
    """Name the step that made the first layer that OLD lacks, where it has those below: all from there on is pulled."""
    shared, new = diff.totals.shared.layers, diff.totals.only_new.layers
    if not (shared and new):
        return None
    return next((name_of(row.new) for row in diff.instructions if row.new and row.new.layer == shared), None)


def content(each: ChangedInstructionReport) -> tuple[int, int]:
    """Return the content bytes of both sides."""
    return each.old.content_bytes if each.old else 0, each.new.content_bytes if each.new else 0


def name_of(step: StepReport) -> str:
    """Write an instruction with its number, in one line."""
    if step.index is None:
        return f"(unattributed layer {step.layer})"
    return label(step.index, step.kind, step.text)


def without_common(one: str, other: str, room: int, mark: str) -> tuple[str, str]:
    """Leave out of two labels what both begin with, where that is long; number and kind stay, and a little before."""
    pairs = enumerate(zip(one, other, strict=False))
    parting = next((at for at, (here, there) in pairs if here != there), min(len(one), len(other)))
    heads = [" ".join(text.split(" ", 2)[:2]) for text in (one, other)]
    start = one.rfind(" ", 0, max(0, parting - (room // 3 if room >= _ROOMY else 0))) + 1
    if parting < room // 2 or len(heads[0]) != len(heads[1]) or start <= len(heads[0]) + 1:
        return one, other
    return f"{heads[0]} {mark}{one[start:]}", f"{heads[1]} {mark}{other[start:]}"


def versions(package: ChangedPackageReport) -> str:
    """Say from which version to which."""
    told = dict.fromkeys(each for each in (package.old_version, package.new_version) if each)
    return " → ".join(told)


def setting(each: ChangedSettingReport) -> tuple[str, str]:
    """Write what something was and is; what is there or not has no value."""
    return _value(each.old), _value(each.new)


def _value(value: str | None) -> str:
    return "(none)" if value is None else value or "(set)"


def claims(each: ChangedFindingReport) -> tuple[int, int]:
    """Return the reclaimable bytes of both sides."""
    return each.old.reclaimable_bytes if each.old else 0, each.new.reclaimable_bytes if each.new else 0


def told(each: ChangedFindingReport) -> FindingReport:
    """Return the finding as it is now, or was."""
    finding = each.new or each.old
    assert finding is not None  # noqa: S101 - one of them is there
    return finding


def where(diff: DifferenceReport, each: ChangedFindingReport) -> str:
    """Name the instruction that a finding is about, by its number in the image that it was found in, else the layer."""
    finding = told(each)
    if finding.instruction is None:
        return "" if finding.layer is None else f"in layer {finding.layer}"
    steps = (row.new if each.new else row.old for row in diff.instructions)
    kind = next((step.kind for step in steps if step and step.index == finding.instruction), "")
    return f"in {finding.instruction} {kind}"


def is_below(each: ChangedFindingReport) -> bool:
    """Tell whether it is the base image's."""
    return bool(told(each).in_base)
