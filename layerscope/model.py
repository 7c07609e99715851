"""The nouns: what an image is made of, as frozen records.

The words are those of the OCI image specification. The three identifiers of a layer are three types, so that a type
checker keeps them apart: a *diff ID* names the uncompressed tar, a *digest* the blob as stored, a *chain ID* the stack
of layers up to and including one.
"""

from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import NewType

from msgspec import Struct

DiffID = NewType("DiffID", str)
Digest = NewType("Digest", str)
ChainID = NewType("ChainID", str)


def chain_id(parent: ChainID | None, diff_id: DiffID) -> ChainID:
    """Name the stack made by putting the layer ``diff_id`` on ``parent`` (image-spec, config.md, "Layer ChainID")."""
    if parent is None:
        return ChainID(diff_id)
    return ChainID("sha256:" + sha256(f"{parent} {diff_id}".encode()).hexdigest())


class Platform(Struct, frozen=True):
    """What an image runs on; an empty variant means that none is stated."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class EntryKind(IntEnum):
    """What a tar entry of a layer is."""

    FILE = 0
    DIRECTORY = 1
    SYMLINK = 2
    HARDLINK = 3
    CHARACTER_DEVICE = 4
    BLOCK_DEVICE = 5
    FIFO = 6
    WHITEOUT = 7
    """Hides ``name`` of the lower layers; the prefix ``.wh.`` is taken off."""
    OPAQUE = 8
    """Hides all that the lower layers have in ``parent``; ``name`` is empty."""


class Entry(Struct, frozen=True, gc=False):
    """One entry of a layer's tar, its path made relative to the root and free of ``.``, ``..`` and double slashes.

    Bytes of a path that are not UTF-8 are kept as surrogate escapes (PEP 383).
    """

    parent: str
    """The folder's path; the root is the empty string."""
    name: str
    """The last component; empty for the root itself."""
    kind: EntryKind
    size: int
    """Content bytes: a file's logical size, the length of a symbolic link's target, 0 for everything else."""
    target: str
    """Of a symbolic link its text, of a hard link the path that it shares its bytes with, else empty."""
    mode: int
    uid: int
    gid: int
    mtime: int
    """Whole seconds since the epoch."""
    offset: int
    """Where the contents begin in the layer's uncompressed tar; -1 where only a table of contents was read."""
    stored: int
    """Bytes that the contents take there: of a sparse file fewer than its size."""

    @property
    def path(self) -> str:
        """The whole path, relative to the root."""
        return f"{self.parent}/{self.name}" if self.parent else self.name


class Compression(StrEnum):
    """How a blob is compressed, told from its first bytes."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"


class Layer(Struct, frozen=True):
    """One layer of an image, bottom up from index 0."""

    index: int
    diff_id: DiffID | None
    """``None`` in archives older than Docker 1.10, which knew no diff IDs."""
    chain_id: ChainID | None
    digest: Digest | None
    """The blob as stored; ``None`` where the source does not say."""
    media_type: str | None
    blob_bytes: int | None
    """The blob as stored or pulled; ``None`` where the source cannot know."""
    tar_bytes: int | None
    """``None`` where only a table of contents was read, which does not tell."""
    entries: tuple[Entry, ...]
    present: bool = True
    """False for a foreign (Windows base) layer, whose blob an archive leaves out: then it has no entries."""


class HistoryEntry(Struct, frozen=True, gc=False):
    """One entry of the image's history: a claim by the builder (image-spec, config.md, "history")."""

    created: str | None = None
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class Healthcheck(Struct, frozen=True):
    """The engine's health check; Kubernetes ignores it. Times are nanoseconds, 0 is the engine's default."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class RunConfig(Struct, frozen=True):
    """How a container of the image is run (image-spec, config.md, "config")."""

    user: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()


class Outline(Struct, frozen=True):
    """What is said of an image beside its layers' contents: enough to tell whether another was built on it."""

    reference: str | None
    """A name that it carries or was asked for by."""
    digest: Digest | None
    """The digest of the manifest, where there is one."""
    diff_ids: tuple[DiffID, ...]
    history: tuple[HistoryEntry, ...] = ()


class Image(Struct, frozen=True):
    """A container image, its layers walked."""

    reference: str
    """The name it was asked for, or the one that it carries."""
    source: str
    """Where it was read: the transport's name (containers-transports), ``rootfs`` for a plain root filesystem."""
    image_id: str | None
    """The digest of the configuration; ``None`` for a plain root filesystem."""
    digest: Digest | None
    """The digest of the manifest, where there is one."""
    platform: Platform
    created: str | None
    run_config: RunConfig
    history: tuple[HistoryEntry, ...]
    layers: tuple[Layer, ...]
    annotations: tuple[tuple[str, str], ...] = ()
    provenance: bytes | None = None
    """What BuildKit attests of how it was built: an in-toto statement, as it came (see ``build.provenance``)."""
    below: tuple[Outline, ...] = ()
    """The other images of the medium that have the bottom ones of its layers, and not all of them."""
    notes: tuple[str, ...] = ()
    """What the reader should know of how the image was read, a sentence each."""
