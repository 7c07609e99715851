"""One tar header, with the extension headers before it, → one entry."""

from typing import ClassVar, Final
from zlib import adler32

from layerscope.layers.paths import PathCleaner
from layerscope.layers.tarfields import number, pax_number, pax_records, pax_size, text, unsigned
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
_LINKS: Final = frozenset(b"12")
_OLD_FILES: Final = frozenset(b"\x000")
_VOLUME_LABEL: Final = ord("V")
_FILE, _DIRECTORY, _SYMLINK = EntryKind.FILE, EntryKind.DIRECTORY, EntryKind.SYMLINK

_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_NO_WHITEOUTS: Final = frozenset({".wh.", ".wh..", ".wh..."})
"""Whiteouts of no name, of ``.`` and of ``..``: nothing that a path could be meant by."""


def checksum_holds(block: bytes) -> bool:
    """Tell whether ``block`` is a tar header: the sum of its bytes, those of the sum itself taken as spaces.

    Adler-32's low half is the sum of the bytes plus one, modulo 65521 (RFC 1950, 8.2), made at C speed. A block's sum
    is at most 130,560, so that the modulus lets one wrong sum pass. Old Sun and Mac tars added signed bytes.
    """
    try:
        stored = int(block[148:154], 8)  # as almost every tar has it: six octal digits
    except ValueError:
        stored = number(block[148:156])
    total = (adler32(block[156:], adler32(block[:148])) & 0xFFFF) + 255  # + 8 spaces of 32, - 1
    if (stored - total) % 65521 == 0:
        return True
    return stored == 256 + sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:])


class Extension:
    """What pax headers and GNU's long names say of the entry that follows them."""

    FLAGS: ClassVar = frozenset(b"xXgLK")

    def __init__(self, global_pax: dict[bytes, bytes]) -> None:
        self._global_pax = global_pax
        self.pax = dict(global_pax)
        self.name = b""
        self.link = b""

    def read(self, flag: int, payload: bytes) -> None:
        """Take in the payload of one extension header; raise ValueError where it is none."""
        match chr(flag):
            case "x" | "X":
                self.pax |= pax_records(payload)
            case "g":
                records = pax_records(payload)
                self._global_pax |= records
                self.pax = records | self.pax
            case "L":
                self.name = text(payload)
            case _:
                self.link = text(payload)


class HeaderReader:
    """Makes the entries of one tar; remembers what repeats from header to header."""

    SPARSE: ClassVar = ord("S")
    _OWNERS_LIMIT: Final = 4096

    def __init__(self) -> None:
        self._paths = PathCleaner()
        self._owners: dict[bytes, tuple[int, int, int]] = {}

    def __call__(self, block: bytes, content: int, extension: Extension | None) -> tuple[Entry | None, int]:
        """Return a header's entry (``None`` for a volume's label), and the bytes that its contents take in the tar.

        ``content`` is where they begin. Raises ValueError for a size that is none.
        """
        flag = block[156]
        size = unsigned(block[124:136])
        name = block[:100].partition(b"\0")[0] if block[345] == 0 else _name(block)
        link = text(block[157:257]) if flag in _LINKS else b""
        mode, uid, gid = self._owners.get(owners := block[100:124]) or self._owner(owners)
        mtime = number(block[136:148])
        logical = unsigned(block[483:495]) if flag == self.SPARSE else None
        if extension is not None:
            pax = extension.pax
            name = pax.get(b"GNU.sparse.name") or pax.get(b"path") or extension.name or name
            if link or flag in _LINKS:
                link = pax.get(b"linkpath") or extension.link or link
            size = pax_size(pax, b"size", size)
            for key in (b"GNU.sparse.realsize", b"GNU.sparse.size", b"SCHILY.realsize"):
                logical = pax_size(pax, key, logical)
            uid, gid = pax_number(pax, b"uid", uid), pax_number(pax, b"gid", gid)
            mtime = pax_number(pax, b"mtime", mtime)
        stored = 0 if flag in _WITHOUT_CONTENTS else size
        if flag == _VOLUME_LABEL:
            return None, stored
        kind = _KINDS.get(flag, _FILE)
        if name[-1:] == b"/" and flag in _OLD_FILES:
            kind = _DIRECTORY  # v7 had no type for folders
        parent, last = self._paths.split(name)
        target = ""
        if kind is _FILE:
            size = stored if logical is None else logical
        elif kind is _SYMLINK:
            target, size = link.decode("utf-8", "surrogateescape"), len(link)
        else:
            target, size = self._paths.clean(link) if link else "", 0
        if last.startswith(_WHITEOUT) and last not in _NO_WHITEOUTS:
            kind, last, target, size = _whiteout(kind, last, target, size)
        return Entry(parent, last, kind, size, target, mode, uid, gid, mtime, content), stored

    def _owner(self, field: bytes) -> tuple[int, int, int]:
        """Read mode, owner and group, which are the same for most entries of a tar."""
        if len(self._owners) >= self._OWNERS_LIMIT:
            self._owners.clear()
        owner = (number(field[:8]) & 0o7777, number(field[8:16]), number(field[16:]))
        self._owners[field] = owner
        return owner


def _whiteout(kind: EntryKind, name: str, target: str, size: int) -> tuple[EntryKind, str, str, int]:
    """Recognise whiteouts (image-spec, layer.md, "Whiteouts").

    Other names that begin with two prefixes are bookkeeping of aufs (``.wh..wh.plnk``), where hard links have their
    bytes: those are left as the files that they are.
    """
    if name == _OPAQUE:
        return EntryKind.OPAQUE, "", "", 0
    if name.startswith(_WHITEOUT + _WHITEOUT):
        return kind, name, target, size
    return EntryKind.WHITEOUT, name[len(_WHITEOUT) :], "", 0


def _name(block: bytes) -> bytes:
    """Return the name field, with ustar's prefix (POSIX.1-1988) before it where there is one."""
    name = block[:100].partition(b"\0")[0]
    if block[345] and block[257:263] == b"ustar\0":
        # star's own format ends the prefix earlier, and keeps two times after it.
        end = 476 if block[508:512] == b"tar\0" else 500
        return text(block[345:end]) + b"/" + name
    return name
