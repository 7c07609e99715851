"""What buildah notes of the image that it goes on from: ``FROM …``, in the comment of the first entry that it adds.

(buildah, image.go.) So the layers below that entry are that image's.
"""

from collections.abc import Sequence
from typing import Final

from layerscope.model import HistoryEntry
from layerscope.reference import full_name

_LONGEST_NAME: Final = 512


def from_comment(entry: HistoryEntry) -> str | None:
    """Give the name after the ``FROM`` of a comment; buildah puts it after what stood there before."""
    before, mark, name = entry.comment.rpartition("FROM ")
    ends = before.endswith(" ") or not before
    return name if mark and ends and 0 < len(name) <= _LONGEST_NAME and not any(map(str.isspace, name)) else None


def layers_below(name: str, history: Sequence[HistoryEntry], layers: int) -> int | None:
    """Count those of an image's layers that are the image ``name``'s; ``None`` where no note tells.

    Of several such notes the last one counts: an image may be built on what had its name before.
    """
    if sum(not entry.empty_layer for entry in history) != layers:
        return None
    for at in range(len(history) - 1, -1, -1):
        noted = from_comment(history[at])
        if noted is not None and full_name(noted) == full_name(name):
            return sum(not entry.empty_layer for entry in history[:at]) or None
    return None
