"""Instructions, each as one line of text."""

import re
from typing import Final

_BLANKS: Final = re.compile("[ \t]+")


def label(*parts: object) -> str:
    """Join number, kind and text, runs of blanks as one: histories keep the Dockerfile's indentation. Not escaped."""
    return _BLANKS.sub(" ", " ".join(map(str, parts))).strip()
