"""Which instruction of a history is which statement of a Dockerfile: those that surely are, and no others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from layerscope.build.attribution import Instruction
from layerscope.build.dockerfile.lexer import UNKNOWN
from layerscope.build.dockerfile.printed import candidates, comparable
from layerscope.build.dockerfile.scope import Scope
from layerscope.build.dockerfile.stages import Source
from layerscope.build.dockerfile.syntax import Statement
from layerscope.build.location import Location

_MOST_PAIRS: Final = 1_000_000
"""Of an instruction and a statement, that are compared; a real image has a thousand."""
_MOST_STATEMENTS: Final = 5_000
_NAMED: Final = 5
_HARDLY_ANY: Final = 4
"""Fewer than one in so many statements found is chance: it is another image's Dockerfile."""
_ALWAYS_RECORDED: Final = frozenset({"ADD", "COPY", "RUN"})
_OFTEN_LEFT_OUT: Final = frozenset({"ARG", "ONBUILD"})


class Alignment(Struct, frozen=True):
    """Where instructions stand in a Dockerfile, and what could not be told."""

    locations: Mapping[int, Location]
    """By the instruction's index."""
    notes: tuple[str, ...]


class _Wanted(Struct, frozen=True):
    """A statement, and the texts that a history may have of it."""

    statement: Statement
    kinds: frozenset[str]
    texts: frozenset[str]
    patterns: tuple[tuple[str, ...], ...]
    """Texts with unknown parts: what stands before, between and after those."""

    def is_told_by(self, kind: str, text: str) -> bool:
        return kind in self.kinds and (text in self.texts or any(_fits(pattern, text) for pattern in self.patterns))


def align(
    instructions: Sequence[Instruction],
    source: Source,
    environment: Mapping[str, str],
    *,
    first: int = 0,
    known: Mapping[int, Location] | None = None,
) -> Alignment:
    """Find the statement of each instruction.

    ``environment`` is the image's own, and whatever the builder sets by itself. Instructions before ``first`` are known
    to be the base image's. What is ``known`` of places (a builder's record) is exact, and wins.
    """
    known = known or {}
    own = instructions[first:]
    number = sum(len(stage.statements) for stage in source.stages)
    if number > _MOST_STATEMENTS or number * len(own) > _MOST_PAIRS:
        name = source.dockerfile.name
        return Alignment(known, (f"History and {name} are too long to be compared, so no instruction has a line.",))
    wanted = tuple(_wanted(source, _build_args(own, source.build_args), environment))
    told = [(each.kind, comparable(each.kind, each.text)) for each in own]
    rows = {each.statement.first_line: at for at, each in enumerate(wanted)}
    anchors = {rows.get(place.first_line, -1): index - first for index, place in known.items() if index >= first}
    pairs = _between(anchors, wanted, told)
    found = {*pairs, *anchors} - {-1}
    expected = sum(each.statement.keyword not in _OFTEN_LEFT_OUT for each in wanted)
    if not found or len(found) * _HARDLY_ANY < expected:
        return Alignment(known, _not_the_images(source, expected, len(found)))
    locations = {own[at].index: source.dockerfile.location(wanted[which].statement) for which, at in pairs.items()}
    located = {**locations, **known}
    return Alignment(located, tuple(_notes(source, wanted, found, own, located)))


def _build_args(instructions: Iterable[Instruction], given: Mapping[str, str]) -> dict[str, str]:
    """Add the arguments that the history tells, which are the builder's own word, to those that a person gave."""
    pairs = (each.text.partition("=") for each in instructions if each.kind == "ARG")
    return {name: value for name, equals, value in pairs if equals} | dict(given)


def _wanted(source: Source, build_args: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[_Wanted]:
    scope = Scope(source, build_args, environment)
    for stage in source.stages:
        scope.begin_stage()
        for statement in stage.statements:
            texts = candidates(statement, scope)
            # Of a RUN in exec form the classic builder leaves the bare command, which the history calls a LAYER.
            bare = statement.keyword == "RUN" and statement.exec_form is not None
            kinds = frozenset({statement.keyword, "LAYER"} if bare else {statement.keyword})
            patterns = tuple(tuple(text.split(UNKNOWN)) for text in sorted(texts) if UNKNOWN in text)
            yield _Wanted(statement, kinds, texts, patterns)
            scope.pass_by(statement)


def _fits(pattern: tuple[str, ...], text: str) -> bool:
    """Tell whether the parts stand in ``text`` in this order, the first at its beginning, the last at its end."""
    start, *middle, end = pattern
    if not (text.startswith(start) and text.endswith(end)):
        return False
    at = len(start)
    for part in middle:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(text) - len(end)


# --- Comparing ----------------------------------------------------------------------------------------------


def _between(anchors: Mapping[int, int], wanted: Sequence[_Wanted], told: Sequence[tuple[str, str]]) -> dict[int, int]:
    """Pair what stands between pairs that are known."""
    pairs: dict[int, int] = {}
    row, column = 0, 0
    for below, at in [*sorted((row, at) for row, at in anchors.items() if row >= 0), (len(wanted), len(told))]:
        between = _certain(wanted[row:below], told[column:at])
        pairs |= {row + each: column + other for each, other in between.items()}
        row, column = below + 1, at + 1
    return pairs


def _certain(wanted: Sequence[_Wanted], told: Sequence[tuple[str, str]]) -> dict[int, int]:
    """Pair statements with instructions, in order: those pairs that stand in every longest alignment.

    Equal ends are paired first: the last statement of an image is the last entry of its history.
    """
    pairs: dict[int, int] = {}
    rows, columns = len(wanted), len(told)
    while rows and columns and wanted[rows - 1].is_told_by(*told[columns - 1]):
        rows, columns = rows - 1, columns - 1
        pairs[rows] = columns
    fits = [[at for at in range(columns) if each.is_told_by(*told[at])] for each in wanted[:rows]]
    before = _lengths(fits, columns)
    after = [row[::-1] for row in _lengths([[columns - 1 - at for at in row] for row in fits[::-1]], columns)][::-1]
    # Every longest alignment has one pair of each rank: where there is only one such pair, they all have it.
    ranks: dict[int, list[tuple[int, int]]] = {}
    for row, fitting in enumerate(fits):
        for at in fitting:
            if before[row][at] + 1 + after[row + 1][at + 1] == before[rows][columns]:
                ranks.setdefault(before[row][at], []).append((row, at))
    return pairs | dict(ways[0] for ways in ranks.values() if len(ways) == 1)


def _lengths(fits: Sequence[Sequence[int]], columns: int) -> list[list[int]]:
    """Return the length of the longest alignment of the first so many rows with the first so many columns."""
    table = [[0] * (columns + 1)]
    for row in fits:
        above = table[-1]
        fitting = frozenset(row)
        length = 0
        line = [0]
        for at in range(columns):
            length = above[at] + 1 if at in fitting else max(above[at + 1], length)
            line.append(length)
        table.append(line)
    return table


# --- Notes --------------------------------------------------------------------------------------------------


def _not_the_images(source: Source, expected: int, found: int) -> tuple[str, ...]:
    if not expected:
        return ()
    numbers = f"of its instructions ({expected}) the history has {found}"
    return (f"{source.dockerfile.name} seems not to be this image's: {numbers}. Was it built with another --target?",)


def _notes(
    source: Source,
    wanted: Sequence[_Wanted],
    found: set[int],
    own: Sequence[Instruction],
    located: Mapping[int, Location],
) -> Iterator[str]:
    """Say what could not be aligned, a sentence each; by place and kind, since texts may hold secrets."""
    recorded = _ALWAYS_RECORDED | {each.kind for each in own if each.index in located} - _OFTEN_LEFT_OUT
    lost = [
        f"{source.dockerfile.location(each.statement)} {each.statement.keyword}"
        for at, each in enumerate(wanted)
        if at not in found and each.statement.keyword in recorded
    ]
    if lost:
        yield (
            f"Not found in the history, or not for sure: {_listed(lost)}. "
            "Has the file changed since, or was a --build-arg given?"
        )
    start = min((each.index for each in own if each.index in located), default=0)
    extra = [f"{each.index} {each.kind}" for each in own if each.index > start and each.index not in located]
    if extra:
        yield f"Not found in {source.dockerfile.name}, or not for sure: {_listed(extra)}."


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
