"""What is uncertain of a proposal, a sentence each."""

from collections.abc import Collection, Iterator
from typing import Final

from layerscope.splitting.cover import Cover
from layerscope.splitting.decide import Decision
from layerscope.splitting.seam import Seam
from layerscope.splitting.system import System

_NO_PROGRAMS: Final = ("-dev", "-headers", "-dbg", "-dbgsym")


def of_needs(decision: Decision) -> Iterator[str]:
    """Say what is not known of what is started and copied."""
    needs, unknown = decision.needs, decision.started.unknown
    if unknown:
        yield f"The image starts {unknown[0]}, which is no program of it: whatever that needs is not known."
    for path, name in needs.missing[:3]:
        yield f"/{path} wants {name}, which is nowhere in the image."
    if needs.unread:
        more = f" and {len(needs.unread) - 1} more" if len(needs.unread) > 1 else ""
        yield f"What /{needs.unread[0]}{more} needs could not be read."


def of_packages(decision: Decision, seam: Seam, system: System | None, asked: Collection[str]) -> Iterator[str]:
    """Say what may be wrong with the packages on the same base, of which those ``asked`` for are named."""
    if upgraded := decision.heap.of_base:
        yield (
            f"Packages of the base were upgraded ({len(upgraded)} files): the new image has those of the base. Use a "
            "newer base."
        )
    if kept := [name for name in asked if decision.packages[name].startswith("asked for by name")]:
        yield (
            f"Kept since they were asked for by name, and nothing tells what for: {', '.join(kept)}. Those that only "
            "the building needs, take out of the last stage."
        )
    if left := _tools_asked_for(decision, system):
        yield (
            f"Left behind though asked for by name, since they serve building: {', '.join(left)}. One that the program "
            "starts while it runs belongs into the last stage."
        )
    if any(each.kind == "RUN" and "sources.list" in each.text for each in seam.instructions):
        yield "An instruction changes where apt looks for packages: the last stage may need that too."


def _tools_asked_for(decision: Decision, system: System | None) -> list[str]:
    """Name the tools that are left behind and were asked for by name; nobody starts headers."""
    units = system.units.values() if system else ()
    left = (each.name for each in units if each.is_new and each.requested and each.building)
    return sorted(name for name in left if name not in decision.packages and not name.endswith(_NO_PROGRAMS))


def on_nothing(*, is_linked: bool) -> str:
    """Say what is missing on scratch."""
    with_it = "the program has the libraries that it is linked with, and" if is_linked else "the program has"
    return (
        f"On scratch {with_it} nothing else of the system: no shell, no /tmp, no locales, no time zones unless tzdata "
        "was asked for."
    )


def of_owners(cover: Cover) -> Iterator[str]:
    """Say where a builder may lose owners."""
    if cover.mixed:
        yield (
            "Files of several owners are copied with one instruction: BuildKit keeps their owners, the classic builder "
            "gives all to root."
        )
