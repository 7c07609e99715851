"""A list of images in a file or on standard input."""

import os
import sys
from pathlib import Path
from typing import BinaryIO, Final

from layerscope.errors import UnreadableImageError, UsageError
from layerscope.reference import Source
from layerscope.sharing.named import Named, read_names
from layerscope.sources import by_reference

_LIMIT: Final = 512 * 1024 * 1024
"""Bytes: the pods of a very large cluster take some 200 MB."""

_PIECE: Final = 1024 * 1024


def read_list(name: str, source: Source | None) -> tuple[Named, ...]:
    """Read the list that a file holds, each image named as a target; raises UnreadableImageError or UsageError."""
    names = _names(name)
    if name == "-" and Named("-") in names:
        raise UsageError("standard input can be read once", hint="Name a saved archive by its path.")
    return tuple(each if each.pods is None else Named(by_reference(each.target, source), each.pods) for each in names)


def _names(name: str) -> tuple[Named, ...]:
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                return read_names(_whole(file, name), name)
        if sys.stdin is None:  # closed, as by <&-
            raise OSError("it is closed")
        if os.isatty(sys.stdin.fileno()):
            raise UsageError("standard input is a terminal", hint="Pipe in: kubectl get pods -A -o json")
        return read_names(_whole(sys.stdin.buffer, "standard input"), "standard input")
    except OSError as error:
        place = "standard input" if name == "-" else name
        raise UnreadableImageError(f"{place}: {error.strerror or error}", hint="Name a list of images.") from error


def _whole(file: BinaryIO, place: str) -> bytes:
    pieces, left = [], _LIMIT
    while piece := file.read(_PIECE):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise UsageError(f"{place} is longer than any list of images", hint="Name one image a line.")
    return b"".join(pieces)
