"""What rules look at: the analysis, its files looked up, and what the configuration says."""

from functools import cached_property
from typing import Final

from layerscope.analysis import Analysis
from layerscope.build import Instruction
from layerscope.filesystem.files import Files
from layerscope.model import Image
from layerscope.rules.kit.variables import redacted

_TEXT_WIDTH: Final = 48


class Evidence(Files):
    """One image, for rules to judge. Entries are known by their number over all layers (``Filesystem.entries``)."""

    def __init__(self, analysis: Analysis) -> None:
        vars(self).update(vars(analysis.files))  # with the indexes that were made already
        self._analysis = analysis

    @property
    def image(self) -> Image:
        """The image: configuration, history, layers."""
        return self._analysis.image

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The history, oldest first."""
        return self._analysis.attribution.instructions

    @cached_property
    def instruction_of(self) -> dict[int, Instruction]:
        """Layer → the instruction that made it; unattributed layers are left out."""
        return {each.layer: each for each in self.instructions if each.layer is not None}

    def named_layer(self, layer: int) -> str:
        """Name a layer as people know it: by the instruction that made it, cut short."""
        made_by = self.instruction_of.get(layer)
        if made_by is None:
            return f"layer {layer}"
        text = " ".join(redacted(made_by.text).split())
        return f"{made_by.kind} {text[:_TEXT_WIDTH]}{'…' if len(text) > _TEXT_WIDTH else ''}"

    # The image's configuration.

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables that the image sets."""
        pairs = (variable.partition("=") for variable in self.image.run_config.env)
        return {name: value for name, _, value in pairs}

    @cached_property
    def homes(self) -> tuple[str, ...]:
        """Every folder that can be somebody's home: root's, the variable's, and those of /home that exist."""
        folders = {"root"}
        folders.update(f"home/{parent.split('/')[1]}" for parent in self._parents_below("home") if "/" in parent)
        if home := self.environment.get("HOME", "").strip("/"):
            folders.add(home)
        return tuple(sorted(folders))
