"""Ways to part a text: lines, lists in JSON, words, assignments."""

import re
from typing import Final

import msgspec

BLANKS: Final = "\t\v\f\r "
"""What parts a keyword, and plain words, from what follows."""


def lines_of(text: str) -> list[str]:
    """Part ``text`` after each newline, and nowhere else."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def json_words(text: str) -> tuple[str, ...] | None:
    """Read a list of strings in JSON."""
    if not text.startswith("["):
        return None
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except (msgspec.DecodeError, UnicodeEncodeError):  # a surrogate escape is no JSON
        return None


def blank_words(text: str) -> list[str]:
    """Part ``text`` at blanks, whatever is quoted."""
    for blank in BLANKS[:-1]:
        text = text.replace(blank, " ")
    return [word for word in text.split(" ") if word]


def assignments(text: str, escape: str) -> list[tuple[str, str | None]]:
    """Part ``A=b C="d e" F`` into names and values, quotes kept; without ``=`` the value is ``None``."""
    escape = re.escape(escape)
    word = re.compile(rf"""(?:{escape}.|'[^']*+'|"(?:[^"{escape}]++|{escape}.)*+"|[^\s'"{escape}])++""", re.DOTALL)
    parts = (found[0].partition("=") for found in word.finditer(text))
    return [(name, value if equals else None) for name, equals, value in parts]
