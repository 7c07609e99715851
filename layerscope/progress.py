"""How slow work tells how far it is. Whoever shows it (a bar on a terminal) implements :class:`Progress`."""

from typing import Protocol


class Progress(Protocol):
    """Hears of slow work. Calls may come from several threads at once."""

    def start(self, what: str, total: int | None) -> None:
        """Begin ``what`` (such as ``reading app.tar``), of ``total`` bytes, ``None`` where that is not known."""
        ...

    def advance(self, amount: int) -> None:
        """Count ``amount`` more bytes of what was last started."""
        ...


class Silence:
    """Progress that nobody watches."""

    def start(self, what: str, total: int | None) -> None:
        """Hear and forget."""

    def advance(self, amount: int) -> None:
        """Hear and forget."""
