"""One word for a shell, on one line of a Dockerfile, whatever it holds."""

import shlex
from typing import Final

_PLAIN: Final = frozenset(range(0x20, 0x7F)) - frozenset(b"\\'`")
"""Bytes that ``printf``, quotes and a Dockerfile's escape leave as they are."""


def in_shell(word: str) -> str:
    """Quote a word; what no line can hold is put in by the shell's own ``printf``."""
    if word.isprintable():
        return shlex.quote(word)
    written = "".join(
        chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"\"$(printf '%b' '{written}')\""
