"""A place in a Dockerfile."""

from msgspec import Struct


class Location(Struct, frozen=True):
    """The lines of one instruction, its heredocs included; counted from 1."""

    file: str
    """As it was named: by the person, or by the builder's own record."""
    first_line: int
    last_line: int

    def __str__(self) -> str:
        lines = f"{self.first_line}" if self.first_line == self.last_line else f"{self.first_line}-{self.last_line}"
        return f"{self.file}:{lines}"
