"""Who wants whom: from what somebody asked for, along what that needs."""

from collections.abc import Callable, Iterable

from msgspec import Struct


class Want(Struct, frozen=True):
    """Why a package is there."""

    by: str
    """The package that wants it; empty for one that was there first."""
    how: str


class Reach:
    """Packages, each with the first that wants it. Nobody is reached twice, so that no chain of them is a ring."""

    def __init__(self) -> None:
        self.wants: dict[str, Want] = {}
        """Package → why it is there, in the order of reaching."""
        self._order: list[str] = []

    def add(self, package: str, by: str = "", how: str = "") -> None:
        """Note a package, unless it was reached before."""
        if package not in self.wants:
            self.wants[package] = Want(by, how)
            self._order.append(package)

    def follow(self, needs: Callable[[str], Iterable[tuple[str, str]]], start: int = 0, end: int | None = None) -> int:
        """Reach what packages need (package, how), from the ``start``-th reached on; return how many there are then.

        Without an ``end`` what is reached is followed as well.
        """
        at = start
        while at < (len(self._order) if end is None else end):
            package = self._order[at]
            for needed, how in needs(package):
                self.add(needed, package, how)
            at += 1
        return len(self._order)
