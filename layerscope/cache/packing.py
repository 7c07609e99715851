"""Records ↔ bytes: by msgspec, so that nothing is run or believed that the type does not say."""

from typing import TypeVar

import msgspec

T = TypeVar("T")

_MESSAGE_PACK, _JSON = b"mj"


def pack(value: object) -> bytes:
    """Turn records into bytes; raises TypeError for what cannot be."""
    try:
        return bytes((_MESSAGE_PACK,)) + msgspec.msgpack.encode(value)
    except (UnicodeEncodeError, OverflowError):  # names that are no UTF-8 (PEP 383), numbers of more than 64 bits
        import json

        return bytes((_JSON,)) + json.dumps(msgspec.to_builtins(value)).encode("ascii")


def unpack(body: bytes, shape: type[T]) -> T:
    """Undo :func:`pack`; raises ValueError for what is no such record."""
    try:
        if body[:1] == bytes((_MESSAGE_PACK,)):
            return msgspec.msgpack.decode(memoryview(body)[1:], type=shape)
        import json

        return msgspec.convert(json.loads(body[1:]), shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error
