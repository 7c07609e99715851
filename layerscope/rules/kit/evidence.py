"""What rules look at: the analysis, its files looked up, and what the configuration says."""

from functools import cached_property
from typing import Final

from layerscope.analysis import Analysis
from layerscope.build.attribution import Instruction
from layerscope.build.base import Base
from layerscope.filesystem.files import Files
from layerscope.model import Image
from layerscope.packages import Package
from layerscope.rules.kit.homes import PASSWD, absolute
from layerscope.secrets import redacted

_TEXT_WIDTH: Final = 48


class Evidence(Files):
    """One image, for rules to judge. Entries are known by their number over all layers (``Filesystem.entries``)."""

    def __init__(self, analysis: Analysis) -> None:
        vars(self).update(vars(analysis.files))  # with the indexes that were made already
        self.analysis: Final = analysis

    @property
    def image(self) -> Image:
        """The image: configuration, history, layers."""
        return self.analysis.image

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The history, oldest first."""
        return self.analysis.attribution.instructions

    @cached_property
    def instruction_of(self) -> dict[int, Instruction]:
        """Layer → the instruction that made it; unattributed layers are left out."""
        return {each.layer: each for each in self.instructions if each.layer is not None}

    @property
    def base(self) -> Base | None:
        """The base image, unless it is unknown or only guessed."""
        return self.analysis.known_base

    def in_base(self, layer: int | None, instruction: int | None = None) -> bool | None:
        """Tell whether a layer, or else an instruction, is the base image's; ``None`` when none is known."""
        if self.base is None:
            return None
        if layer is None and instruction is not None:
            return self.base.has_instruction(instruction)
        return layer is not None and self.base.has_layer(layer)

    def is_of_base(self, layer: int, by: int) -> bool:
        """Tell whether a layer of this build changed something of one that this build cannot make otherwise.

        Such are the base's, and what an engine imported: no instruction of any Dockerfile did.
        """
        made_by = self.instruction_of.get(layer)
        is_imported = made_by is not None and made_by.kind == "IMPORT"
        return (is_imported or bool(self.in_base(layer))) and not self.in_base(by)

    def named_layer(self, layer: int) -> str:
        """Name a layer as people know it: by the instruction that made it, cut short."""
        made_by = self.instruction_of.get(layer)
        text = " ".join(redacted(made_by.text).split()) if made_by else ""
        if made_by is None or not text:
            return f"layer {layer}"
        return f"{made_by.kind} {text[:_TEXT_WIDTH]}{'…' if len(text) > _TEXT_WIDTH else ''}"

    def package_of(self, number: int) -> Package | None:
        """Return the package that owns a file of the final filesystem; ``None`` too where nobody looks at packages."""
        owned = self.analysis.owned
        index = owned.owner_of.get(number) if owned else None
        return owned.packages[index] if owned and index is not None else None

    # The image's configuration.

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables that the image sets."""
        pairs = (variable.partition("=") for variable in self.image.run_config.env)
        return {name: value for name, _, value in pairs}

    @cached_property
    def homes(self) -> tuple[str, ...]:
        """Every folder that can be somebody's home and holds anything: root's, the variable's, all of /home and passwd.

        The root (the empty path) is one too, of users that have none: ``USER 1000`` and no more.
        """
        named = [self.look(PASSWD, number) for number in self.at("etc/passwd")]
        homes = {f"home/{folder.split('/')[1]}" for folder in self.folders_below("home") if "/" in folder}
        homes.update(absolute(home for each in named if isinstance(each, tuple) for home in each))
        homes.update(absolute((self.environment.get("HOME", ""), "/root")))
        homes.update(filter(None, map(self.folder_at, list(homes))))
        return ("", *sorted(home for home in homes if any(self.folders_below(home))))
