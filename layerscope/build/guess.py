"""Where a base may end, guessed from the history: never of high confidence.

Whoever builds on an image appends to its history. What gives the seam away: another builder goes on; a CMD stands in
the middle, as it ends most base images and few begin with one; time passed between two entries.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from layerscope.build.attribution import Instruction
from layerscope.build.dialects import EXPORTER_COMMENT
from layerscope.model import HistoryEntry

Confidence = Literal["low", "medium", "high"]


class Guess(Struct, frozen=True):
    """A seam: what is below it may be the base."""

    layers: int
    instructions: int
    undecided: int
    confidence: Confidence


_MARKING: Final = frozenset({"buildkit", "kaniko", "jib", "ko", "bazel", "buildpacks"})
"""Builders that leave their mark on every entry: one without it is not theirs."""
_PROGRAMS: Final = frozenset(
    {"sh", "ash", "bash", "python", "python3", "pypy3", "node", "irb", "iex", "erl", "jshell", "julia", "R", "swipl"}
)
"""What base images start that nobody gave an application: a shell or an interpreter, without a word behind it."""
_LEAST_GAP: Final = 3600
"""Seconds between two builds; the steps of one follow each other faster, but for those that a cache kept."""


def guess_base(history: Sequence[HistoryEntry], instructions: Sequence[Instruction]) -> Guess | None:
    """Guess where the base ends, from a history whose entries are matched to all layers."""
    guesses = [each for each in (_other_builder(instructions), _command(instructions)) if each and each.layers]
    best = max(guesses, key=lambda each: (each.confidence == "medium", each.layers), default=None)
    best = best or _root_filesystem(instructions)
    # Where the exporter made up entries, others may be matched to the wrong layers.
    if best and any(entry.comment == EXPORTER_COMMENT for entry in history):
        return msgspec.structs.replace(best, confidence="low")
    return best


def _other_builder(instructions: Sequence[Instruction]) -> Guess | None:
    """Find where the builder of the last entries began. What another one wrote cannot be from this build.

    The seam may be too low, where several images stand on each other by one builder; it is never too high.
    """
    builder = instructions[-1].builder if instructions else ""
    at = len(instructions)
    while at and instructions[at - 1].builder == builder:
        at -= 1
    return _guess(instructions, at, "medium") if builder in _MARKING else None


def _command(instructions: Sequence[Instruction]) -> Guess | None:
    """Find the last CMD that stands before an instruction which made a layer.

    It may be the user's own, written before the last COPY. What speaks for a base: it starts a bare shell or
    interpreter and is replaced later, or the next layer was made in another hour.
    """
    top = next((each.index for each in reversed(instructions) if not each.empty), 0)
    at = next((each.index for each in reversed(instructions[:top]) if each.empty and each.kind == "CMD"), None)
    if at is None:
        return None
    is_replaced = any(each.kind in ("CMD", "ENTRYPOINT") for each in instructions[at + 1 :])
    is_sure = _time_passed(instructions, at) or (is_replaced and _is_bare_program(instructions[at].text))
    return _guess(instructions, at + 1, "medium" if is_sure else "low")


def _root_filesystem(instructions: Sequence[Instruction]) -> Guess | None:
    """Take a whole filesystem at the bottom for a base, where all else was done in another hour."""
    if len(instructions) < 2 or instructions[0].empty:
        return None
    first = instructions[0]
    is_whole = first.kind == "IMPORT" or (first.kind == "ADD" and first.text.rstrip().endswith(" /"))
    return _guess(instructions, 1, "low") if is_whole and _time_passed(instructions, 0) else None


def _guess(instructions: Sequence[Instruction], at: int, confidence: Confidence) -> Guess:
    """Put the seam before the entry ``at``; what made no layer right after a CMD may be on either side."""
    layers = sum(not each.empty for each in instructions[:at])
    undecided = 0
    if at and instructions[at - 1].kind == "CMD":
        undecided = next((n for n, each in enumerate(instructions[at:]) if not each.empty), 0)
    return Guess(layers, at, undecided, confidence)


def _is_bare_program(text: str) -> bool:
    try:
        words = msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, UnicodeEncodeError):  # a lone surrogate cannot be encoded, so it is no JSON
        return False
    return len(words) == 1 and words[0].rpartition("/")[2] in _PROGRAMS


def _time_passed(instructions: Sequence[Instruction], at: int) -> bool:
    """Tell whether the next layer after the entry ``at`` was made in another hour."""
    later = next((each for each in instructions[at + 1 :] if not each.empty), None)
    before, after = time_of(instructions[at].created), time_of(later.created if later else None)
    return before is not None and after is not None and after - before >= _LEAST_GAP


def time_of(created: str | None) -> float | None:
    """Read a date, in seconds; ``None`` for none, and for those by which builders make the same image each time."""
    from datetime import UTC, datetime

    try:
        date = datetime.fromisoformat(created or "")
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return date.timestamp() if date.year >= 2000 else None
    except (ValueError, OverflowError):
        return None
