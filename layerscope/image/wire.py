"""The documents as they stand in archives: index, manifest, configuration (image-spec; Docker's schema 2).

Decoding is lenient where producers differ (absent, null, letter case) and strict where a wrong type would mislead.
"""

from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError, DigestError
from layerscope.model import DiffID, Digest, Healthcheck, HistoryEntry, Platform, RunConfig
from layerscope.reference import normal_platform

T = TypeVar("T")

IMAGE_CONFIGS = frozenset(
    {
        "",  # absent, as in old OCI manifests
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",  # what Docker 1.10 pushed
    }
)
"""Media types of a configuration that make its manifest an image; any other is an artifact."""


class WirePlatform(Struct, frozen=True):
    """What a descriptor says that its blob runs on."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None


class Descriptor(Struct, frozen=True, rename="camel", gc=False):
    """What refers to a blob (image-spec, descriptor.md)."""

    digest: Digest
    size: int = -1
    media_type: str = ""
    platform: WirePlatform | None = None
    annotations: dict[str, str] | None = None
    urls: list[str] | None = None


class Manifest(Struct, frozen=True, rename="camel"):
    """An index or a manifest, whichever it turns out to be (media types may be absent or wrong)."""

    media_type: str = ""
    artifact_type: str = ""
    manifests: list[Descriptor] | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    annotations: dict[str, str] | None = None
    fs_layers: list[Any] | None = msgspec.field(name="fsLayers", default=None)
    """Docker's schema 1, which had no configuration."""


class _Rootfs(Struct, frozen=True):
    diff_ids: list[DiffID] | None = None


class History(Struct, frozen=True, gc=False):
    """One entry of a configuration's history, as it stands there."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None

    def entry(self) -> HistoryEntry:
        """Return the entry without what stands for nothing."""
        return HistoryEntry(
            self.created or None,
            self.created_by or "",
            self.author or "",
            self.comment or "",
            self.empty_layer or False,
        )


class _Healthcheck(Struct, frozen=True, rename="pascal"):
    test: list[str] | None = None
    interval: int | None = None
    timeout: int | None = None
    start_period: int | None = None
    start_interval: int | None = None
    retries: int | None = None

    def as_model(self) -> Healthcheck:
        return Healthcheck(
            test=tuple(self.test or ()),
            interval=self.interval or 0,
            timeout=self.timeout or 0,
            start_period=self.start_period or 0,
            start_interval=self.start_interval or 0,
            retries=self.retries or 0,
        )


class _Run(Struct, frozen=True, rename="pascal"):
    user: str | None = None
    env: list[str] | None = None
    entrypoint: list[str] | str | None = None
    cmd: list[str] | str | None = None
    working_dir: str | None = None
    exposed_ports: dict[str, Any] | None = None
    volumes: dict[str, Any] | None = None
    labels: dict[str, str] | None = None
    stop_signal: str | None = None
    healthcheck: _Healthcheck | None = None
    shell: list[str] | None = None
    on_build: list[str] | None = None


class Config(Struct, frozen=True):
    """An image's configuration (image-spec, config.md)."""

    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    created: str | None = None
    config: _Run | None = None
    rootfs: _Rootfs | None = None
    history: list[History] | None = None

    @property
    def platform(self) -> Platform:
        """What the image runs on, spelled as layerscope does."""
        return normal_platform(self.os or "", self.architecture or "", self.variant or "")

    @property
    def diff_ids(self) -> list[DiffID]:
        """The layers' diff IDs, bottom up; none where the configuration is older than they are."""
        return (self.rootfs and self.rootfs.diff_ids) or []

    def history_entries(self) -> tuple[HistoryEntry, ...]:
        """Return the history, oldest first."""
        return tuple(each.entry() for each in self.history or ())

    def claims(self) -> list[History]:
        """Return the entries of the history that claim a layer, oldest first."""
        return [each for each in self.history or () if not each.empty_layer]

    def run_config(self) -> RunConfig:
        """Return how a container of the image is run."""
        run = self.config or _Run()
        return RunConfig(
            user=run.user or "",
            env=tuple(run.env or ()),
            entrypoint=_words(run.entrypoint),
            cmd=_words(run.cmd),
            working_dir=run.working_dir or "",
            exposed_ports=tuple(sorted(run.exposed_ports or ())),
            volumes=tuple(sorted(run.volumes or ())),
            labels=tuple(sorted((run.labels or {}).items())),
            stop_signal=run.stop_signal or "",
            healthcheck=run.healthcheck.as_model() if run.healthcheck else None,
            shell=tuple(run.shell or ()),
            on_build=tuple(run.on_build or ()),
        )


def _words(value: list[str] | str | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def decode(document: bytes, shape: type[T], place: str) -> T:
    """Decode a document; raises DamagedError that names the place and what is wrong there."""
    try:
        return msgspec.json.decode(document.removeprefix(b"\xef\xbb\xbf"), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"{place}: {error}", hint="Save or download the image again.") from error


def digest_of(document: bytes) -> Digest:
    """Return the SHA-256 digest of a document."""
    return Digest("sha256:" + sha256(document).hexdigest())


def verify(document: bytes, descriptor: Descriptor, place: str) -> None:
    """Hold a document against its descriptor; raises DigestError. Digests other than SHA-256 are taken as they are."""
    if descriptor.size >= 0 and descriptor.size != len(document):
        message = f"{place}: {len(document):,} bytes long, where {descriptor.size:,} were promised"
        raise DigestError(message, hint="Save or download the image again.")
    actual = digest_of(document)
    if descriptor.digest.startswith("sha256:") and descriptor.digest != actual:
        raise DigestError(f"{place}: its digest is {actual}", hint="Save or download the image again.")
