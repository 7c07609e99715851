"""What a split is: proposals, each with its steps, its prediction and its Dockerfile."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Action = Literal["keep", "install", "copy", "make", "carry", "drop"]
"""What becomes of something: it stays below, it is installed again, copied, made by a command, set again; or it is left
behind."""


class Step(Struct, frozen=True):
    """One thing that a proposal does, and why."""

    action: Action
    what: str
    content_bytes: int
    """Of ``drop``: bytes that the image loses; of all others: bytes that it has then."""
    reason: str
    is_tool: bool = False
    """Whether it serves building alone: not of caches, nor of what was there by the way."""


class Proposal(Struct, frozen=True):
    """One way to build the image in several stages."""

    kind: Literal["multi-stage", "multi-stage-scratch"]
    predicted_content_bytes: int
    saved_bytes: int
    """``predicted + saved`` are the content bytes of the image as it is."""
    steps: tuple[Step, ...]
    """Bytes of ``drop`` add up to what is saved, all others to what is predicted."""
    dockerfile: str
    claims: Mapping[int, int]
    """Entry → bytes of it that the image would lose."""
    notes: tuple[str, ...] = ()
    """What is uncertain, a sentence each."""


class Split(Struct, frozen=True):
    """What can be said of splitting one image."""

    proposals: tuple[Proposal, ...] = ()
    """The surest first."""
    reason: str = ""
    """Why nothing is proposed, a sentence."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is uncertain of all that is proposed, each sentence once."""
        return tuple(dict.fromkeys(note for each in self.proposals for note in each.notes))
