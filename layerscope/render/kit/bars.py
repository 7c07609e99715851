"""A quantity as a bar, in eighths of a cell where the terminal can show them."""

from typing import Final, NamedTuple

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


class Bar(NamedTuple):
    """The two parts of a bar, as text; either may be empty."""

    kept: str
    wasted: str


def bar(kept: int, wasted: int, *, whole: int, cells: int, unicode: bool) -> Bar:
    """Draw ``kept`` and ``wasted`` so that ``whole`` fills ``cells``; what is more than nothing is always seen."""
    if not cells or not kept + wasted:
        return Bar("", "")
    fineness = 8 if unicode else 1
    solid = round(kept * cells * fineness / whole)
    full, rest = divmod(solid, fineness)
    faded = min(round(wasted * cells / whole), cells - full - bool(rest))
    if not solid and not faded:
        full, rest = (0, 1) if unicode else (1, 0)
    if unicode:
        return Bar("█" * full + _EIGHTHS[rest].strip(), "░" * faded)
    return Bar("#" * full, "-" * faded)
