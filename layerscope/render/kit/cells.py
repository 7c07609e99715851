"""Text measured in the cells of a terminal: wide characters take two, combining marks none.

Meant for escaped text, where no character changes the width of another.
"""

from unicodedata import category, east_asian_width


def width(text: str) -> int:
    """Count the cells that ``text`` takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    """Count the cells that a character takes (Unicode Standard Annex #11)."""
    if category(char) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(char) in {"W", "F"} else 1


def clip(text: str, room: int, mark: str = "…") -> str:
    """Shorten the end of ``text`` to ``room`` cells; the mark stands for what is left out."""
    if width(text) <= room:
        return text
    return _beginning(text, room - len(mark)).rstrip() + mark


def clip_middle(text: str, room: int, mark: str = "…") -> str:
    """Shorten the middle of ``text``: of a path, the end tells more than the beginning."""
    if width(text) <= room:
        return text
    room -= len(mark)
    beginning = _beginning(text, room // 3)
    end = _beginning(text[::-1], room - width(beginning))[::-1]
    return beginning + mark + end


def _beginning(text: str, room: int) -> str:
    """Take as many characters as fit into ``room`` cells."""
    used = 0
    for at, char in enumerate(text):
        used += _cells(char)
        if used > room:
            return text[:at]
    return text
