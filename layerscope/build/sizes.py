"""Which layer has which size, told from an engine's ``history`` alone: surely, or not at all.

An engine's history gives a size for every entry, and does not say which of those without bytes made a layer. Entries
with bytes did, in order; of the others, RUN, COPY and the like may have. Where that leaves a choice that matters, the
layer stays unknown.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from msgspec import Struct

from layerscope.build.dialects import START, read
from layerscope.model import HistoryEntry

_NEVER_A_LAYER: Final = frozenset(
    {
        "ARG",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
    }
)


class Told(Struct, frozen=True):
    """What a history tells of one layer, as far as it is sure."""

    size: int | None = None
    claim: HistoryEntry | None = None
    """The entry that made it."""


def tell_layers(history: Sequence[tuple[HistoryEntry, int]], layers: int) -> tuple[Told, ...]:
    """Return what is sure of each of ``layers`` layers, bottom up, from a history with sizes, oldest first."""
    able = [(entry, size) for entry, size in history if size or read(entry, START).kind not in _NEVER_A_LAYER]
    if len(able) == layers:
        return tuple(Told(size, entry) for entry, size in able)
    empty = layers - sum(size > 0 for _, size in able)  # so many layers without bytes
    before = [0, *accumulate(size == 0 for _, size in able)]  # how many entries without bytes come before each
    if not 0 <= empty <= before[-1]:
        return (Told(),) * layers
    told = [Told(0)] * layers
    number = 0
    for (entry, size), zeros in zip(able, before, strict=False):
        if size:
            # Of the layers without bytes, so many at least and at most lie below this one.
            least, most = max(0, empty - (before[-1] - zeros)), min(empty, zeros)
            sure = Told(size, entry) if least == most else Told()
            told[number + least : number + most + 1] = [sure] * (most - least + 1)
            number += 1
    return tuple(told)
