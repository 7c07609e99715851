"""What changed, for a person at a terminal: one set of columns from top to bottom, what grew and shrank first."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from layerscope.changes import ChangedFindingReport, ChangedInstructionReport, ChangedSettingReport, DiffReport
from layerscope.render.kit.cells import clip, width
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
    without_common,
    worth_telling,
)
from layerscope.render.kit.pen import INDENT, Pen
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View

_CHANGE: Final = 9
"""Cells of the widest change: ``+999.9 MB``."""
_AMOUNT: Final = 8
_NUMBERS: Final = len(INDENT) + _CHANGE + 2 * (_AMOUNT + 2) + 2
"""Cells of the columns of numbers, in every section."""
_NARROWEST: Final = 12


def render(report: DiffReport, view: View) -> str:
    """Write the whole page; where nothing changed, one sentence."""
    page = _Page(report, view)
    sections = (
        page.heading(),
        page.notes(),
        page.instructions(),
        page.settings(),
        page.packages(),
        page.folders(),
        page.files(),
        page.findings(),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


class _Page:
    """One report, written for one view; each section is a list of lines, empty if there is nothing to say."""

    def __init__(self, report: DiffReport, view: View) -> None:
        self._diff = report.diff
        self._view = view
        self._pen = Pen(view)

    def heading(self) -> list[str]:
        """Say what became of the size, and of what it is made of."""
        diff, pen, totals = self._diff, self._pen, self._diff.totals
        sentence = self._sign(headline(diff, pen.text))
        if diff.identical:
            return [sentence]
        lines = [pen.bold(sentence), "", pen.dim(self._numbers("change", "old", "new"))]
        lines.append(self._row(totals.content_bytes.old, totals.content_bytes.new, "content", layers(diff)))
        if totals.wasted_bytes.old or totals.wasted_bytes.new:
            lines.append(self._row(totals.wasted_bytes.old, totals.wasted_bytes.new, "wasted"))
        blobs = totals.blob_bytes
        if blobs.old is not None and blobs.new is not None:
            lines.append(self._row(blobs.old, blobs.new, "stored", "as blobs"))
        pull = totals.only_new.blob_bytes
        numbers = self._numbers("", "", "unknown" if pull is None else size(pull))
        rest = pen.line(pulled(diff), self._room(9))
        return [*lines, f"{numbers}  pulled   {pen.dim(rest)}"]

    def notes(self) -> list[str]:
        """Say what the reader should know of how the images were read."""
        return self._pen.notes(self._diff.notes)

    def instructions(self) -> list[str]:
        """Show those that changed, with what was there before, in the order of the Dockerfile."""
        groups = self._diff.totals.instructions
        changed = worth_telling(self._diff)
        shown = largest(changed, self._view.top, content)
        if not changed and not groups.rebuilt.count:
            return []
        lines = [self._title("Instructions", counts(groups, "changed", "added", "removed", "rebuilt", "same"))]
        for each, arguments in with_arguments(shown):
            lines += self._instruction(each)
            lines += self._arguments(arguments)
        lines += self._more(len(changed) - len(shown))
        if begins := first_new(self._diff):
            room = max(_NARROWEST, self._view.width - len(INDENT))
            lines.append(INDENT + self._pen.dim(self._pen.line(f"new layers from {begins}", room)))
        return lines

    def _instruction(self, each: ChangedInstructionReport) -> Iterator[str]:
        numbers = self._amounts(*content(each))
        labels = [name_of(step) for step in (each.new, each.old) if step]
        if each.change == "changed":
            after, before = self._contrast(*map(self._pen.text, labels))
            yield f"{numbers}  changed  {after}"
            yield self._pen.dim(f"{' ' * _NUMBERS}was      {before}")
        else:
            yield f"{numbers}  {each.change.ljust(7)}  {self._pen.line(labels[0], self._room(9))}"

    def _arguments(self, changed: Sequence[ChangedSettingReport]) -> Iterator[str]:
        """Show with which build arguments an instruction was built, of those that changed."""
        for each in changed[: self._view.top]:
            name = self._pen.line(each.what, self._room(9) // 2)
            yield f"{' ' * _NUMBERS}with     {name}  {self._was_and_is(each, self._room(9 + width(name) + 2))}"
        yield from (" " * _NUMBERS + line.lstrip() for line in self._more(len(changed) - self._view.top))

    def _contrast(self, one: str, other: str) -> tuple[str, str]:
        """Shorten two texts so that where they part can be seen."""
        room, mark = self._room(9), self._sign("…")
        if not self._view.truncate:
            return one, other
        if max(width(one), width(other)) > room:
            one, other = without_common(one, other, room, mark)
        return clip(one, room, mark), clip(other, room, mark)

    def settings(self) -> list[str]:
        """Show what else is said of how a container is run."""
        every = self._diff.settings
        shown = every[: self._view.top]
        if not every:
            return []
        widest = max([width(self._pen.text(each.what)) for each in shown], default=0)
        column = min(widest, max(24, self._view.width // 2))
        room = max(_NARROWEST, self._view.width - len(INDENT) - column - 2)
        lines = [self._title("Settings", f"{len(every):,} changed")]
        for each in shown:
            name = self._pen.line(each.what, column)
            lines.append(f"{INDENT}{name}{' ' * (column - width(name))}  {self._was_and_is(each, room)}")
        return [*lines, *self._more(len(every) - len(shown))]

    def _was_and_is(self, each: ChangedSettingReport, room: int) -> str:
        old, new = setting(each)
        half = max(_NARROWEST // 2, (room - 3) // 2)
        first = self._pen.line(old, max(half, room - 3 - width(self._pen.text(new))))
        second = self._pen.line(new, max(half, room - 3 - width(first)))
        return f"{self._sign(f'{first} → ')}{second}"

    def packages(self) -> list[str]:
        """Show the packages that changed most."""
        every, groups = self._diff.packages, self._diff.totals.packages
        shown = every[: self._view.top]
        if not every or groups is None:
            return []
        order = ("up", "down", "changed", "added", "removed", "resized", "same")
        lines = [self._title("Packages", counts(groups, *order))]
        column = max([len(each.manager) for each in shown], default=0)
        for each in shown:
            word = f"{each.change.ljust(7)}  {self._pen.dim(each.manager.ljust(column))}"
            rest = f"{each.name}  {self._sign(versions(each))}"
            numbers = self._amounts(each.old_bytes, each.new_bytes)
            lines.append(f"{numbers}  {word}  {self._pen.line(rest, self._room(7 + 2 + column + 2))}")
        return [*lines, *self._more(len(every) - len(shown))]

    def folders(self) -> list[str]:
        """Show where files changed."""
        every = self._diff.folders
        shown = every[: self._view.top]
        if not every:
            return []
        numbers = [count(each.count, "file") for each in shown]
        column = max(map(len, numbers), default=0)
        lines = [self._title("Folders", "each without those below that are listed too")]
        for each, number in zip(shown, numbers, strict=True):
            path = self._pen.path(each.path, self._room(column + 2))
            lines.append(
                f"{self._amounts(each.old_bytes, each.new_bytes)}  {self._pen.dim(number.rjust(column))}  {path}"
            )
        return [*lines, *self._more(len(every) - len(shown))]

    def files(self) -> list[str]:
        """Show the files that changed most."""
        shown, told = self._diff.paths[: self._view.top], files(self._diff)
        lines = [self._title("Files", told)] if told else []
        for each in shown:
            path = self._pen.path(each.path, self._room(9))
            lines.append(f"{self._amounts(each.old_bytes, each.new_bytes)}  {each.change.ljust(7)}  {path}")
        return [*lines, *self._more(changed_files(self._diff) - len(shown))]

    def findings(self) -> list[str]:
        """Show findings that came and went: of new ones, what to do."""
        view, pen = self._view, self._pen
        own = [each for each in self._diff.findings if view.include_base or not is_below(each)]
        shown, below = own[: view.top], len(self._diff.findings) - len(own)
        if not self._diff.findings:
            return []
        lines = [self._title("Findings", counts(self._diff.totals.findings, "new", "gone", "changed", "same"))]
        for each in shown:
            lines += self._finding(each)
        lines += self._more(len(own) - len(shown))
        if below:
            lines.append(INDENT + pen.dim(f"in the base image: {below:,} (--include-base shows them)"))
        return lines

    def _finding(self, each: ChangedFindingReport) -> Iterator[str]:
        pen, finding = self._pen, told(each)
        severity = finding.severity.rjust(_NUMBERS - 2)  # the longest takes more than one column of numbers
        numbers = self._amounts(*claims(each)) if any(claims(each)) else severity
        title = f"{finding.rule}  {where(self._diff, each)}".strip()
        yield f"{numbers}  {each.change.ljust(7)}  {pen.bold(pen.line(title, self._room(9)))}"
        hanging, room = " " * (_NUMBERS + 9), max(2 * _NARROWEST, self._view.width - _NUMBERS - 9)
        if finding.paths:
            others = f" and {finding.path_count - 1:,} more" if finding.path_count > 1 else ""
            yield hanging + pen.dim(pen.path(finding.paths[0], room - len(others)) + others)
        if each.change == "gone" or (each.change == "changed" and finding.paths):
            return
        for line in wrap(pen.text(finding.message[:1].upper() + finding.message[1:]), room, break_on_hyphens=False):
            yield hanging + line
        if each.change != "new":
            return
        remedy = pen.text(finding.remedy)
        for line in wrap(remedy, room, initial_indent=self._sign("→ "), subsequent_indent="  ", break_on_hyphens=False):
            yield hanging + pen.cyan(line)

    # Lines.

    def _numbers(self, change: str, old: str, new: str) -> str:
        return f"{INDENT}{change.rjust(_CHANGE)}  {old.rjust(_AMOUNT)}  {new.rjust(_AMOUNT)}"

    def _amounts(self, old: int, new: int) -> str:
        """Write a change and both sides; what is nothing is left empty."""
        change = (self._sign(signed(new - old)) if old or new else "").rjust(_CHANGE)
        paint = self._pen.red if new > old else self._pen.cyan if new < old else self._pen.dim
        sides = "  ".join((size(each) if each else "").rjust(_AMOUNT) for each in (old, new))
        return f"{INDENT}{paint(change)}  {sides}"

    def _row(self, old: int, new: int, name: str, rest: str = "") -> str:
        return f"{self._amounts(old, new)}  {name.ljust(7)}  {self._pen.dim(rest)}".rstrip()

    def _room(self, taken: int) -> int:
        """Measure what is left beside the numbers and what follows them."""
        return max(_NARROWEST, self._view.width - _NUMBERS - taken)

    def _title(self, title: str, rest: str) -> str:
        return f"{self._pen.bold(title)}  {self._pen.dim(rest)}"

    def _more(self, number: int) -> list[str]:
        return [INDENT + self._pen.dim(f"and {number:,} more (--top shows them)")] if number > 0 else []

    def _sign(self, text: str) -> str:
        """Write our own signs as the view can show them."""
        if self._view.unicode:
            return text
        return text.replace("\N{MINUS SIGN}", "-").replace("→", "->").replace("…", "...")
