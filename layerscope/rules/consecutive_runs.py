"""RUN instructions in a row that could be one.

Each makes a layer of its own, and a layer is never changed by those above it: what one RUN writes and the next one
deletes or writes again stays in the image. Made by one RUN, only what is there at its end is kept.

Join them: RUN a && b, or with a heredoc, a command a line: RUN <<EOF. What is joined is also built anew together, so
keep apart what changes at another pace, such as the installation of packages and the building of sources. In an
earlier stage of several it does not matter how many there are.

The bytes are those that a later RUN of the row hid of an earlier one, at least 10 kB. Three or more that hide less
are only told. Instructions between two RUN, even those that make no layer, end a row, and
so does the end of the base image.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from layerscope.build.attribution import Instruction
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 10_000
"""Bytes that make two RUN worth joining."""
_MANY: Final = 3
"""Of RUN that hide less of each other."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each row."""
    rows = _rows(evidence)
    row_of = {each.layer: row for row, runs in enumerate(rows) for each in runs}
    claims: list[dict[int, int]] = [{} for _ in rows]
    for hidden in evidence.filesystem.hidden:
        row = row_of.get(hidden.layer)
        if row is not None and row == row_of.get(hidden.by) and hidden.entry.size:
            claims[row][hidden.number] = hidden.entry.size
    for runs, of_row in zip(rows, claims, strict=True):
        if sum(of_row.values()) >= _LEAST:
            yield _with_bytes(evidence, runs, of_row)
        elif len(runs) >= _MANY:
            yield _without_bytes(evidence, runs)


def _rows(evidence: Evidence) -> list[list[Instruction]]:
    """List the rows of two RUN and more; those that made no layer are left out, but end no row."""

    def kind(each: Instruction) -> tuple[str, bool | None]:
        return each.kind, evidence.in_base(each.layer, each.index)

    in_rows = (list(runs) for (name, _), runs in groupby(evidence.instructions, kind) if name == "RUN")
    with_layers = ([each for each in runs if each.layer is not None] for runs in in_rows)
    return [runs for runs in with_layers if len(runs) > 1]


def _with_bytes(evidence: Evidence, runs: list[Instruction], claims: dict[int, int]) -> Finding:
    by_layer: Counter[int] = Counter()
    for number, size in claims.items():
        by_layer[evidence.layer_of(number)] += size
    layer = min(by_layer, key=lambda layer: (-by_layer[layer], layer))
    return Finding(
        message=f"{_named(evidence, runs)}: what earlier ones write and later ones delete or write again stays in the "
        "image",
        remedy="Make them one: RUN … && …, or RUN <<EOF with a command a line; only what is there at its end is kept.",
        layer=layer,
        paths=evidence.paths(claims),
        claims=claims,
    )


def _without_bytes(evidence: Evidence, runs: list[Instruction]) -> Finding:
    return Finding(
        message=f"{_named(evidence, runs)}: a layer each, though one would save little or nothing",
        remedy="Make one of those that change together: RUN … && …, or RUN <<EOF with a command a line; keep apart "
        "what is better cached by itself.",
        layer=runs[0].layer,
        severity=Severity.INFORMATION,
    )


def _named(evidence: Evidence, runs: list[Instruction]) -> str:
    first, last = (evidence.named_layer(each.layer) for each in (runs[0], runs[-1]) if each.layer is not None)
    return f"RUN instructions in a row ({len(runs)}), from {first} to {last}"


RULES: Final = (Rule("consecutive-runs", Severity.LOW, Confidence.HIGH, __doc__, find),)
