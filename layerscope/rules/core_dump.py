"""Core dumps: the memory of a program that crashed while the image was built.

Each is as large as the program's memory was, serves nobody who runs the image, and may hold passwords and keys that
were in that memory.

Find out what crashed. Until then, delete the file in the instruction that leaves it, or let the build write none: RUN
ulimit -c 0 && ….

A file counts when it is named as core dumps are (core, core.1234, python.core, vgcore.1234) and its own header says
that it is one. Left out are compressed dumps and sparse files, whose headers cannot be seen.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.filesystem.elf import CORE, LEAST, PROBE, Elf, is_core_name
from layerscope.rules.kit.ballast import ballast
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    named = [
        number
        for number, entry in enumerate(evidence.filesystem.entries)
        if entry.size >= LEAST and "core" in entry.name and is_core_name(entry.name) and PROBE.wants(entry)
    ]
    dumps = [number for number in named if _is_dump(evidence.look(PROBE, number))]
    for layer, names, claims in ballast(evidence, dumps):
        paths = evidence.paths(names)
        yield Finding(
            message=f"the memory of a program that crashed in {evidence.named_layer(layer)}, which may hold secrets",
            remedy=f"Delete it in the instruction that writes it: RUN … && rm /{paths[0]}; or write none: RUN ulimit "
            "-c 0 && ….",
            layer=layer,
            paths=paths,
            claims=claims,
        )


def _is_dump(found: object) -> bool:
    return isinstance(found, Elf) and found.kind == CORE


RULES: Final = (Rule("core-dump", Severity.HIGH, Confidence.HIGH, __doc__, find, (PROBE,)),)
