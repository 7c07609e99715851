"""Make one layer: decide its entries, give them sizes, write the tar."""

from __future__ import annotations

import hashlib
import posixpath
import random
import tarfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

from benchmarks.paths import STYLES, Style, walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.contents import Contents, Texture
    from benchmarks.plans import HeaderFormat, LayerPlan, StyleName

_MTIME: Final = 1_700_000_000
_BLOCK: Final = 512
_RECORD: Final = 10_240

_FORMATS: Final[dict[HeaderFormat, Literal[0, 1, 2]]] = {
    "gnu": tarfile.GNU_FORMAT,
    "pax": tarfile.PAX_FORMAT,
    "ustar": tarfile.USTAR_FORMAT,
}
_TEXTURES: Final[tuple[Texture, ...]] = ("text", "code", "packed")
_TEXTURE_WEIGHTS: Final[dict[StyleName, tuple[float, float, float]]] = {
    "debian": (0.40, 0.52, 0.08),
    "node": (0.85, 0.09, 0.06),
    "app": (0.70, 0.10, 0.20),
    "data": (0.25, 0.60, 0.15),
    "many": (0.80, 0.12, 0.08),
}
_SIZE_SPREAD: Final[dict[StyleName, float]] = {
    "debian": 1.9,
    "node": 1.6,
    "app": 1.7,
    "data": 0.6,
    "many": 0.8,
}
"""Sigma of the log-normal file sizes: larger means fewer, larger files hold most of the bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tar member.  `size` is in bytes; `target` is where a link points; `kind` is a tar type flag."""

    path: str
    kind: bytes
    size: int = 0
    target: str = ""
    mode: int = 0o644


@dataclass(slots=True)
class Tree:
    """What the layers so far have left: the regular files, and every path ever used."""

    files: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A layer's tar in a file: its SHA-256 (hexadecimal), its size in bytes, its members by number."""

    path: Path
    digest: str
    size: int
    entries: int


class _Draft:
    """The entries of one layer while they are being chosen."""

    def __init__(self, plan: LayerPlan, tree: Tree, rng: random.Random) -> None:
        self.plan, self.tree, self.rng = plan, tree, rng
        self.entries: list[Entry] = []
        self.files: list[str] = []
        self.deleted: set[str] = set()
        self._present: set[str] = set()

    @property
    def room(self) -> int:
        """How many entries are still to be added."""
        return self.plan.entries - len(self.entries)

    def add(self, entry: Entry) -> None:
        """Add an entry whose parents are there."""
        self.entries.append(entry)
        self._present.add(entry.path)
        self.tree.used.add(entry.path)

    def directories(self, path: str) -> bool:
        """Add the directories above `path` that the layer lacks; False when there is no room for them."""
        parts = path.split("/")[:-1]
        missing = [
            "/".join(parts[: end + 1]) for end in range(len(parts)) if "/".join(parts[: end + 1]) not in self._present
        ]
        if len(missing) + 1 > self.room:
            return False
        for directory in missing:
            self.add(Entry(directory, tarfile.DIRTYPE, mode=0o755))
        return True


def _under(path: str, directories: set[str]) -> bool:
    """Whether the path, or a directory above it, is one of `directories`."""
    while path:
        if path in directories:
            return True
        path = posixpath.dirname(path)
    return False


def _neighbours(files: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """About `count` different paths in runs of files beside each other, as one command touches them."""
    run = max(8, count // 50)
    chosen: dict[str, None] = {}
    for _ in range(20 * count // run):
        start = rng.randrange(max(1, len(files) - run))
        chosen.update(dict.fromkeys(files[start : start + min(run, count - len(chosen))]))
        if len(chosen) >= count:
            break
    return list(chosen)


def _deleted_directories(draft: _Draft) -> set[str]:
    """Leaf directories of lower layers to delete whole: one for each twenty whiteouts."""
    files = draft.tree.files
    if not files:
        return set()
    return {
        posixpath.dirname(path)
        for path in draft.rng.choices(files, k=draft.plan.whiteouts // 20)
        if path.count("/") >= 5
    }


def _whiteout(path: str) -> Entry:
    """Make the entry that deletes a path of a lower layer."""
    directory, name = posixpath.split(path)
    return Entry(f"{directory}/.wh.{name}", tarfile.REGTYPE)


def _lower_entries(draft: _Draft) -> None:
    """Add what touches lower layers: overwritten files, whiteouts (some of directories), one opaque mark."""
    plan, tree = draft.plan, draft.tree
    draft.deleted = _deleted_directories(draft)
    outside = [path for path in tree.files if not _under(path, draft.deleted)]
    touched = _neighbours(outside, plan.overwrites + plan.whiteouts - len(draft.deleted), draft.rng)
    written, gone = touched[: plan.overwrites], touched[plan.overwrites :]
    for entry in (
        *(Entry(path, tarfile.REGTYPE) for path in written),
        *(_whiteout(path) for path in (*gone, *sorted(draft.deleted))),
    ):
        if not _under(posixpath.dirname(entry.path), draft.deleted) and draft.directories(entry.path):
            draft.add(entry)
    if gone and draft.room > 1:
        emptied = posixpath.dirname(gone[0])
        draft.add(Entry(f"{emptied}/.wh..wh..opq", tarfile.REGTYPE))
        outside = [path for path in outside if posixpath.dirname(path) != emptied]
    lost = set(gone)
    tree.files = [path for path in outside if path not in lost]


def _new_entries(draft: _Draft, style: Style) -> None:
    """Fill the layer with files, links and the directories that they are in."""
    rng = draft.rng
    pairs = walk(style, rng)
    while draft.room > 0:
        if draft.room == 1:
            draft.add(Entry(f"last-of-{len(draft.tree.used)}.txt", tarfile.REGTYPE))
            return
        directory, name = next(pairs)
        path = f"{directory}/{name}"
        if path in draft.tree.used or _under(directory, draft.deleted) or not _fits(path, draft.plan.headers):
            continue
        if not draft.directories(path):
            pairs = walk(replace(style, directories=("tmp",), long_directories=()), rng)
            continue
        kind = rng.random()
        if draft.files and kind < style.symlink_share:
            draft.add(Entry(path, tarfile.SYMTYPE, target=posixpath.relpath(draft.files[-1], directory), mode=0o777))
        elif draft.files and kind < style.symlink_share + style.hardlink_share:
            draft.add(Entry(path, tarfile.LNKTYPE, target=rng.choice(draft.files[-500:])))
        else:
            draft.add(Entry(path, tarfile.REGTYPE, mode=0o755 if rng.random() < draft.plan.executables else 0o644))
            draft.files.append(path)


def _fits(path: str, headers: HeaderFormat) -> bool:
    """Whether a ustar header can hold the name (the other formats hold any)."""
    if headers != "ustar":
        return True
    try:
        tarfile.TarInfo(path).tobuf(tarfile.USTAR_FORMAT)
    except ValueError:
        return False
    return True


def _sized(entries: Sequence[Entry], plan: LayerPlan, rng: random.Random) -> list[Entry]:
    """Give the entries sizes that together make the tar as large as planned."""
    growing = {
        number
        for number, entry in enumerate(entries)
        if entry.kind == tarfile.REGTYPE and not posixpath.basename(entry.path).startswith(".wh.")
    }
    headers = sum(_BLOCK * (1 if len(entry.path.encode()) <= tarfile.LENGTH_NAME else 3) for entry in entries)
    budget = max(0.0, plan.megabytes * 1_000_000 - headers - len(growing) * _BLOCK / 2)
    weights = {number: rng.lognormvariate(0, _SIZE_SPREAD[plan.style]) for number in sorted(growing)}
    scale = budget / (sum(weights.values()) or 1)
    return [
        replace(entry, size=int(weights[number] * scale)) if number in growing else entry
        for number, entry in enumerate(entries)
    ]


def _header(entry: Entry, headers: HeaderFormat) -> bytes:
    """Make the entry's tar header, with a long-name header before it where its name needs one."""
    info = tarfile.TarInfo(entry.path)
    info.type, info.size, info.mode, info.mtime = entry.kind, entry.size, entry.mode, _MTIME
    info.linkname = entry.target
    return info.tobuf(_FORMATS[headers], "utf-8", "surrogateescape")


class _Hashing:
    """A file being written, its size and its SHA-256."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.sha, self.size = out, hashlib.sha256(), 0

    def write(self, data: bytes | memoryview) -> None:
        """Write, count and hash."""
        self._out.write(data)
        self.sha.update(data)
        self.size += len(data)


def write_layer(plan: LayerPlan, number: int, tree: Tree, contents: Contents, path: Path) -> WrittenLayer:
    """Write layer `number` (from 0, the lowest) of an image and add its files to `tree`."""
    rng = random.Random(f"layer {number} {plan.style}")
    draft = _Draft(plan, tree, rng)
    _lower_entries(draft)
    _new_entries(draft, STYLES[plan.style])
    tree.files += draft.files
    with path.open("wb", buffering=1 << 20) as file:
        out = _Hashing(file)
        for entry in _sized(draft.entries, plan, rng):
            out.write(_header(entry, plan.headers))
            texture = rng.choices(_TEXTURES, _TEXTURE_WEIGHTS[plan.style])[0]
            for piece in contents.pieces(texture, entry.size, rng):
                out.write(piece)
            out.write(bytes(-entry.size % _BLOCK))
        out.write(bytes(2 * _BLOCK))
        out.write(bytes(-out.size % _RECORD))
    return WrittenLayer(path, out.sha.hexdigest(), out.size, len(draft.entries))
