"""Who did something, for the answer."""

from layerscope.analysis import Analysis
from layerscope.answer import AuthorReport
from layerscope.secrets import redacted


class Authors:
    """Layer → who is behind it."""

    def __init__(self, analysis: Analysis) -> None:
        self._instructions = {each.layer: each for each in analysis.attribution.instructions if each.layer is not None}
        self._base = analysis.known_base
        self._made: dict[int, AuthorReport] = {}

    def of(self, layer: int) -> AuthorReport:
        """Name the layer and its instruction."""
        if layer not in self._made:
            instruction = self._instructions.get(layer)
            self._made[layer] = AuthorReport(
                layer=layer,
                instruction=instruction.index if instruction else None,
                kind=instruction.kind if instruction else "",
                text=redacted(instruction.text) if instruction else "",
                in_base=self._base.has_layer(layer) if self._base else None,
            )
        return self._made[layer]
