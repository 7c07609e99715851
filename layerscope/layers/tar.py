"""The header walk: a tar's entries, its contents passed over.

Read are v7, ustar, star, GNU (long names, sparse, base-256 numbers) and pax (POSIX.1-2001) headers. Where dialects
disagree, the engines' own reader decides, since it is what fills a container's disk: Go's ``archive/tar``. As there,
the archive ends at its end-of-archive marker or where the data ends, and what follows the marker is not looked at.

This is the innermost loop of layerscope; the standard library's ``tarfile`` takes several times as long.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.errors import DamagedError
from layerscope.layers.headers import BLOCK, Extension, HeaderReader, checksum_holds
from layerscope.layers.tarfields import skip_sparse_map, unsigned
from layerscope.layers.windows import Window
from layerscope.model import Entry

_EXTENSION_LIMIT: Final = 1024 * 1024
"""Bytes of a long name or a pax header; Go's reader takes no more either."""
_EXTENSIONS: Final = frozenset(b"xXgLK")
_SPARSE, _GLOBAL = b"Sg"


def is_tar(start: bytes) -> bool:
    """Tell whether the first 512 bytes of a blob begin a tar, an empty one (zeros, or nothing at all) included."""
    if not start.strip(b"\0"):
        return True
    return len(start) >= BLOCK and checksum_holds(start)


def walk(window: Window) -> Iterator[Entry]:
    """Yield the entries of the tar in ``window``, in its order.

    While an entry is yielded, the window stands at the beginning of its contents; the caller may take them or leave
    them. Raises DamagedError, with the offset, where the tar breaks off or contradicts itself.
    """
    take_at, read_header = window.take_at, HeaderReader()
    extension: Extension | None = None
    at = contents_end = 0
    while True:
        if window.position > at:
            raise _damaged(f"the entry before offset {at} claims more contents than the tar has for it")
        block = take_at(at, BLOCK)
        if not block or (block[0] == 0 and not block.strip(b"\0")):
            # The end-of-archive marker; or none at all, which every reader forgives.
            _check_end(window, at, contents_end, is_expected=extension is None)
            return
        if len(block) < BLOCK:
            raise _damaged(f"the tar ends in the middle of the header at offset {at}")
        if not checksum_holds(block):
            raise _damaged(f"the tar header at offset {at} is damaged (wrong check sum)")
        flag = block[156]
        try:
            if flag in _EXTENSIONS:
                extension = extension or Extension()
                extension.read(flag, _payload(window, unsigned(block[124:136]), at))
                if flag == _GLOBAL:
                    extension = None
                at = window.position + -window.position % BLOCK
                continue
            if flag == _SPARSE:
                skip_sparse_map(window, block)
            content = window.position
            entry, stored = read_header(block, content, extension)
        except ValueError as error:
            raise _damaged(f"the tar header at offset {at} is damaged ({error})") from error
        extension = None
        if entry is not None:
            yield entry
        contents_end = content + stored
        at = contents_end + -contents_end % BLOCK  # contents begin on a block's border


def _check_end(window: Window, at: int, contents_end: int, *, is_expected: bool) -> None:
    """Raise DamagedError where the tar ends too early: in contents, between an entry's headers, or to go on later.

    The end-of-archive marker is two blocks of zeros; none at all, or one where the data ends, is forgiven, and so is
    that the last block is not filled.
    """
    if window.position < contents_end:
        missing = contents_end - window.position
        raise _damaged(f"the tar ends {missing} bytes before the contents of its entry do, at {contents_end}")
    if not is_expected:
        raise _damaged(f"the tar ends at offset {at}, between an extension header and its entry")
    if window.take(BLOCK).strip(b"\0"):
        raise _damaged(f"the tar header at offset {at} is damaged (a block of zeros, and more after it)")


def _payload(window: Window, size: int, at: int) -> bytes:
    """Take what an extension header carries."""
    if size > _EXTENSION_LIMIT:
        raise _damaged(f"the tar header at offset {at} is damaged (an extension of {size} bytes)")
    payload = window.take(size)
    if len(payload) < size:
        raise _damaged(f"the tar ends in the middle of the header at offset {at}")
    return payload


def _damaged(message: str) -> DamagedError:
    return DamagedError(message, hint="Save or download the image again.")
