"""Which instruction made which layer: by count and order, or not at all.

The image specification ties a history entry to a layer by nothing but order: the entries that are not
``empty_layer`` stand for the layers, one each, oldest first (image-spec, config.md, "history"). Where the
counts differ, every match would be a guess, so none is made.
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
        )
        for index, (entry, reading) in enumerate(zip(history, _readings(history), strict=True))
    )
    return Attribution(instructions, tuple(_notes(history, claims, layer_count)))


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
        yield (
            f"The history tells of another number of layers ({claims}) than the image has ({layer_count}), "
            "so no layer is attributed to an instruction."
        )
    # BuildKit makes the counts agree by appending entries, wherever in the stack the missing one belongs
    # (exporter/containerimage/writer.go); seen with an empty COPY whose 185 MB went to the appended entry.
    elif made_up := sum(entry.comment == EXPORTER_COMMENT for entry in history):
        yield (
            f"BuildKit added entries to the history ({made_up}) to match the number of layers, "
            "so a layer may be attributed to the wrong instruction."
        )
