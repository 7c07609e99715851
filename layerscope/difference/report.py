"""The whole report, from both sides."""

from collections.abc import Iterable, Iterator

from layerscope.changes import SCHEMA_VERSION, ChangedSettingReport, DifferenceReport, DiffReport, DiffTotals
from layerscope.difference.align import align
from layerscope.difference.findings import compare_findings
from layerscope.difference.folders import changed_folders
from layerscope.difference.instructions import beside, instruction_groups, instructions
from layerscope.difference.packages import compare_packages
from layerscope.difference.paths import compare_paths, largest_changes
from layerscope.difference.settings import compare_settings
from layerscope.difference.sides import Side
from layerscope.difference.steps import steps_of
from layerscope.difference.totals import totals


def differ(old: Side, new: Side, top: int) -> DiffReport:
    """Tell what changed; of paths the ``top`` largest changes are named. Contents may still be read for it."""
    steps = steps_of(old), steps_of(new)
    pairs = list(beside(*steps, align(*steps)))
    told = instructions(pairs)
    paths = compare_paths(old, new)
    packages, package_groups = compare_packages(old.report.packages, new.report.packages)
    findings, finding_groups = compare_findings(old.report.findings, new.report.findings, pairs)
    settings = compare_settings(old, new)
    groups = (
        instruction_groups(told),
        paths.groups,
        package_groups if old.has_packages and new.has_packages else None,
        finding_groups,
    )
    sums = totals(old.report, new.report, groups)
    steps_changed = (each.change != "same" or each.arguments for each in told)
    changed = any((settings, packages, findings, paths.changed, *steps_changed))
    return DiffReport(
        schema_version=SCHEMA_VERSION,
        diff=DifferenceReport(
            old=old.report.image,
            new=new.report.image,
            identical=not changed,
            totals=sums,
            instructions=told,
            settings=settings,
            folders=changed_folders(paths.changed),
            paths=largest_changes(paths, top),
            packages=packages,
            findings=findings,
            notes=(*_of_platforms(settings), *_notes(old, new, sums)),
        ),
    )


def _of_platforms(settings: Iterable[ChangedSettingReport]) -> Iterator[str]:
    """Say first what explains all else."""
    for each in settings:
        if each.what == "platform":
            yield f"OLD is for {each.old}, NEW for {each.new}: their programs differ for that alone."


def _notes(old: Side, new: Side, sums: DiffTotals) -> list[str]:
    """Say once what is true of both images, and else of which one it is."""
    one, other = set(old.report.notes), set(new.report.notes)
    notes = sorted(one & other)
    notes += sorted([*(f"OLD: {note}" for note in one - other), *(f"NEW: {note}" for note in other - one)])
    if doubtful := sums.paths.uncompared.count:
        notes.append(
            f"Files that are as large as they were and come from another layer ({doubtful:,}) were not all compared: "
            "they are counted as uncompared."
        )
    return notes
