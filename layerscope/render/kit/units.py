"""Numbers as people read them."""

from humanize import naturalsize


def size(count: int) -> str:
    """Write bytes in decimal units, as the engine prints them: ``512 B``, ``1.2 kB``, ``77.8 MB``."""
    return naturalsize(count).replace("Bytes", "B").replace("Byte", "B")


def percent(ratio: float) -> str:
    """Write a ratio in percent; only the whole is 100%."""
    rounded = round(ratio * 100, 1)
    return f"{rounded if ratio >= 1 else min(rounded, 99.9):.1f}%"


def count(number: int, noun: str) -> str:
    """Count things: ``1 layer``, ``8,120 entries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
