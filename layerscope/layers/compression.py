"""Which compression a blob really has, and its bytes without it.

The first bytes decide, never a media type or a file name: layers that are labelled gzip and are plain tar exist.
Memory is bounded whatever the input claims: output comes in steps, and the decoders' own memory is limited.
"""

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Protocol

from layerscope.errors import DamagedError, UnsupportedError
from layerscope.model import Compression

PREFIX: Final = 512
"""Bytes that :func:`sniff` wants to see."""

_STEP: Final = 64 * 1024
_MEMORY_LIMIT: Final = 256 * 1024 * 1024
_ZSTD_WINDOW_LOG_LIMIT: Final = 27  # 128 MiB, what the zstd command accepts without being asked to take more

_MAGIC: Final = (
    (b"\x1f\x8b", Compression.GZIP),  # RFC 1952, 2.3.1
    (b"\x28\xb5\x2f\xfd", Compression.ZSTD),  # RFC 8878, 3.1.1
    (b"\xfd7zXZ\x00", Compression.XZ),  # The .xz File Format, 2.1.1.1
    (b"BZh", Compression.BZIP2),
)
_UNSUPPORTED_MAGIC: Final = (
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4 (legacy)"),
    (b"LZIP", "lzip"),
    (b"\x89LZO\x00\r\n\x1a\n", "lzop"),
    (b"\x1f\x9d", "compress"),
    (b"\x5d\x00\x00", "lzma (the old format)"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
)


def sniff(prefix: bytes) -> Compression:
    """Tell the compression from a blob's first bytes; raise UnsupportedError for one that is known and not read.

    Whoever may have a plain tar must ask that first: a tar begins with a file name, and a file may be named ``BZh``.
    """
    for magic, compression in _MAGIC:
        if prefix.startswith(magic):
            return compression
    # A zstd skippable frame may come first (RFC 8878, 3.1.2: magic 0x184D2A50 to 0x184D2A5F); so does zstd:chunked's.
    if prefix[1:4] == b"\x2a\x4d\x18" and prefix[0] >> 4 == 5:
        return Compression.ZSTD
    for magic, name in _UNSUPPORTED_MAGIC:
        if prefix.startswith(magic):
            message = f"compressed with {name}, which layerscope does not read"
            raise UnsupportedError(message, hint="Decompress it first, or compress it with gzip, zstd, xz or bzip2.")
    return Compression.NONE


class _Decoder(Protocol):
    """What the standard library's decompressors, and those that follow them, have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Codec(NamedTuple):
    """How to make a decoder, and what it raises; libraries are imported when first needed."""

    make: Callable[[], _Decoder]
    errors: tuple[type[Exception], ...]


def _gzip() -> _Codec:
    from isal import igzip_lib

    errors: tuple[type[Exception], ...] = (igzip_lib.error,)  # type: ignore[assignment]  # its stub says an instance
    return _Codec(lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), errors)


def _zstd() -> _Codec:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    options = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG_LIMIT}
    return _Codec(lambda: zstd.ZstdDecompressor(options=options), (zstd.ZstdError,))


def _xz() -> _Codec:
    return _Codec(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_LIMIT), (lzma.LZMAError,))


def _bzip2() -> _Codec:
    return _Codec(bz2.BZ2Decompressor, (OSError,))


_CODECS: Final[dict[Compression, Callable[[], _Codec]]] = {
    Compression.GZIP: _gzip,
    Compression.ZSTD: _zstd,
    Compression.XZ: _xz,
    Compression.BZIP2: _bzip2,
}
_MAY_BE_PADDED: Final = frozenset({Compression.GZIP, Compression.XZ})


def decompress(pieces: Iterator[bytes], compression: Compression) -> Iterator[bytes]:
    """Yield the bytes without their compression, at most 64 KiB at a time; concatenated members and frames are joined.

    Raises DamagedError where the data breaks off, fails its check sum or goes on with something else.
    """
    if compression is Compression.NONE:
        yield from pieces
        return
    codec = _CODECS[compression]()
    decoder: _Decoder | None = None
    try:
        for piece in pieces:
            data = piece
            while data or (decoder and not decoder.needs_input):
                if decoder is None:
                    if compression in _MAY_BE_PADDED and not (data := data.lstrip(b"\0")):
                        break
                    decoder = codec.make()
                output = decoder.decompress(data, _STEP)
                data = b""
                if output:
                    yield output
                if decoder.eof:
                    data, decoder = decoder.unused_data, None
    except codec.errors as error:
        message = f"the {compression} data is damaged ({error})"
        raise DamagedError(message, hint="Save or download the image again.") from error
    if decoder is not None:
        message = f"the {compression} data ends too early"
        raise DamagedError(message, hint="Save or download the image again.")
