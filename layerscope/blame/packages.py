"""One package: who installed it, from whom it is wanted, and what it is made of."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from re import sub
from typing import Final

from msgspec import Struct

from layerscope.analysis import Analysis
from layerscope.answer import ChainReport, NeedReport, WhyPackageReport
from layerscope.blame.asked import Asked
from layerscope.blame.authors import Authors
from layerscope.errors import LayerscopeError
from layerscope.filesystem.files import Files
from layerscope.packages import Manager, Owned, Package, Reasons, WhoNeeds
from layerscope.report import PathReport
from layerscope.summary import package_report


class Explained(Struct, frozen=True):
    """Packages of a name, those with most bytes first."""

    told: tuple[WhyPackageReport, ...]
    of: int
    """How many there are in all."""


NOBODY: Final = Explained((), 0)


def explain_packages(
    analysis: Analysis, managers: Sequence[Manager], asked: Asked, authors: Authors, top: int
) -> Explained:
    """Tell of the packages of a name: several managers, or places of one, may have it."""
    owned = analysis.owned or Owned()
    called = _called(owned, asked)
    told = called[: max(1, top)]
    numbers: dict[int, list[int]] = {index: [] for index in told}
    for number, index in owned.owner_of.items():
        if index in numbers:
            numbers[index].append(number)
    reasons = Reasons(owned.packages)
    who_needs = {manager.name: manager.who_needs for manager in managers}
    return Explained(
        tuple(
            WhyPackageReport(
                package=package_report(package, reasons, analysis.filesystem),
                by=authors.of(package.layer),
                chain=_chain(package, reasons),
                needed_by=_needed_by(analysis.files, who_needs[package.manager], owned, package),
                files=len(numbers[index]),
                largest=_largest(analysis.files, numbers[index], top),
            )
            for index, package in ((index, owned.packages[index]) for index in told)
        ),
        len(called),
    )


def normal(name: str) -> str:
    """Write a name as tools that are lenient compare it."""
    return sub("[-_.]+", "-", name).lower()


def _called(owned: Owned, asked: Asked) -> list[int]:
    """List the packages of a name; only where none is spelt so, those that are nearly."""
    of_manager = [(index, each) for index, each in enumerate(owned.packages) if asked.manager in ("", each.manager)]
    exact = [index for index, each in of_manager if each.name == asked.name]
    return exact or [index for index, each in of_manager if normal(each.name) == normal(asked.name)]


def _chain(package: Package, reasons: Reasons) -> tuple[ChainReport, ...]:
    return tuple(
        ChainReport(each.name, each.version, each.reason.requested, each.reason.why)
        for each in reversed(reasons.chain(package))
    )


def _needed_by(
    files: Files, who_needs: WhoNeeds | None, owned: Owned, package: Package
) -> tuple[NeedReport, ...] | None:
    """Name the packages that need one, each once."""
    if who_needs is None:
        return None
    names = {each.key: each.name for each in owned.packages if each.manager == package.manager}
    try:
        needs = {need.by: need.how for need in who_needs(files, package.key) if need.by in names}
    except LayerscopeError:  # more to follow than is done for one answer
        return None
    return tuple(sorted((NeedReport(names[key], how) for key, how in needs.items()), key=lambda each: each.name))


def _largest(files: Files, numbers: Iterable[int], top: int) -> tuple[PathReport, ...]:
    heirs = files.filesystem.heirs
    sizes = ((-heirs.get(number, files.entry(number).size), files.entry(number).path, number) for number in numbers)
    largest = nsmallest(top, (each for each in sizes if each[0]))
    return tuple(PathReport(path, -size, files.layer_of(number)) for size, path, number in largest)
