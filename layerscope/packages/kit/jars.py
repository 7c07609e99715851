"""What an archive of Java's says of itself, read from its beginning: contents may pass by once.

A zip file keeps its table at the end, but each member stands behind a header of its own (APPNOTE.TXT, 4.3). The
manifest is the first of them, or nearly.
"""

import zlib
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple

from msgspec import Struct as Record

from layerscope.layers.windows import Window
from layerscope.model import Entry, EntryKind

SUFFIXES: Final = ("jar", "war", "ear")

_ENDINGS: Final = tuple(f".{suffix}" for suffix in SUFFIXES)
_HEAD: Final = 256 * 1024
"""Bytes of an archive that are looked at."""
_MAGIC, _DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
_HEADER: Final = Struct("<4x2xHH4x4xIIHH")
_SIZE_COMES_LATER, _ENCRYPTED = 0x8, 0x1
_STORED, _DEFLATED = 0, 8
_INFLATED_LIMIT: Final = 4 * 1024 * 1024
"""Bytes that the members of one archive may unpack to; what comes behind them is not looked at."""
_MANIFEST: Final = "META-INF/MANIFEST.MF"
_MAVEN: Final = "META-INF/maven/"
_POM: Final = "/pom.properties"
_QUALIFIERS: Final = frozenset(
    ("snapshot", "release", "final", "ga", "alpha", "beta", "rc", "cr", "m", "b", "jre", "jdk", "android", "sp")
)
_PARTS: Final = 32
"""Of a file name that are looked at: none that means something has more."""


class Archive(Record, frozen=True):
    """What an archive says of itself."""

    manifest: dict[str, str]
    """The main attributes, names in small letters."""
    poms: tuple[tuple[str, str], ...]
    """Artifact and version of each Maven project that is in it: its own, and those that were put into it."""


class JarProbe:
    """Looks into archives of Java's, by their names."""

    name: Final = "jar"
    finds: Final = Archive

    def wants(self, entry: Entry) -> bool:
        """Tell by the name."""
        return entry.name.endswith(_ENDINGS) and entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> Archive | None:
        """Read the manifest, and who Maven says this is; ``None`` for what is no zip file."""
        head = window.take(min(size, _HEAD))
        if not head.startswith(_MAGIC):
            return None
        manifest: dict[str, str] = {}
        poms: dict[tuple[str, str], None] = {}
        for name, contents in _members(head):
            text = contents.decode("utf-8", "replace")
            if name == _MANIFEST:
                manifest = manifest or _manifest(text)
            else:
                fields = _properties(text)
                poms[fields.get("artifactId", ""), fields.get("version", "")] = None
        return Archive(manifest, tuple(each for each in poms if all(each)))


class _Member(NamedTuple):
    contents: bytes
    end: int


def _members(head: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the members of interest, as far as they are whole."""
    at, left = 0, _INFLATED_LIMIT
    while head.startswith(_MAGIC, at) and at + 30 <= len(head):
        flags, method, packed, _, name_length, extra_length = _HEADER.unpack_from(head, at)
        start = at + 30 + name_length + extra_length
        name = head[at + 30 : at + 30 + name_length].decode("utf-8", "replace")
        wanted = name == _MANIFEST or (name.startswith(_MAVEN) and name.endswith(_POM))
        later = flags & _SIZE_COMES_LATER
        if flags & _ENCRYPTED or (not later and not wanted):
            if later:
                return
            at = start + packed
            continue
        member = _unpacked(head, start, method, None if later else packed, left)
        if member is None:
            return
        left -= len(member.contents)
        if wanted:
            yield name, member.contents
        at = _after_descriptor(head, member.end) if later else member.end


def _unpacked(head: bytes, start: int, method: int, packed: int | None, limit: int) -> _Member | None:
    """Unpack a member; ``None`` where it is not whole, or larger than the limit, or its end is not to be found."""
    if packed is not None and start + packed > len(head):
        return None
    if method == _STORED and packed is not None:
        return _Member(head[start : start + packed], start + packed) if packed <= limit else None
    if method != _DEFLATED:
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    piece = head[start:] if packed is None else head[start : start + packed]
    try:
        contents = inflater.decompress(piece, limit + 1)
    except zlib.error:
        return None
    if not inflater.eof or len(contents) > limit:
        return None
    return _Member(contents, start + len(piece) - len(inflater.unused_data))


def _after_descriptor(head: bytes, at: int) -> int:
    """Pass over the sizes that come behind a member: 4 or 8 bytes for each, with or without a mark before them."""
    marked = 4 if head.startswith(_DESCRIPTOR, at) else 0
    narrow, wide = at + marked + 12, at + marked + 20
    return wide if head.startswith(_MAGIC, wide) and not head.startswith(_MAGIC, narrow) else narrow


def _manifest(text: str) -> dict[str, str]:
    """Read the main attributes; a line that begins with a space goes on from the one before."""
    main = text.replace("\r\n", "\n").replace("\r", "\n").partition("\n\n")[0].replace("\n ", "")
    pairs = (line.partition(":") for line in main.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _properties(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def name_and_version(file_name: str, archive: Archive) -> tuple[str, str]:
    """Tell who an archive is: as Maven has it, by the name of the file, or else by what the manifest says."""
    stem = file_name.rpartition(".")[0]
    own = [each for each in archive.poms if stem == each[0] or stem.startswith(f"{each[0]}-")]
    if own:
        return max(own, key=lambda each: len(each[0]))
    name, version = _split(stem)
    fields = archive.manifest
    if version:
        return name, version
    symbolic = fields.get("bundle-symbolicname", "").partition(";")[0].strip()
    title = symbolic or fields.get("implementation-title", "")
    return title or stem, fields.get("implementation-version") or fields.get("bundle-version") or ""


def _split(stem: str) -> tuple[str, str]:
    """Split ``log4j-1.2-api-2.17.1`` where the version begins: with a number, and with no other name behind it.

    Behind the number may come what it was built for: ``netty-epoll-4.1.65.Final-linux-x86_64``.
    """
    parts = stem.split("-", _PARTS)
    numbers = [at for at, part in enumerate(parts) if at and part[:1].isdigit()]
    begin = next((at for at in numbers if _is_version(parts[at:])), None)
    if begin is None:
        begin = next((at for at in reversed(numbers) if "." in parts[at]), len(parts))
    return "-".join(parts[:begin]), "-".join(parts[begin:])


def _is_version(parts: Sequence[str]) -> bool:
    return all(part[:1].isdigit() or part.rstrip("0123456789").lower() in _QUALIFIERS for part in parts)
