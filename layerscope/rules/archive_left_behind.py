"""Archives that lie beside what was unpacked from them: *.tar.gz, *.zip, *.whl, *.deb and their like.

Once unpacked, an archive is of no more use, and it is stored and pulled with every image.

Unpack without keeping it: RUN curl -fsSL https://… | tar -xz -C /opt. A local archive ADD unpacks by itself: ADD
x.tar.gz /opt/; others are mounted where one RUN needs them: RUN --mount=type=bind,source=x.zip,target=/x.zip unzip
/x.zip. Where it must lie on disk for a moment, delete it in the same RUN.

An archive counts when some of its first members, or all but the first part of their paths, stand together in a folder
of the image with the same sizes, written in the same layer or later. Of a .deb its package must be installed.
Archives whose members cannot be listed (.rpm, .7z) count, with low confidence, when a folder beside them has their
name. Left out are .jar and .war, which run as they are, what belongs to a package (the wheels that python3 -m venv
installs from), the caches of package managers, and archives of less than 10 kB.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from struct import unpack_from
from typing import Final, NamedTuple

from layerscope.errors import LayerscopeError
from layerscope.filesystem.files import Files
from layerscope.layers import is_plain
from layerscope.layers.compression import PREFIX, decompress, sniff
from layerscope.layers.tar import walk
from layerscope.layers.windows import PartWindow, StreamWindow, Window, pieces
from layerscope.model import Compression, Entry, EntryKind
from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 10_000
"""Bytes of an archive that is worth a word."""
_SUFFIXES: Final = re.compile(
    r"(?P<stem>.+)(?:\.tar(?:\.(?:gz|bz2|xz|zst|lz|lzma))?|\.(?:tgz|tbz|tbz2|txz|zip|whl|egg|deb|rpm|7z))", re.DOTALL
)
_LAST_SUFFIXES: Final = (
    "7z",
    "bz2",
    "deb",
    "egg",
    "gz",
    "lz",
    "lzma",
    "rpm",
    "tar",
    "tbz",
    "tbz2",
    "tgz",
    "txz",
    "whl",
    "xz",
    "zip",
    "zst",
)
_CACHES: Final = frozenset({".cache", ".cargo", ".gradle", ".m2", ".npm", "_cacache", "cache", "pkgs"})
_SEEDS: Final = frozenset({"_bundled", "embed", "python-wheels"})
"""Folders of ensurepip, virtualenv and Debian, of whose wheels they make each new environment."""
_MEMBERS: Final = 16
"""Members that are listed: the first files of an archive tell which it is."""
_PACKED_LIMIT: Final = 1024 * 1024
_UNPACKED_PIECES: Final = 64
"""Steps of 64 KiB: what is unpacked to list members, however much more an archive claims to hold."""
_MOST: Final = 1000
"""Files of one name and size that a member is held against."""
_LOCAL_HEADER: Final = b"PK\x03\x04"

Members = tuple[tuple[str, int | None], ...]
"""Paths of files in an archive, with their sizes where it tells."""


class Archive(NamedTuple):
    """What is told of an archive, and in one finding of all that have it in common."""

    layer: int
    folder: str
    """Where it lies."""
    place: str
    """Where it was unpacked to; empty where that is all over."""
    confidence: Confidence


class MembersProbe:
    """Lists the first files of an archive: a zip, or a tar in any compression that layers have."""

    name: Final = "members"
    finds: Final = Members

    def wants(self, entry: Entry) -> bool:
        """Tell by the name."""
        return (
            entry.size >= _LEAST
            and entry.kind is EntryKind.FILE
            and _SUFFIXES.fullmatch(entry.name) is not None
            and _CACHES.isdisjoint(folders := entry.parent.split("/"))
            and not (entry.name.endswith(".whl") and folders[-1] in _SEEDS)
        )

    def look(self, window: Window, size: int) -> Members | None:  # noqa: ARG002 - as the interface has it
        """Return the members; ``None`` where there are none to be seen."""
        if window.peek(4) == _LOCAL_HEADER:
            return tuple(_of_zip(PartWindow(window, _PACKED_LIMIT))) or None
        found: list[tuple[str, int | None]] = []
        with suppress(LayerscopeError):  # cut short by the limits, or no tar at all: what was seen until then
            for entry in islice(walk(_as_tar(window)), 4 * _MEMBERS):
                if entry.kind is EntryKind.FILE and entry.size and len(found) < _MEMBERS:
                    found.append((entry.path, entry.size))
        return tuple(found) or None


def _as_tar(window: Window) -> Window:
    if is_plain(window):
        return PartWindow(window, _PACKED_LIMIT)
    compression = sniff(window.peek(PREFIX))
    if compression is Compression.NONE:
        return PartWindow(window, 0)
    packed = pieces(PartWindow(window, _PACKED_LIMIT))
    return StreamWindow(islice(decompress(packed, compression), _UNPACKED_PIECES))


def _of_zip(window: Window) -> Iterator[tuple[str, int | None]]:
    """Read local headers one after another (APPNOTE.TXT, 4.3.7), as far as they tell where the next one is."""
    for _ in range(4 * _MEMBERS):
        header = window.take(30)
        if len(header) < 30 or not header.startswith(_LOCAL_HEADER):
            return
        flags, packed, size, name_length, extra_length = unpack_from("<6xH10xIIHH", header)
        name = window.take(name_length).decode("utf-8", "surrogateescape")
        is_streamed = bool(flags & 0x8)
        if name and not name.endswith("/") and (size or is_streamed):
            yield name, None if is_streamed else size
        if is_streamed:
            return
        window.skip(extra_length + packed)


PROBE: Final = MembersProbe()


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for those that lie together and were unpacked together."""
    archives: dict[Archive, list[int]] = {}
    for number in sorted(number for suffix in _LAST_SUFFIXES for number in evidence.suffixed(suffix)):
        entry = evidence.entry(number)
        if not PROBE.wants(entry) or not evidence.is_kept(number) or evidence.package_of(number):
            continue
        place, confidence = _unpacked(evidence, number, entry)
        if place is not None:
            archive = Archive(evidence.layer_of(number), entry.parent, place, confidence)
            archives.setdefault(archive, []).append(number)
    for archive, numbers in archives.items():
        for layer, names, claims in ballast(evidence, numbers):
            paths = evidence.paths(names)
            what, of = ("an archive", "it") if len(paths) == 1 else (f"archives ({len(paths)})", "them")
            yield Finding(
                message=f"{what} written by {evidence.named_layer(layer)} beside what was unpacked from {of}"
                + (f", in /{archive.place}" if archive.place else ""),
                remedy=_remedy(paths, from_copy=is_copied(evidence, layer)),
                layer=layer,
                paths=paths,
                claims=claims,
                confidence=archive.confidence,
            )


class _Namesakes:
    """Files by name and size; each name is looked up once, however many archives have it."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._by_size: dict[str, dict[int, list[int]]] = {}

    def like(self, name: str, size: int | None) -> list[int]:
        """List the files that a member may be; where there are very many, the first."""
        if size is None:
            return self._files.named(name)[:_MOST]
        if name not in self._by_size:
            sizes = self._by_size[name] = {}
            for number in self._files.named(name):
                sizes.setdefault(self._files.entry(number).size, []).append(number)
        return self._by_size[name].get(size, [])[:_MOST]


def _unpacked(evidence: Evidence, number: int, entry: Entry) -> tuple[str | None, Confidence]:
    """Find the folder that an archive was unpacked to; the empty one where that is all over."""
    if entry.name.endswith(".deb"):
        name, _, architecture = entry.name.removesuffix(".deb").partition("_")
        lists = (f"{name}.list", f"{name}:{architecture.rpartition('_')[2]}.list")
        is_installed = any(evidence.at(f"var/lib/dpkg/info/{each}") for each in lists)
        return "" if is_installed else None, Confidence.HIGH
    members = evidence.look(PROBE, number)
    if isinstance(members, tuple):
        return _with_members(evidence, number, members), Confidence.HIGH
    match = _SUFFIXES.fullmatch(entry.name)
    folder = f"{entry.parent}/{match['stem']}".lstrip("/") if match else ""
    is_there = any(evidence.is_kept(each) and each > number for each in evidence.below(folder))
    return folder if folder and is_there else None, Confidence.LOW


def _with_members(evidence: Evidence, number: int, members: Members) -> str | None:
    """Find the folder in which most of these members stand."""
    layer, namesakes = evidence.layer_of(number), evidence.once(_Namesakes)
    found: Counter[tuple[int, str]] = Counter()
    for path, size in members[:_MEMBERS]:
        for stripped, tail in enumerate((path, path.partition("/")[2])):  # tar --strip-components=1
            if not tail:
                continue
            for other in namesakes.like(tail.rpartition("/")[2], size):
                entry = evidence.entry(other)
                is_it = f"/{entry.path}".endswith(f"/{tail}")
                if is_it and evidence.layer_of(other) >= layer and evidence.is_kept(other):
                    found[stripped, entry.path[: -len(tail)].rstrip("/")] += 1
    if not found:
        return None
    (_, folder), count = min(found.items(), key=lambda item: (-item[1], item[0]))
    needed = max((len(members[:_MEMBERS]) + 1) // 2, 2) if len(members) > 1 else 1
    return folder if count >= needed else None


def _remedy(paths: Sequence[str], *, from_copy: bool) -> str:
    """Say it of one, in words that go for all."""
    path, more = paths[0], " …" if len(paths) > 1 else ""
    name, quoted = path.rpartition("/")[2], shlex.quote(f"/{path}")
    if from_copy and ".tar" in name:
        return f"Let the builder unpack it: ADD {shlex.quote(name)} …."
    if from_copy:
        return f"Mount it where it is needed: RUN --mount=type=bind,source={name},target={quoted} …."
    if name.endswith((".deb", ".rpm", ".whl")):
        return f"Delete it in the instruction that installs it: RUN … && rm {quoted}{more}."
    return f"Unpack it without keeping it: RUN curl -fsSL … | tar -xz -C …; or delete it there: && rm {quoted}{more}."


RULES: Final = (Rule("archive-left-behind", Severity.MEDIUM, Confidence.HIGH, __doc__, find, (PROBE,)),)
