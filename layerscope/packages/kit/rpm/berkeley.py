"""rpm's database as a hash table of Berkeley DB, ``Packages``, as rpm had it up to 4.15: number → header (hash.src).

Pages are gone through in the order of the file, so that no chain of theirs can be a ring. What is too long for a page
stands on a chain of its own.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from layerscope.errors import DamagedError

_MAGIC: Final = 0x00061561
_VERSIONS: Final = range(8, 11)
_PAGE_HEADER: Final = 26
_HASH_PAGES, _OVERFLOW_PAGE = frozenset({2, 13}), 7
_ON_PAGE, _ELSEWHERE = 1, 3
_ELSEWHERE_SIZE: Final = 12
_COUNTER: Final = bytes(4)
"""The key under which rpm keeps the next number."""


class _Form(NamedTuple):
    """Of one of the two byte orders."""

    meta: Struct
    page: Struct
    """Previous and next page, entries, and the end of free space or the bytes of an overflow page; level; kind."""
    elsewhere: Struct
    order: str
    """As ``struct`` has it."""


_FORMS: Final = tuple(
    _Form(Struct(order + "12x3I4x4xI"), Struct(order + "12x2I2H2B"), Struct(order + "4x2I"), order) for order in "<>"
)


def _form_of(contents: bytes) -> _Form | None:
    for form in _FORMS:
        if len(contents) >= 512 and form.meta.unpack_from(contents)[0] == _MAGIC:
            return form
    return None


def is_hash(contents: bytes) -> bool:
    """Tell whether a file is such a table."""
    return _form_of(contents) is not None


def headers_in(contents: bytes) -> Iterator[bytes]:
    """Yield the headers; raises DamagedError where what is claimed to be one is not there."""
    form = _form_of(contents)
    if form is None:
        return
    _, version, size, _ = form.meta.unpack_from(contents)
    if version not in _VERSIONS or not 512 <= size <= 65536 or size & (size - 1):
        raise DamagedError("rpm's database (Berkeley DB) has a version or page size that is not known")
    table = _Table(contents, form, size)
    for start in range(size, len(contents) - size + 1, size):
        page = contents[start : start + size]
        *_, entries, _, _, kind = form.page.unpack_from(page)
        if kind in _HASH_PAGES:
            yield from table.headers_on(page, entries)


class _Table:
    def __init__(self, contents: bytes, form: _Form, size: int) -> None:
        self._contents = contents
        self._form = form
        self._size = size
        self._left = len(contents)

    def headers_on(self, page: bytes, entries: int) -> Iterator[bytes]:
        """Yield the values of a page; keys and values take turns, from the end of the page on."""
        entries -= entries % 2
        if _PAGE_HEADER + 2 * entries > self._size:
            raise DamagedError("rpm's database (Berkeley DB) has a damaged page")
        places = Struct(f"{self._form.order}{entries}H").unpack_from(page, _PAGE_HEADER)
        ends = (self._size, *places)
        for index in range(0, entries, 2):
            key = page[places[index] : ends[index]]
            if key != bytes([_ON_PAGE]) + _COUNTER:
                yield self._value(page[places[index + 1] : ends[index + 1]])

    def _value(self, item: bytes) -> bytes:
        if item[:1] == bytes([_ON_PAGE]):
            self._count(len(item))
            return item[1:]
        if item[:1] != bytes([_ELSEWHERE]) or len(item) != _ELSEWHERE_SIZE:
            raise DamagedError("rpm's database (Berkeley DB) has a damaged page")
        number, length = self._form.elsewhere.unpack(item)
        self._count(length)
        pieces: list[bytes] = []
        while length > 0:
            start = number * self._size
            page = self._contents[start : start + self._size]
            if not number or len(page) < self._size:
                raise DamagedError("rpm's database (Berkeley DB) is cut off")
            _, number, _, count, _, kind = self._form.page.unpack_from(page)
            if kind != _OVERFLOW_PAGE or not 0 < count <= min(self._size - _PAGE_HEADER, length):
                raise DamagedError("rpm's database (Berkeley DB) has a damaged page")
            pieces.append(page[_PAGE_HEADER : _PAGE_HEADER + count])
            length -= count
        return b"".join(pieces)

    def _count(self, length: int) -> None:
        """Refuse more bytes than the file has: pages that many headers share."""
        self._left -= length
        if self._left < 0:
            raise DamagedError("rpm's database (Berkeley DB) claims to hold more than its size")
