"""A quantity as a bar, in eighths of a cell where the terminal can show them."""

from typing import Final, NamedTuple

_EIGHTHS: Final = ("", *"▏▎▍▌▋▊▉")


class Bar(NamedTuple):
    """The two parts of a bar, as text; either may be empty."""

    kept: str
    wasted: str


def bar(kept: int, wasted: int, *, whole: int, cells: int, unicode: bool) -> Bar:
    """Draw both so that ``whole`` fills ``cells``; what is more than nothing is always seen."""
    if not cells or not kept + wasted:
        return Bar("", "")
    fineness = 8 if unicode else 1
    full, rest = divmod(round(kept * cells * fineness / whole), fineness)
    faded = min(round(wasted * cells / whole), cells - full - bool(rest))
    solid, faint = ("█" * full + _EIGHTHS[rest], "░" * faded) if unicode else ("#" * full, "-" * faded)
    if solid or faint:
        return Bar(solid, faint)
    least = "▏" if unicode else "#" if kept else "-"
    return Bar(least, "") if kept else Bar("", least)
