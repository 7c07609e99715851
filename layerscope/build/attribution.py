"""Which instruction made which layer: by count and order, or not at all.

The image specification ties a history entry to a layer by nothing but order: the entries that are not
``empty_layer`` stand for the layers, one each, oldest first (image-spec, config.md, "history"). Where the
counts differ, every match would be a guess, so none is made; but where history and layers both are known to be in
two parts, the base's and what is above, one of the parts may still agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from layerscope.build.dialects import EXPORTER_COMMENT, START, Reading, read
from layerscope.build.location import Location
from layerscope.model import HistoryEntry


class Instruction(Struct, frozen=True):
    """One history entry, as the Dockerfile instruction that it stands for."""

    index: int
    """Its place in the history, oldest first."""
    kind: str
    """The Dockerfile keyword in capitals; for what no Dockerfile made IMPORT, COMMIT, SQUASH or LAYER."""
    text: str
    """What a person would write after the keyword; of a LAYER, what its tool says of it. Not escaped."""
    created: str | None
    builder: str
    """Who wrote the entry, told from its form; ``unknown`` when the form is nobody's."""
    empty: bool
    """True when the history says that it made no layer."""
    layer: int | None
    """Index of the layer that it made; ``None`` when it made none, or when the history does not tell."""
    location: Location | None = None
    """Where it stands in a Dockerfile, if one is known."""
    arguments: str = ""
    """The build arguments of a RUN, as its builder records them; ``command.build_arguments`` reads them."""


class Attribution(Struct, frozen=True):
    """An image's instructions, with what the reader should know of how they were matched to the layers."""

    instructions: tuple[Instruction, ...]
    notes: tuple[str, ...]


def attribute(history: Sequence[HistoryEntry], layer_count: int) -> Attribution:
    """Read every entry of ``history``, and match them to the layers when as many claim one as there are."""
    claims = sum(not entry.empty_layer for entry in history)
    agree = claims == layer_count
    layers = count()
    instructions = tuple(
        Instruction(
            index=index,
            kind=reading.kind,
            text=reading.text,
            created=entry.created,
            builder=reading.builder,
            empty=entry.empty_layer,
            layer=next(layers) if agree and not entry.empty_layer else None,
            arguments=reading.arguments,
        )
        for index, (entry, reading) in enumerate(zip(history, _readings(history), strict=True))
    )
    return Attribution(instructions, tuple(_notes(history, claims, layer_count)))


def attribute_parts(attribution: Attribution, entries: int, layers: int, layer_count: int) -> Attribution:
    """Match one part of a history that cannot be matched as a whole.

    The first ``entries`` of it are known to be about the ``layers`` at the bottom of ``layer_count``, the others about
    those above.
    """
    instructions = attribution.instructions
    claims = [each.index for each in instructions if not each.empty]
    below = [index for index in claims if index < entries]
    above = claims[len(below) :]
    if len(claims) == layer_count:
        return attribution
    if len(below) == layers:
        layer_of, part = dict(zip(below, range(layers), strict=True)), f"those of the base image ({layers})"
    elif len(above) == layer_count - layers:
        layer_of = dict(zip(above, range(layers, layer_count), strict=True))
        part = f"those above the base image ({len(above)})"
    else:
        return attribution
    if not layer_of:
        return attribution
    note = f"{_disagreement(len(claims), layer_count)}, so only {part} are attributed to instructions."
    return Attribution(tuple(replace(each, layer=layer_of.get(each.index)) for each in instructions), (note,))


def locate(attribution: Attribution, locations: Mapping[int, Location], notes: Sequence[str] = ()) -> Attribution:
    """Put instructions, by their index, on lines of a Dockerfile."""
    instructions = tuple(replace(each, location=locations.get(each.index)) for each in attribution.instructions)
    return Attribution(instructions, (*attribution.notes, *notes))


def _readings(history: Sequence[HistoryEntry]) -> Iterator[Reading]:
    """Read the entries in order, since a SHELL instruction changes how the later ones are to be read."""
    past = START
    for entry in history:
        reading = read(entry, past)
        yield reading
        past = past.after(reading)


def _notes(history: Sequence[HistoryEntry], claims: int, layer_count: int) -> Iterator[str]:
    """Say in a sentence each why layers are unattributed, or why their attribution may be wrong."""
    if not history:
        yield f"The image has no history, so no layer (of {layer_count}) is attributed to an instruction."
    elif claims != layer_count:
        yield f"{_disagreement(claims, layer_count)}, so no layer is attributed to an instruction."
    # BuildKit makes the counts agree by appending entries, wherever in the stack the missing one belongs
    # (exporter/containerimage/writer.go); seen with an empty COPY whose 185 MB went to the appended entry.
    elif made_up := sum(entry.comment == EXPORTER_COMMENT for entry in history):
        yield (
            f"BuildKit added entries to the history ({made_up}) to match the number of layers, "
            "so a layer may be attributed to the wrong instruction."
        )


def _disagreement(claims: int, layer_count: int) -> str:
    return f"The history tells of another number of layers ({claims}) than the image has ({layer_count})"
