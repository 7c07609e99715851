"""The fields of tar headers: octal and base-256 numbers, text, pax records, sparse maps."""

from collections.abc import Iterator
from typing import Final, TypeVar

from layerscope.layers.windows import Window

SizeT = TypeVar("SizeT", bound=int | None)

_SIZE_LIMIT: Final = 1 << 63
_SIZE_DIGITS: Final = 19
_SPARSE_BLOCKS_LIMIT: Final = 1 << 20
_SPARSE_VERSIONS: Final = frozenset({(b"0", b"0"), (b"0", b"1"), (b"1", b"0")})
_GNU_MAGIC: Final = b"ustar  \0"
_PATHS: Final = frozenset({b"path", b"linkpath", b"GNU.sparse.name"})


def text(field: bytes) -> bytes:
    """Return a text field up to its first NUL."""
    return field.partition(b"\0")[0]


def unsigned(field: bytes) -> int:
    """Read a size in bytes; raise ValueError for what is none."""
    return _checked(_number(field))


def _checked(size: int) -> int:
    """Return a size that can be one; raise ValueError for any other."""
    if not 0 <= size < _SIZE_LIMIT:
        message = f"a size of {size} bytes"
        raise ValueError(message)
    return size


def number(field: bytes) -> int:
    """Read a number that layerscope can do without, such as an owner; one that cannot be read is 0."""
    try:
        return _number(field)
    except ValueError:
        return 0


def _number(field: bytes) -> int:
    """Read octal digits, or GNU's base-256: first byte 0x80, or 0xff for a negative number, then big-endian."""
    if field[-1] <= 32:
        try:
            return int(field[:-1], 8)  # as almost every tar has it: digits to the end, and a NUL or a space
        except ValueError:
            pass
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True)
        # The top bit is the mark; the sign is the bit below it.
        value = value if field[0] & 0x40 else value + (1 << (8 * len(field) - 1))
        if not -_SIZE_LIMIT <= value < _SIZE_LIMIT:
            message = f"a number of {value}"
            raise ValueError(message)
        return value
    digits = text(field.strip(b" \0"))
    if digits.strip(b"01234567"):
        message = f"a number of {digits!r}"
        raise ValueError(message)
    return int(digits or b"0", 8)


def pax_records(payload: bytes) -> dict[bytes, bytes]:
    """Read a pax header's ``LENGTH KEY=VALUE`` records (POSIX.1-2001, pax, "Extended Header"); raise ValueError.

    An empty value is kept: it takes the key's meaning back.
    """
    return dict(_records(payload))


def _records(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(payload) and payload[at]:
        space = payload.find(b" ", at, at + 20)
        digits = payload[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = payload[space + 1 : at + length - 1]
        key, equals, value = record.partition(b"=")
        is_whole = equals and payload[at + length - 1 : at + length] == b"\n"
        if not is_whole or not key or b"\0" in (value if key in _PATHS else key):
            message = "a pax record that is none"
            raise ValueError(message)
        yield key, value
        at += length


def pax_number(records: dict[bytes, bytes], key: bytes, default: int) -> int:
    """Read a record's number, cut to a whole one; ``default`` where there is none that can be read."""
    try:
        value = int(records[key].partition(b".")[0])
    except (KeyError, ValueError):
        return default
    return value if -_SIZE_LIMIT <= value < _SIZE_LIMIT else default


def pax_size(records: dict[bytes, bytes], key: bytes, default: SizeT) -> SizeT | int:
    """Read a record's size in bytes; ``default`` where there is none; raise ValueError for one that is no size."""
    value = records.get(key)
    if not value:
        return default
    value = value.removeprefix(b"+").lstrip(b"0") or b"0"
    if not value.isdigit() or len(value) > _SIZE_DIGITS:
        message = f"a size of {value[:_SIZE_DIGITS]!r}"
        raise ValueError(message)
    return _checked(int(value))


def is_sparse(records: dict[bytes, bytes]) -> bool:
    """Tell whether a pax header makes its file sparse: GNU's formats 0.0 and 0.1, the first unversioned, and 1.0."""
    version = (records.get(b"GNU.sparse.major", b""), records.get(b"GNU.sparse.minor", b""))
    if any(version):
        return version in _SPARSE_VERSIONS
    return b"GNU.sparse.map" in records or b"GNU.sparse.offset" in records


def is_gnu(header: bytes) -> bool:
    """Tell whether a header is in GNU's own format."""
    return header[257:265] == _GNU_MAGIC


def skip_sparse_map(window: Window, header: bytes) -> None:
    """Pass over the blocks in which GNU's old sparse format goes on with its map; raise ValueError for star's."""
    if not is_gnu(header):
        message = "a sparse file of a dialect that no engine reads"
        raise ValueError(message)
    goes_on = header[482]
    for _ in range(_SPARSE_BLOCKS_LIMIT):
        if not goes_on:
            return
        block = window.take(512)
        if len(block) < 512:
            message = "its sparse map breaks off"
            raise ValueError(message)
        goes_on = block[504]
    message = "its sparse map has no end"
    raise ValueError(message)
