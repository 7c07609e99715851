"""What changed, as Markdown for a pull request: a sentence that stands for all when collapsed, and one table in it."""

from collections.abc import Iterator
from typing import Final

from layerscope.changes import ChangedFindingReport, ChangedSettingReport, DifferenceReport, DiffReport
from layerscope.render.kit.cells import clip
from layerscope.render.kit.differences import (
    changed_files,
    claims,
    content,
    counts,
    files,
    first_new,
    headline,
    is_below,
    largest,
    layers,
    name_of,
    pulled,
    setting,
    signed,
    told,
    versions,
    where,
    with_arguments,
    worth_telling,
)
from layerscope.render.kit.escape import escape
from layerscope.render.kit.markup import code, html
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View

_CELLS: Final = 120
"""Of a name."""
_PROSE: Final = 400
"""Of what is to be done."""

_Row = tuple[str, str, str, str]


def render(report: DiffReport, view: View) -> str:
    """Write the whole comment; where nothing changed, one sentence."""
    diff = report.diff
    if diff.identical:
        return f"{headline(diff, code)}\n"
    sentence = headline(diff, lambda name: f"<code>{html(name)}</code>")  # within HTML there is no Markdown
    pull = diff.totals.only_new.blob_bytes
    more = "" if pull is None else f", {size(pull)} to pull"
    rows = [("change", "old", "new", ""), ("--:", "--:", "--:", ":--"), *_rows(diff, view)]
    lines = [f"<details><summary>{sentence}{more}</summary>", "", *(f"| {' | '.join(row)} |" for row in rows)]
    notes = [f"- {html(note)}" for note in diff.notes]
    return "\n".join((*lines, "", *notes, *([""] if notes else []), "</details>", ""))


def _rows(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    yield from _sums(diff)
    yield from _instructions(diff, view)
    yield from _settings(diff, view)
    yield from _packages(diff, view)
    yield from _folders(diff, view)
    yield from _files(diff, view)
    yield from _findings(diff, view)


def _sums(diff: DifferenceReport) -> Iterator[_Row]:
    totals = diff.totals
    change, old, new = _amounts(totals.content_bytes.old, totals.content_bytes.new)
    yield f"**{change}**", old, new, f"**content** {layers(diff)}"
    if totals.wasted_bytes.old or totals.wasted_bytes.new:
        yield *_amounts(totals.wasted_bytes.old, totals.wasted_bytes.new), "wasted"
    blobs, pull = totals.blob_bytes, totals.only_new.blob_bytes
    if blobs.old is not None and blobs.new is not None:
        yield *_amounts(blobs.old, blobs.new), "stored as blobs"
    yield "", "", "unknown" if pull is None else size(pull), f"pulled {pulled(diff)}"


def _instructions(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    changed = worth_telling(diff)
    shown = largest(changed, view.top, content)
    groups = diff.totals.instructions
    if changed or groups.rebuilt.count:
        begins = first_new(diff)
        layers_from = f"; new layers from {_code(begins)}" if begins else ""
        yield _title("Instructions", counts(groups, "changed", "added", "removed", "rebuilt", "same") + layers_from)
    for each, arguments in with_arguments(shown):
        after, *before = [_code(name_of(step)) for step in (each.new, each.old) if step]
        was = f", was {before[0]}" if each.change == "changed" else ""
        built_with = "".join(f", with {_setting(argument)}" for argument in arguments[: view.top])
        yield *_amounts(*content(each)), f"{each.change} {after}{was}{built_with}"
    yield from _more(len(changed) - len(shown))


def _settings(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    shown = diff.settings[: view.top]
    if diff.settings:
        yield _title("Settings", f"{len(diff.settings):,} changed")
    for each in shown:
        yield "", "", "", _setting(each)
    yield from _more(len(diff.settings) - len(shown))


def _setting(each: ChangedSettingReport) -> str:
    old, new = map(_code, setting(each))
    return f"{_code(each.what)} {old} → {new}"


def _packages(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    shown, groups = diff.packages[: view.top], diff.totals.packages
    if diff.packages and groups:
        yield _title("Packages", counts(groups, "up", "down", "changed", "added", "removed", "resized", "same"))
    for each in shown:
        name = f"{each.change} {each.manager} {_code(each.name)} {_code(versions(each))}"
        yield *_amounts(each.old_bytes, each.new_bytes), name
    yield from _more(len(diff.packages) - len(shown))


def _folders(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    shown = diff.folders[: view.top]
    if diff.folders:
        yield _title("Folders", "each without those below that are listed too")
    for each in shown:
        yield *_amounts(each.old_bytes, each.new_bytes), f"{_code('/' + each.path)} {count(each.count, 'file')}"
    yield from _more(len(diff.folders) - len(shown))


def _files(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    shown = diff.paths[: view.top]
    if rest := files(diff):
        yield _title("Files", rest)
    for each in shown:
        yield *_amounts(each.old_bytes, each.new_bytes), f"{each.change} {_code('/' + each.path)}"
    yield from _more(changed_files(diff) - len(shown))


def _findings(diff: DifferenceReport, view: View) -> Iterator[_Row]:
    own = [each for each in diff.findings if view.include_base or not is_below(each)]
    if diff.findings:
        yield _title("Findings", counts(diff.totals.findings, "new", "gone", "changed", "same"))
    for each in own[: view.top]:
        place = f" {_code(where(diff, each))}" if where(diff, each) else ""
        message, remedy = (_code(text, _PROSE) for text in (told(each).message, told(each).remedy))
        what_to_do = f" → {remedy}" if each.change == "new" else ""
        yield *_claims(each), f"{each.change} {_code(told(each).rule)}{place}: {message}{what_to_do}"
    yield from _more(len(own) - view.top)
    if below := len(diff.findings) - len(own):
        yield "", "", "", f"in the base image: {below:,}"


def _claims(each: ChangedFindingReport) -> tuple[str, str, str]:
    return _amounts(*claims(each)) if any(claims(each)) else ("", "", told(each).severity)


def _title(title: str, rest: str) -> _Row:
    return "", "", "", f"**{title}** {rest}"


def _more(number: int) -> Iterator[_Row]:
    if number > 0:
        yield "", "", "", f"and {number:,} more"


def _amounts(old: int, new: int) -> tuple[str, str, str]:
    return signed(new - old) if old or new else "", size(old) if old else "", size(new) if new else ""


def _code(text: str, room: int = _CELLS) -> str:
    return code(clip(escape(text), room))
