"""Files that one instruction writes and a later one deletes.

A layer is never changed by those above it: the deleting instruction adds a mark that hides the file, and every pull
carries the bytes on. Deleted in the instruction that wrote it, a file never becomes part of a layer.

Move the deletion to the end of the RUN that writes the files. What COPY brings and a later RUN only needs for itself
is better mounted there than copied: RUN --mount=type=bind.
"""

import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from layerscope.filesystem import Fate
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_NAMED: Final = 3
"""Paths that a remedy names."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that deleted."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for hidden in evidence.filesystem.hidden:
        if hidden.fate is Fate.REMOVED and hidden.entry.size:
            pairs.setdefault((hidden.layer, hidden.by), []).append(hidden.number)
    for (layer, by), numbers in pairs.items():
        paths = evidence.paths(numbers)
        yield Finding(
            message=f"written by {evidence.named_layer(layer)} and deleted by {evidence.named_layer(by)}, where it no "
            "longer saves anything",
            remedy=_remedy(evidence, paths, is_copied=is_copied(evidence, layer)),
            layer=layer,
            paths=paths,
            claims={number: evidence.entry(number).size for number in numbers},
        )


def _remedy(evidence: Evidence, paths: Iterable[str], *, is_copied: bool) -> str:
    if is_copied:
        return (
            "Do not copy it: list it in .dockerignore if nothing needs it; if one RUN does, mount it there: RUN "
            "--mount=type=bind,source=…,target=… …; or copy it in an earlier stage."
        )
    gone = list(dict.fromkeys(_deleted_with(evidence, path) for path in paths))
    named = " ".join(shlex.quote(f"/{path}") for path in gone[:_NAMED])
    more = " …" if len(gone) > _NAMED else ""
    return (
        f"Delete it in the instruction that writes it: RUN … && rm -rf {named}{more}; or write it in an earlier stage."
    )


def _deleted_with(evidence: Evidence, path: str) -> str:
    """Return the topmost folder that is gone with a file; where there is none, the file."""
    folders = evidence.filesystem.folders
    while "/" in path and (parent := path.rpartition("/")[0]) not in folders:
        path = parent
    return path


RULES: Final = (Rule("removed-later", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)
