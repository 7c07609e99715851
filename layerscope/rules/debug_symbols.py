"""Programs and libraries with their symbols, and debugging information beside them (/usr/lib/debug).

A compiler leaves a table of symbols and, with -g, a description of the source in each file: often more than the
program itself. Nothing of it is loaded to run; it serves debuggers, profilers and backtraces.

Strip what is built, in the instruction that builds it: RUN make install && strip --strip-unneeded …; or let the tools
do it: gcc -s, go build -ldflags="-s -w", strip = true in Cargo's profile. Stripped in a later instruction, both
copies stay.

What is claimed are the bytes of the sections that ``strip`` takes away, read from the files' own headers. Left out
are files of less than 16 KiB, kernel modules (which must keep some symbols), static libraries (a rule of their own),
and libraries that a Python wheel carries along (numpy.libs/libgfortran-040039e1.so.5), which strip may break, since
their paths were patched; and layers where it is less than 100 kB. Do not strip what you may have to debug in place.
"""

import re
from collections.abc import Iterator
from typing import Final

from layerscope.filesystem.elf import PROBE, Elf
from layerscope.model import Entry
from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 100_000
"""Bytes of one layer; every distribution has a few files with some symbols, which nobody will go after."""
_LEAST_OF_FILE: Final = 16 * 1024
"""Bytes of a file below which its symbols are not worth a reading: half of all programs are smaller."""
_OF_WHEEL: Final = re.compile(r".+-[0-9a-f]{8}\.so(\..+)?", re.DOTALL)
"""How auditwheel names libraries. Patched by it, they do not load once binutils' strip has moved their segments."""
_FOLDER: Final = "usr/lib/debug"


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for the programs of a layer, and one for its separate debugging information."""
    strippable: dict[int, int] = {}
    linked = set(evidence.filesystem.carriers.values())
    for number, entry in enumerate(evidence.filesystem.entries):
        if _is_candidate(entry):
            is_shown = number in linked or evidence.is_kept(number)
            found = evidence.look(PROBE, number) if is_shown else None
            if isinstance(found, Elf) and found.strippable:
                strippable[number] = found.strippable
    for layer, _, claims in ballast(evidence, _with_links(evidence, strippable)):
        claimed = {number: min(strippable[number], size) for number, size in claims.items()}
        if sum(claimed.values()) >= _LEAST:
            ranked = sorted(claimed, key=lambda number: (-claimed[number], evidence.entry(number).path))
            paths = tuple(evidence.entry(number).path for number in ranked)
            yield Finding(
                message=f"programs and libraries written with symbols by {evidence.named_layer(layer)}, which only "
                "debuggers use",
                remedy=_remedy(paths[0], from_copy=is_copied(evidence, layer)),
                layer=layer,
                paths=paths,
                claims=claimed,
            )
    for layer, names, claims in ballast(evidence, evidence.below(_FOLDER), _LEAST):
        yield Finding(
            message=f"debugging information in /{_FOLDER}, written by {evidence.named_layer(layer)}, which only "
            "debuggers use",
            remedy="Do not install packages named -dbg, -dbgsym or -debuginfo; or delete it in the instruction that "
            f"writes it: RUN … && rm -rf /{_FOLDER}.",
            layer=layer,
            paths=evidence.paths(names),
            claims=claims,
        )


def _is_candidate(entry: Entry) -> bool:
    return (
        entry.size >= _LEAST_OF_FILE
        and PROBE.wants(entry)
        and not entry.parent.startswith(_FOLDER)
        and not _OF_WHEEL.fullmatch(entry.name)
    )


def _with_links(evidence: Evidence, numbers: dict[int, int]) -> list[int]:
    """Add the hard links, since stripping changes what all names show."""
    links = (number for number, carrier in evidence.filesystem.carriers.items() if carrier in numbers)
    return [*numbers, *links]


def _remedy(path: str, *, from_copy: bool) -> str:
    if from_copy:
        return (
            f"Strip it where it is built, in the stage before: RUN … && strip --strip-unneeded /{path}; or build it "
            'so: gcc -s, go build -ldflags="-s -w", strip = true in Cargo\'s profile.'
        )
    return f"Strip it in the instruction that writes it: RUN … && strip --strip-unneeded /{path} …."


RULES: Final = (Rule("debug-symbols", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find, (PROBE,)),)
