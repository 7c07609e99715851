"""Standard output. Imports nothing that takes time: ``layerscope --help`` is written here too."""

import os
import sys

CLOSED = "it is closed"
BROKEN_PIPE = 128 + 13
"""The exit code of a program that SIGPIPE ended: what a shell expects of a filter whose reader has left."""

_PIECE = 64 * 1024
"""Characters that are encoded at once: a report of many images is megabytes, and need not be there twice."""


def write_stdout(text: str) -> None:
    """Write ``text`` as UTF-8, surrogate escapes (PEP 383) as the bytes that they are.

    Leave quietly if the reader has left, raise OSError for any other failure.
    """
    if sys.stdout is None:
        raise OSError(CLOSED)
    try:
        sys.stdout.flush()
        for start in range(0, len(text), _PIECE):
            sys.stdout.buffer.write(text[start : start + _PIECE].encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try again to write what is left when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(BROKEN_PIPE) from None
        raise
