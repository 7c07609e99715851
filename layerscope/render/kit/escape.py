r"""Hostile text, made harmless and visible.

Names and histories are written by whoever built the image. What a terminal would obey, hide or reorder is
shown as its code: ``\x1b``, ``\n``, ``\u202e``, and ``\xff`` for a byte of a name that is not UTF-8. A
backslash is left as it is, so that commands stay readable: the JSON is where texts are faithful, here they
are only safe.
"""

from typing import Final

_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

# Code points that str.isprintable() lets pass and that show nothing: they could hide a difference.
_INVISIBLE: Final = frozenset(
    map(
        chr,
        (
            0x034F,  # combining grapheme joiner
            *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
            *(0x17B4, 0x17B5),  # Khmer inherent vowels
            *(0x180B, 0x180C, 0x180D, 0x180F),  # Mongolian variation selectors
            0x2800,  # blank Braille pattern
            *range(0xFE00, 0xFE10),  # variation selectors
            *range(0xE0100, 0xE01F0),
        ),
    )
)


def escape(text: str, *, unicode: bool = True) -> str:
    """Show each character as itself, or as its code if a terminal would not; without ``unicode`` in ASCII."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _shows(char, unicode=unicode) else _code(char) for char in text)


def _shows(char: str, *, unicode: bool) -> bool:
    """Tell whether a terminal shows the character as something to see."""
    return char.isprintable() and (char.isascii() or (unicode and char not in _INVISIBLE))


def _code(char: str) -> str:
    """Write the character as a code; a surrogate escape (PEP 383) as the byte that it stands for."""
    point = ord(char)
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    if point < 0x80:
        return _SHORT.get(char, f"\\x{point:02x}")
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
