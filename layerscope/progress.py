"""How slow work tells how far it is. Whoever shows it (a bar on a terminal) implements :class:`Progress`."""

from collections.abc import Sequence
from typing import Protocol


class Progress(Protocol):
    """Hears of slow work. Calls may come from several threads at once."""

    def start(self, what: str, total: int | None, parts: Sequence[tuple[str, int]] = ()) -> None:
        """Begin ``what`` (such as ``reading app.tar``), of ``total`` bytes, ``None`` where that is not known.

        ``parts`` are names and bytes of what it consists of, where it is told how far each of them is.
        """
        ...

    def advance(self, amount: int, part: int | None = None) -> None:
        """Count ``amount`` more bytes of what was last started, and of the part of this number."""
        ...


class Silence:
    """Progress that nobody watches."""

    def start(self, what: str, total: int | None, parts: Sequence[tuple[str, int]] = ()) -> None:
        """Hear and forget."""

    def advance(self, amount: int, part: int | None = None) -> None:
        """Hear and forget."""
