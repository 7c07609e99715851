"""What became of each instruction, with its bytes in both images."""

from collections.abc import Iterable, Iterator, Sequence

from layerscope.changes import ChangedInstructionReport, InstructionGroups
from layerscope.difference.align import Aligned
from layerscope.difference.groups import Groups
from layerscope.difference.settings import compare_arguments
from layerscope.difference.steps import Step

Beside = tuple[Step | None, Step | None]


def beside(old: Sequence[Step], new: Sequence[Step], aligned: Iterable[Aligned]) -> Iterator[Beside]:
    """Yield the steps of both histories, each with its partner."""
    for at, other in aligned:
        yield None if at is None else old[at], None if other is None else new[other]


def instructions(pairs: Iterable[Beside]) -> tuple[ChangedInstructionReport, ...]:
    """Tell of each."""
    return tuple(
        ChangedInstructionReport(
            change=_change(old, new),
            old=old.report() if old else None,
            new=new.report() if new else None,
            arguments=compare_arguments(old.arguments, new.arguments) if old and new else (),
        )
        for old, new in pairs
    )


def instruction_groups(told: Iterable[ChangedInstructionReport]) -> InstructionGroups:
    """Add up content bytes."""
    groups = Groups()
    for each in told:
        groups.add(each.change, each.old.content_bytes if each.old else 0, each.new.content_bytes if each.new else 0)
    return InstructionGroups(**groups.named(InstructionGroups.__struct_fields__))


def _change(old: Step | None, new: Step | None) -> str:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if (old.kind, old.words) != (new.kind, new.words):
        return "changed"
    return "same" if old.layer_name == new.layer_name else "rebuilt"
