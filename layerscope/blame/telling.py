"""A step at a path, told: what the layer did, what it brought, and what became of that."""

from layerscope.answer import AuthorReport, ChangeReport, StepReport
from layerscope.blame.authors import Authors
from layerscope.blame.changes import changes, kind_of, same_contents
from layerscope.blame.steps import Step
from layerscope.filesystem import Fate
from layerscope.filesystem.files import Files
from layerscope.model import EntryKind


def tell(files: Files, step: Step, authors: Authors) -> StepReport | None:
    """Tell of a step; ``None`` where a folder is only named again, since something changed below it."""
    kinds = kind_of(files, step.before), kind_of(files, step.after)
    same = _same(files, step) if kinds[0] == kinds[1] else False
    changed = _changes(files, step) if kinds[0] == kinds[1] else ()
    if kinds == ("directory", "directory") and not changed and not step.removed_how:
        return None
    content, shared, fate, hidden_by = _bytes(files, step.after, authors)
    entry = None if step.after is None or step.after < 0 else files.entry(step.after)
    return StepReport(
        by=authors.of(step.layer),
        action=_action(step, is_changed=bool(same) or kinds == ("directory", "directory")),
        kind=kinds[1],
        content_bytes=content,
        fate=fate,
        fate_by=hidden_by,
        symlink=entry.target if entry and entry.kind is EntryKind.SYMLINK else None,
        hardlink=entry.target if entry and entry.kind is EntryKind.HARDLINK else None,
        shared_bytes=shared,
        same_contents=None if step.before is None or step.after is None or step.removed_how else same,
        changes=changed,
        removed_at=step.removed_at,
        removed_how=step.removed_how,
    )


def _action(step: Step, *, is_changed: bool) -> str:
    if step.removed_how:
        return "removed" if step.after is None else "emptied"
    if step.before is None:
        return "wrote"
    return "changed" if is_changed else "overwrote"


def _same(files: Files, step: Step) -> bool | None:
    """Compare contents; a folder has none."""
    if step.before is None or step.after is None or kind_of(files, step.after) == "directory":
        return None
    return same_contents(files, step.before, step.after)


def _changes(files: Files, step: Step) -> tuple[ChangeReport, ...]:
    if step.removed_how or step.before is None or step.after is None or min(step.before, step.after) < 0:
        return ()
    return tuple(changes(files.entry(step.before), files.entry(step.after)))


def _bytes(files: Files, number: int | None, authors: Authors) -> tuple[int, int, str | None, AuthorReport | None]:
    """Return the bytes brought, those shared with another name, their fate, and who hid them."""
    if number is None or kind_of(files, number) == "directory":
        return 0, 0, None, None
    carrier = files.carrier_of(number)
    shared = 0 if carrier == number else files.entry(carrier).size
    hidden = files.hidden_by_number.get(carrier)
    if hidden is None:
        return files.entry(number).size, shared, Fate.KEPT.value, None
    return files.entry(number).size, shared, hidden.fate.value, authors.of(hidden.by)
