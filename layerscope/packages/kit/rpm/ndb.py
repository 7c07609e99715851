"""rpm's own database, ``Packages.db``, which SUSE uses: slots, each of which says where a header is (rpmpkg.c)."""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from layerscope.errors import DamagedError

MAGIC: Final = b"RpmP"

_HEADER: Final = Struct("<4s4I")
_SLOT: Final = Struct("<4s3I")
_BLOB: Final = Struct("<4s3I")
_PAGE, _BLOCK, _START = 4096, 16, 32
_VERSION: Final = 0


def headers_in(contents: bytes) -> Iterator[bytes]:
    """Yield the headers that the slots point to; raises DamagedError where something else is there."""
    if len(contents) < _PAGE or _HEADER.unpack_from(contents)[1] != _VERSION:
        raise DamagedError("rpm's database (ndb) has a version that is not known, or is cut off")
    end = _HEADER.unpack_from(contents)[3] * _PAGE
    if not _PAGE <= end <= len(contents):
        raise DamagedError("rpm's database (ndb) is cut off")
    left = len(contents)
    for magic, package, block, _ in _SLOT.iter_unpack(contents[_START:end]):
        if magic != b"Slot":
            raise DamagedError("rpm's database (ndb) has a damaged slot")
        if not block:
            continue
        at = block * _BLOCK
        if at + _BLOB.size > len(contents):
            raise DamagedError("rpm's database (ndb) is cut off")
        mark, owner, _, length = _BLOB.unpack_from(contents, at)
        left -= length
        if (mark, owner) != (b"BlbS", package) or at + _BLOB.size + length > len(contents) or left < 0:
            raise DamagedError("rpm's database (ndb) has a slot that leads to no header")
        yield contents[at + _BLOB.size : at + _BLOB.size + length]
