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
    read_header = HeaderReader()
    global_pax: dict[bytes, bytes] = {}
    extension: Extension | None = None
    while True:
        at = window.position
        block = window.take(BLOCK)
        if not block or (block[0] == 0 and not block.strip(b"\0")):
            return  # the end-of-archive marker; or none at all, which every reader forgives
        if len(block) < BLOCK:
            raise _damaged(f"the tar ends in the middle of the header at offset {at}")
        if not checksum_holds(block):
            raise _damaged(f"the tar header at offset {at} is damaged (wrong check sum)")
        flag = block[156]
        try:
            if flag in Extension.FLAGS:
                extension = extension or Extension(global_pax)
                extension.read(flag, _payload(window, unsigned(block[124:136]), at))
                continue
            if flag == HeaderReader.SPARSE:
                skip_sparse_map(window, block)
            content = window.position
            if extension is None and global_pax:
                extension = Extension(global_pax)
            entry, stored = read_header(block, content, extension)
        except ValueError as error:
            raise _damaged(f"the tar header at offset {at} is damaged ({error})") from error
        extension = None
        if entry is not None:
            yield entry
        # The filling of the last block is counted from where contents end: they begin on a block's border.
        end = content + stored
        rest = end + -end % BLOCK - window.position
        if rest and (rest < 0 or window.skip(rest) < rest):
            _check_end(window, end, at)


def _payload(window: Window, size: int, at: int) -> bytes:
    """Take what an extension header carries, and pass over the filling of its last block."""
    if size > _EXTENSION_LIMIT:
        raise _damaged(f"the tar header at offset {at} is damaged (an extension of {size} bytes)")
    payload = window.take(size)
    if len(payload) < size:
        raise _damaged(f"the tar ends in the middle of the header at offset {at}")
    window.skip(-size % BLOCK)
    return payload


def _check_end(window: Window, end: int, at: int) -> None:
    """Tell a tar that breaks off in contents, which go up to ``end``, from one that only lacks their filling."""
    if window.position > end + BLOCK:
        raise _damaged(f"the entry at offset {at} claims more contents than the tar has for it")
    if window.position < end:
        missing = end - window.position
        raise _damaged(f"the tar ends {missing} bytes before the contents of the entry at offset {at} do")


def _damaged(message: str) -> DamagedError:
    return DamagedError(message, hint="Save or download the image again.")
