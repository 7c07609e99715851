"""The steps of a history: its instructions in order, and layers that none claims, each after the layers below it."""

from collections import deque
from collections.abc import Hashable, Iterator

from msgspec import Struct

from layerscope.changes import StepReport
from layerscope.difference.sides import Side
from layerscope.report import InstructionReport, LayerReport


class Step(Struct, frozen=True):
    """One instruction, or a layer that none claims."""

    kind: str
    text: str
    """As it is told: secrets are three stars."""
    words: str
    """Its text, every run of blanks one: how it is broken into lines does not matter."""
    instruction: InstructionReport | None
    layer: LayerReport | None
    arguments: str = ""
    """Build arguments, as a builder records them: secrets stand there."""

    @property
    def is_unclaimed(self) -> bool:
        """Tell whether it is a layer that the history does not tell of."""
        return self.instruction is None

    @property
    def diff_id(self) -> str | None:
        """The layer's; ``None`` where there is none or it is not known."""
        return self.layer.diff_id if self.layer else None

    @property
    def layer_name(self) -> Hashable | None:
        """What the layer is known again by: of one that has no name, its sizes."""
        if self.layer is None:
            return None
        return self.layer.diff_id or (self.layer.tar_bytes, self.layer.content_bytes, self.layer.entries)

    @property
    def content_bytes(self) -> int:
        """Of the layer."""
        return self.layer.content_bytes if self.layer else 0

    def report(self) -> StepReport:
        """Tell of it."""
        told = self.instruction
        return StepReport(
            index=told.index if told else None,
            kind=self.kind,
            text=self.text,
            layer=self.layer.index if self.layer else None,
            diff_id=self.diff_id,
            content_bytes=self.content_bytes,
            in_base=told.in_base if told else self.layer.in_base if self.layer else None,
        )


def steps_of(side: Side) -> list[Step]:
    """List the steps of an image."""
    return list(_steps(side))


def _steps(side: Side) -> Iterator[Step]:
    report = side.report
    unclaimed = deque(layer for layer in report.layers if layer.instruction is None)
    for instruction in report.instructions:
        layer = None if instruction.layer is None else report.layers[instruction.layer]
        while layer and unclaimed and unclaimed[0].index < layer.index:
            yield Step("", "", "", None, unclaimed.popleft())
        words, arguments = " ".join(instruction.text.split()), side.arguments.get(instruction.index, "")
        yield Step(instruction.kind, instruction.text, words, instruction, layer, arguments)
    yield from (Step("", "", "", None, layer) for layer in unclaimed)
