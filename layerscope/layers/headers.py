"""One tar header, with the extension headers before it, → one entry."""

from struct import Struct
from typing import Final
from zlib import adler32

from layerscope.errors import UnsupportedError
from layerscope.layers.paths import PATH_LIMIT, PathCleaner
from layerscope.layers.tarfields import (
    is_gnu,
    is_sparse,
    number,
    pax_number,
    pax_records,
    pax_size,
    text,
    unsigned,
)
from layerscope.model import Entry, EntryKind

BLOCK: Final = 512

_KINDS: Final = {
    ord("1"): EntryKind.HARDLINK,
    ord("2"): EntryKind.SYMLINK,
    ord("3"): EntryKind.CHARACTER_DEVICE,
    ord("4"): EntryKind.BLOCK_DEVICE,
    ord("5"): EntryKind.DIRECTORY,
    ord("6"): EntryKind.FIFO,
    ord("D"): EntryKind.DIRECTORY,  # a GNU incremental backup's folder, with a list of names as its contents
}
"""Any other type is a file, as POSIX asks for types that a reader does not know."""
_WITHOUT_CONTENTS: Final = frozenset(b"123456")
"""Types whose size field says nothing about bytes that follow."""
_TEXT_LIMIT: Final = 1 << 30
"""Bytes of all names and targets that came in extension headers: a plain header's are bounded by its own size."""
_FOLDER, _SPARSE, _VOLUME_LABEL = b"5SV"
_FILE, _HARDLINK, _SYMLINK = EntryKind.FILE, EntryKind.HARDLINK, EntryKind.SYMLINK
_FIELDS: Final = Struct("100s 24s 11s B 11s B 8x B 100s")
"""Name; mode, owner and group together; size; modification time; the check sum passed over; type; link name."""

_MOST_SUM: Final = BLOCK * 255
_NO_NAMES: Final = frozenset({b"", b".", b".."})

_WHITEOUT: Final = b".wh."
_OPAQUE: Final = b".wh..wh..opq"
_NO_WHITEOUTS: Final = frozenset({b".wh.", b".wh..", b".wh..."})
"""Whiteouts of no name, of ``.`` and of ``..``: nothing that a path could be meant by."""


def checksum_holds(block: bytes) -> bool:
    """Tell whether ``block`` is a tar header: the sum of its bytes, those of the sum itself taken as spaces.

    Adler-32's low half is the sum of the bytes plus one, modulo 65521 (RFC 1950, 8.2), made at C speed. A block's sum
    is at most 130,560, so that the modulus lets one wrong sum pass. Old Sun and Mac tars added signed bytes.
    """
    # Eight spaces of 32 more, and the one that Adler-32 begins with less.
    total = 255 + (adler32(block[156:], adler32(block[:148])) & 0xFFFF)
    try:
        stored = int(block[148:154], 8)  # as almost every tar has it: six octal digits
    except ValueError:
        stored = total + 1
    if (stored - total) % 65521 == 0:
        return True
    try:
        stored = unsigned(block[148:156])
    except ValueError:  # no number at all, as in what is compressed: not 0, which some sums are by chance
        return False
    if stored <= _MOST_SUM and (stored - total) % 65521 == 0:
        return True
    return stored == 256 + sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:])


class Extension:
    """What pax headers and GNU's long names say of the entry that follows them.

    Of several headers of one type the last counts, alone. A global pax header is only checked: no engine heeds it.
    """

    def __init__(self) -> None:
        self.pax: dict[bytes, bytes] = {}
        self.name = b""
        self.link = b""

    def read(self, flag: int, payload: bytes) -> None:
        """Take in the payload of one extension header; raise ValueError where it is none."""
        match chr(flag):
            case "x" | "X" | "g":
                self.pax = pax_records(payload)
            case "L":
                self.name = text(payload)
            case _:
                self.link = text(payload)


class HeaderReader:
    """Makes the entries of one tar; remembers what repeats from header to header."""

    _OWNERS_LIMIT: Final = 4096

    def __init__(self) -> None:
        self._paths = PathCleaner()
        self._folders = self._paths.folders
        self._owners: dict[bytes, tuple[int, int, int]] = {}
        self._text = 0

    def __call__(self, block: bytes, content: int, extension: Extension | None) -> tuple[Entry | None, int]:
        """Return a header's entry (``None`` for a volume's label), and the bytes that its contents take in the tar.

        ``content`` is where they begin. Raises ValueError for a size that is none.
        """
        name, owner, size_digits, size_end, mtime_digits, mtime_end, flag, link = _FIELDS.unpack_from(block)
        try:  # as almost every tar has them: octal digits to the end
            size, mtime = int(size_digits, 8), int(mtime_digits, 8)
            if size < 0 or size_end > 32 or mtime_end > 32:
                raise ValueError
        except ValueError:
            size, mtime = unsigned(block[124:136]), number(block[136:148])
        name = name.partition(b"\0")[0]
        if block[345]:
            name = _prefix(block) + name
        mode, uid, gid = self._owners.get(owner) or self._owner(owner)
        logical = unsigned(block[483:495]) if flag == _SPARSE else None
        if extension is not None:
            pax = extension.pax
            name = extension.name or pax.get(b"path") or name
            link = extension.link or pax.get(b"linkpath") or link
            size = pax_size(pax, b"size", size)
            if logical is None and is_sparse(pax):
                name = pax.get(b"GNU.sparse.name") or name
                for key in (b"GNU.sparse.realsize", b"GNU.sparse.size"):
                    logical = pax_size(pax, key, logical)
            self._bound(name, link)
            uid, gid = pax_number(pax, b"uid", uid), pax_number(pax, b"gid", gid)
            mtime = pax_number(pax, b"mtime", mtime)
        folder, _, last = name.rpartition(b"/")
        parent = self._folders.get(folder)
        if parent is None or last in _NO_NAMES:
            if not flag and not last:
                flag = _FOLDER  # v7 had no type for folders
            parent, last = self._paths.split(name)
        kind = _KINDS.get(flag, _FILE)
        target, stored = "", size
        if kind is _FILE:
            if flag == _VOLUME_LABEL:
                return None, stored
            size = stored if logical is None else logical
        else:
            stored = 0 if flag in _WITHOUT_CONTENTS else size
            target, size = self._target(kind, link)
        if last[:1] == b"." and is_whiteout(last):
            kind, last, target, size = as_whiteout(kind, last, target, size)
        text_name = last.decode("utf-8", "surrogateescape")
        return Entry(parent, text_name, kind, size, target, mode, uid, gid, mtime, content, stored), stored

    def _bound(self, name: bytes, link: bytes) -> None:
        """Keep in bounds the text that extension headers bring: they can be as long as they like."""
        longest = max(len(name), len(link))
        if longest > PATH_LIMIT:
            message = f"a path of {longest} bytes"
            raise ValueError(message)
        self._text += len(name) + len(link)
        if self._text > _TEXT_LIMIT:
            message = f"a layer with more than {_TEXT_LIMIT:,} bytes of long names"
            raise UnsupportedError(message)

    def _target(self, kind: EntryKind, link: bytes) -> tuple[str, int]:
        """Return what a link leads to, and the content bytes that it has itself."""
        if kind is _HARDLINK:
            return self._paths.clean(text(link)), 0
        if kind is _SYMLINK:
            link = text(link)
            return link.decode("utf-8", "surrogateescape"), len(link)
        return "", 0

    def _owner(self, field: bytes) -> tuple[int, int, int]:
        """Read mode, owner and group, which are the same for most entries of a tar."""
        if len(self._owners) >= self._OWNERS_LIMIT:
            self._owners.clear()
        owner = (number(field[:8]) & 0o7777, number(field[8:16]), number(field[16:]))
        self._owners[field] = owner
        return owner


def _prefix(block: bytes) -> bytes:
    """Return ustar's prefix of the name field (POSIX.1-1988), where the field is one."""
    if block[257:263] != b"ustar\0":
        return text(block[345:500]) + b"/" if is_gnu(block) and _is_wrong_gnu(block) else b""
    # star's own format ends the prefix earlier, and keeps two times after it.
    return text(block[345 : 476 if block[508:512] == b"tar\0" else 500]) + b"/"


def _is_wrong_gnu(block: bytes) -> bool:
    """Tell whether ustar's prefix stands where GNU has two times, as Go wrote it before 1.8 (golang/go#12594)."""
    try:
        for field in (block[345:357], block[357:369]):
            unsigned(field)
    except ValueError:
        return text(block[345:500]).isascii()
    return False


def is_whiteout(name: bytes) -> bool:
    """Tell whether the last component of a path is a whiteout's (image-spec, layer.md, "Whiteouts")."""
    return name.startswith(_WHITEOUT) and name not in _NO_WHITEOUTS


def as_whiteout(kind: EntryKind, name: bytes, target: str, size: int) -> tuple[EntryKind, bytes, str, int]:
    """Return what an entry with the name of a whiteout is.

    Other names that begin with two prefixes are bookkeeping of aufs (``.wh..wh.plnk``), where hard links have their
    bytes: those are left as the files that they are.
    """
    if name == _OPAQUE:
        return EntryKind.OPAQUE, b"", "", 0
    if name.startswith(_WHITEOUT + _WHITEOUT):
        return kind, name, target, size
    return EntryKind.WHITEOUT, name[len(_WHITEOUT) :], "", 0
