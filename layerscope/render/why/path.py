"""One path, for a person: what stands there, and what every layer did at it."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from layerscope.answer import ChangeReport, PathLayerReport, StepReport, WhyPathReport
from layerscope.render.kit.authors import author, short
from layerscope.render.kit.cells import width
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View

_NARROWEST: Final = 12
_KINDS: Final = {
    "directory": "folder",
    "symlink": "symbolic link",
    "character_device": "character device",
    "block_device": "block device",
}


def path(asked: str, answer: WhyPathReport, view: View) -> Iterator[list[str]]:
    """Write sections: what it is, what was done to it, and of a folder who brought its bytes."""
    yield list(_heading(asked, answer, view))
    yield list(_steps(answer.steps, answer.path, view))
    for link in answer.links:
        if len(link.steps) > 1:  # one wrote it, as the heading says
            yield [Pen(view).bold(Pen(view).text(f"At the link /{link.path}")), *_steps(link.steps, link.path, view)]
    if answer.kind == "directory" or any(step.kind == "directory" for step in answer.steps):
        yield list(_layers(answer.layers, view))


def _heading(asked: str, answer: WhyPathReport, view: View) -> Iterator[str]:
    pen = Pen(view)
    name = "/" + answer.path
    if answer.links:
        name = f"{asked} {_arrow(view)} {name}"
    yield pen.bold(pen.text(name))
    yield from _wrapped(_facts(answer), view, INDENT)
    for link in answer.links:
        words = pen.text(f"/{link.path} is a link to {link.target}, by ")
        yield INDENT + pen.dim(words + author(link.by, pen, _room(view, INDENT) - width(words)))
    for other in answer.names:
        yield INDENT + pen.dim(pen.line(f"/{other} is the same file (hard link)", _room(view, INDENT)))


def _facts(answer: WhyPathReport) -> str:
    """Say what stands there, whose it is, and what it weighs."""
    kind = "gone" if answer.kind is None else _KINDS.get(answer.kind, answer.kind)
    if answer.kind == "directory" and not answer.files:
        kind = f"empty {kind}"
    elif answer.kind is not None:
        within = f" in {count(answer.files, 'file')}" if answer.kind == "directory" else ""
        kind = f"{kind} of {size(answer.content_bytes)}{within}"
    facts = [kind]
    if answer.wasted_bytes:
        facts.append(f"{size(answer.wasted_bytes)} wasted")
    if owner := answer.owner:
        facts.append(f"of the package {owner.name} {owner.version}".rstrip() + f" ({owner.manager})")
    return ", ".join(facts)


def _steps(steps: Sequence[StepReport], path: str, view: View) -> Iterator[str]:
    pen = Pen(view)
    weights = [size(step.content_bytes) if step.fate and step.hardlink is None else "" for step in steps]
    column = max(map(len, weights), default=0)
    hanging = INDENT + " " * (column + 2 if column else 0)
    for weight, step in zip(weights, steps, strict=True):
        first, *rest = _wrapped(_deed(step, path, view), view, hanging)
        is_wasted = step.content_bytes and step.fate != "kept"
        paint = pen.red if is_wasted else pen.bold
        yield INDENT + paint(weight.rjust(column)) + first[len(INDENT) + column :]
        yield from rest
        by = hanging if column else 2 * INDENT
        yield f"{by}{pen.dim('by ' + author(step.by, pen, _room(view, by) - 3))}"


def _deed(step: StepReport, path: str, view: View) -> str:
    """Say what a layer did, and what became of it; raw."""
    if step.action == "removed":
        return _removal(step, path)
    if step.action == "emptied":
        return "hid all that lower layers had in it (opaque whiteout)"
    fate = ""
    if step.fate is not None:
        fate = f"; {step.fate}" + (f" by {short(step.fate_by)}" if step.fate_by else "")
    return _writing(step, view) + fate


def _removal(step: StepReport, path: str) -> str:
    if step.removed_how == "replaced":
        return f"removed it: /{step.removed_at} is no folder since then"
    if step.removed_how == "opaque":
        return f"removed it with all that lower layers had in /{step.removed_at} (opaque whiteout)"
    return "removed it (whiteout)" if step.removed_at == path else f"removed it (whiteout of /{step.removed_at})"


def _writing(step: StepReport, view: View) -> str:
    what, changed = _thing(step), _changes(step.changes, view)
    if step.action == "wrote":
        return f"made {what}" if what else "wrote it"
    if step.action == "overwrote":
        # That its time is another goes without saying.
        changed = _changes([change for change in step.changes if change.what != "time"], view)
        if step.same_contents is None and not what:
            return f"overwrote it, contents cannot be compared{changed}"
        return (f"put {what} in its place" if what else "overwrote it with other contents") + changed
    if step.kind == "directory":
        return f"changed the folder{changed}"
    again = f", as {what}" if step.hardlink is not None else ""
    return f"wrote the same contents again{again}{changed or ', changing nothing'}"


def _thing(step: StepReport) -> str:
    """Name what is no plain file."""
    if step.hardlink is not None:
        weight = f", whose {size(step.shared_bytes)} it shares" if step.shared_bytes else ""
        return f"a hard link to /{step.hardlink}{weight}"
    if step.symlink is not None:
        return f"a link to {step.symlink}"
    return "" if step.kind in (None, "file") else f"a {_KINDS.get(step.kind, step.kind)}"


def _changes(changes: Sequence[ChangeReport], view: View) -> str:
    arrow = _arrow(view)
    return "".join(f", {change.what} {change.before} {arrow} {change.after}" for change in changes)


def _layers(layers: Sequence[PathLayerReport], view: View) -> Iterator[str]:
    """Tell by layer who brought how many bytes, how many of them are hidden now, and who hid how many."""
    if not layers:
        return
    pen = Pen(view)
    rows = [
        (
            size(each.content_bytes) if each.content_bytes else "",
            size(wasted) if (wasted := each.overwritten_bytes + each.removed_bytes) else "",
            size(each.hid_bytes) if each.hid_bytes else "",
        )
        for each in layers
    ]
    heads = ("brought", "wasted", "hid")
    columns = [at for at in range(3) if any(row[at] for row in rows)]
    widths = {at: max(len(heads[at]), *(len(row[at]) for row in rows)) for at in columns}
    indent = INDENT + "  ".join(" " * widths[at] for at in columns) + "  "
    yield pen.bold("Bytes at and below it")
    yield INDENT + "  ".join(pen.dim(heads[at].rjust(widths[at])) for at in columns) + "  " + pen.dim("instruction")
    for row, each in zip(rows, layers, strict=True):
        cells = [row[at].rjust(widths[at]) for at in columns]
        painted = "  ".join(pen.red(cell) if at == 1 else cell for at, cell in zip(columns, cells, strict=True))
        yield f"{INDENT}{painted}  {author(each.by, pen, _room(view, indent))}"


def _wrapped(text: str, view: View, hanging: str) -> list[str]:
    return wrap(
        Pen(view).text(text),
        max(_NARROWEST, view.width),
        initial_indent=hanging,
        subsequent_indent=hanging,
        break_on_hyphens=False,
    )


def _room(view: View, indent: str) -> int:
    return max(_NARROWEST, view.width - len(indent))


def _arrow(view: View) -> str:
    return "→" if view.unicode else "->"
