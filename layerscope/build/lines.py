"""On which lines of a Dockerfile the instructions stand: by the builder's own record, and by comparing the rest.

BuildKit's provenance in ``mode=max`` has the Dockerfile, and tells which lines each step comes from and which layers
stood after it. So each layer's instruction has its lines for certain; the others are found between those.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from layerscope.build.attribution import Attribution, Instruction, locate
from layerscope.build.base import Base, layer_names
from layerscope.build.dialects import EXPORTER_COMMENT
from layerscope.build.dockerfile import (
    Alignment,
    Dockerfile,
    Source,
    Statement,
    align,
    environment_of,
    parse,
    platform_arguments,
    select,
)
from layerscope.build.location import Location
from layerscope.build.provenance import Lines, Provenance
from layerscope.errors import UsageError
from layerscope.model import Image

_LONGEST_NAME: Final = 256


class _Record(Struct, frozen=True):
    """The Dockerfile as the builder recorded it."""

    number: int
    """Among the source files."""
    name: str
    contents: bytes


def put_on_lines(
    image: Image, attribution: Attribution, provenance: Provenance | None, base: Base | None, given: Source | None
) -> Attribution:
    """Put the instructions on lines of the Dockerfile that a person gives, else of the one in the provenance."""
    record = provenance and _record(provenance)
    known: dict[int, Location] = {}
    notes: tuple[str, ...] = ()
    source = given
    if provenance and record and (given is None or _text(given.dockerfile) == record.contents):
        try:
            source = _recorded(provenance, record, given)
            known = _known(image, attribution.instructions, provenance, source, record.number)
        except UsageError as error:
            notes = (f"The Dockerfile in the attestation cannot be made sense of: {error}.",)
    if source is None:
        return locate(attribution, {}, notes)
    alignment = _aligned(image, attribution.instructions, source, base, known)
    return locate(attribution, alignment.locations, notes if given is None else (*notes, *alignment.notes))


def _record(provenance: Provenance) -> _Record | None:
    """Choose the file that the topmost step with lines comes from."""
    for step in provenance.path():
        for each in provenance.lines.get(step.name, ()):
            if 0 <= each.source < len(provenance.sources):
                file = provenance.sources[each.source]
                is_name = file.name.isprintable() and 0 < len(file.name) <= _LONGEST_NAME
                return _Record(each.source, file.name if is_name else "Dockerfile", file.contents)
    return None


def _text(dockerfile: Dockerfile) -> bytes:
    return "".join(dockerfile.lines).encode("utf-8", "surrogateescape")


def _recorded(provenance: Provenance, record: _Record, given: Source | None) -> Source:
    """Choose the stages that were built; raises UsageError."""
    dockerfile = given.dockerfile if given else parse(record.contents, record.name)
    arguments = {**provenance.build_args, **(given.build_args if given else {})}
    return select(dockerfile, provenance.target, arguments)


def _aligned(
    image: Image, instructions: Sequence[Instruction], source: Source, base: Base | None, known: Mapping[int, Location]
) -> Alignment:
    """Compare what is the user's own; all of it where that finds more, since a base may be a stage of the same file."""
    environment = platform_arguments(image.platform) | environment_of(image.run_config.env)
    first = base.instructions if base and base.is_trusted else 0
    alignment = align(instructions, source, environment, first=first, known=known)
    if not first or len(alignment.locations) == sum(len(stage.statements) for stage in source.stages):
        return alignment
    whole = align(instructions, source, environment, known=known)
    return whole if len(whole.locations) > len(alignment.locations) else alignment


# --- The builder's record -----------------------------------------------------------------------------------


def _known(
    image: Image, instructions: Sequence[Instruction], provenance: Provenance, source: Source, number: int
) -> dict[int, Location]:
    """Locate those that made a layer; raises UsageError where the record contradicts itself, and then believes none."""
    if any(entry.comment == EXPORTER_COMMENT for entry in image.history):  # a layer may be another instruction's
        return {}
    statements = {
        line: each
        for stage in source.stages
        for each in stage.statements
        for line in range(each.first_line, each.last_line + 1)
    }
    makers = provenance.makers(*layer_names(image))
    known: dict[int, Location] = {}
    for each in instructions:
        step = makers.get(each.layer) if each.layer is not None else None
        lines = [line for line in provenance.lines.get(step.name, ()) if line.source == number] if step else []
        if lines and not _is_trigger(lines):
            known[each.index] = source.dockerfile.location(_statement(each, lines, statements, source.dockerfile.name))
    for (_, before), (index, after) in pairwise(sorted(known.items())):
        if before.last_line >= after.first_line:
            raise UsageError(f"instruction {index} stands at {after}, and the one before it at {before}")
    return known


def _is_trigger(lines: Sequence[Lines]) -> bool:
    """Tell whether it comes from an ONBUILD of the base: BuildKit counts lines within that, and begins with 1."""
    return min(line.first for line in lines) == 1


def _statement(
    instruction: Instruction, lines: Sequence[Lines], statements: Mapping[int, Statement], name: str
) -> Statement:
    """Return the one that the lines are in; of equal steps of other stages they may tell too."""
    found = {each.first_line: each for line in lines if (each := statements.get(line.first)) is not None}
    fitting = [each for each in found.values() if each.keyword == instruction.kind]
    if len(fitting) != 1:
        place = f"{name}:{lines[0].first}"
        raise UsageError(f"instruction {instruction.index} is a {instruction.kind}, and {place} is none of this image")
    return fitting[0]
