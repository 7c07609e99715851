"""What rules share that speak of Dockerfile instructions rather than of files."""

from collections.abc import Iterable
from typing import Final

from layerscope.rules.kit.evidence import Evidence

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def last(evidence: Evidence, kind: str) -> int | None:
    """Return the last instruction of a kind: of those that set one thing, the one that holds."""
    return max((each.index for each in evidence.instructions if each.kind == kind), default=None)


def exec_form(words: Iterable[str]) -> str:
    """Write a command as a list in JSON: what a Dockerfile's exec form is, and YAML too."""
    return f"[{', '.join(_quoted(word) for word in words)}]"


def _quoted(word: str) -> str:
    return '"' + "".join(_ESCAPES.get(character, character) for character in word) + '"'
