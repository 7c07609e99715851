"""The records of the format, of 32 or 64 bits and in either byte order."""

from struct import Struct
from typing import Final, NamedTuple

_MAGIC: Final = b"\x7fELF"


class Header(NamedTuple):
    """What stands at the beginning."""

    kind: int
    machine: int
    version: int
    entry: int
    segments_at: int
    sections_at: int
    flags: int
    header_size: int
    segment_size: int
    segment_count: int
    section_size: int
    section_count: int
    names_index: int


class Section(NamedTuple):
    """What linkers and debuggers go by."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class Segment(NamedTuple):
    """What is loaded to run, and what the loader goes by."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int
    """Bytes in the file; in memory there may be more."""


class Form(NamedTuple):
    """Of 32 or 64 bits, in one of the two byte orders."""

    header: Struct
    section: Struct
    segment: Struct
    dynamic: Struct

    def header_of(self, start: bytes) -> Header:
        """Read the header."""
        return Header(*self.header.unpack_from(start))

    def segment_of(self, fields: tuple[int, ...]) -> Segment:
        """Put a segment's fields into one order: of 32 bits, the flags come late."""
        if self.segment.size == _WIDE:
            kind, flags, offset, address, _, size, _, _ = fields
        else:
            kind, offset, address, _, size, _, flags, _ = fields
        return Segment(kind, flags, offset, address, size)


_WIDE: Final = 56
_FORMS: Final = {
    (bits, order): Form(*(Struct(sign + each) for each in records))
    for order, sign in ((1, "<"), (2, ">"))
    for bits, records in ((1, ("16x2HI3II6H", "10I", "8I", "iI")), (2, ("16x2HI3QI6H", "2I4Q2I2Q", "2I6Q", "qQ")))
}


def form_of(start: bytes) -> Form | None:
    """Return the form of an ELF file; ``None`` for every other."""
    return _FORMS.get((start[4], start[5])) if start[:4] == _MAGIC and len(start) >= 64 else None
