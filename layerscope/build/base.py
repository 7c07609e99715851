"""The base image: how many of the bottom layers were there before this build began, and how that is known.

A known base is right or absent. The ways to know one, the strongest first, each in a function of its own; the first
that gives a number of layers is taken. What only names a base and does not count its layers completes the answer.
"""

from typing import Literal

from msgspec import Struct

from layerscope.model import Image

Confidence = Literal["low", "medium", "high"]
Method = Literal["given", "buildah-comment", "provenance", "same-archive", "history"]


class Base(Struct, frozen=True):
    """The image below the user's own layers."""

    layers: int
    """How many of the bottom layers are its own."""
    method: Method
    """How the number of layers is known."""
    confidence: Confidence
    reference: str | None = None
    digest: str | None = None
    instructions: int = 0
    """How many entries at the beginning of the history are its own."""
    undecided: int = 0
    """How many entries after those may be its own or not: such that made no layer, where only layers are known."""

    @property
    def is_trusted(self) -> bool:
        """Tell whether layers and findings are told apart by it: a guess of low confidence is only told."""
        return self.confidence != "low"

    def has_layer(self, index: int) -> bool:
        """Tell whether a layer is the base's."""
        return index < self.layers

    def has_instruction(self, index: int) -> bool | None:
        """Tell whether a history entry is the base's; ``None`` where it may be either's."""
        if index < self.instructions:
            return True
        return None if index < self.instructions + self.undecided else False


def find_base(_: Image) -> Base | None:
    """Find the base of an image by the strongest way that leads to one."""
    return None
