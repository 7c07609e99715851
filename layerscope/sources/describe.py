"""What an engine says of an image without saving it: its layers, and its history with sizes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError
from layerscope.model import DiffID, Digest, HistoryEntry, Outline, Platform
from layerscope.progress import Progress
from layerscope.reference import Pull, normal_platform
from layerscope.sources.engine import check_reference, connect, have, reason, troubles

if TYPE_CHECKING:
    from docker import APIClient


class _RootFS(Struct):
    layers: list[str] | None = field(default=None, name="Layers")


class _Labelled(Struct):
    labels: dict[str, str] | None = field(default=None, name="Labels")


class _Inspected(Struct):
    """What is read of an engine's answer about an image."""

    image_id: str = field(name="Id")
    digests: list[str] | None = field(default=None, name="RepoDigests")
    os: str = field(default="", name="Os")
    architecture: str = field(default="", name="Architecture")
    variant: str | None = field(default=None, name="Variant")
    config: _Labelled | None = field(default=None, name="Config")
    rootfs: _RootFS | None = field(default=None, name="RootFS")

    @property
    def digest(self) -> Digest | None:
        """The manifest's, if all places that it was pulled from or pushed to agree on one."""
        digests = {each.rpartition("@")[2] for each in self.digests or ()}
        return Digest(digests.pop()) if len(digests) == 1 else None

    @property
    def diff_ids(self) -> tuple[DiffID, ...]:
        return tuple(map(DiffID, (self.rootfs and self.rootfs.layers) or ()))


class _Step(Struct):
    """One entry of an engine's history of an image."""

    size: int = field(default=0, name="Size")
    created_by: str | None = field(default=None, name="CreatedBy")
    comment: str | None = field(default=None, name="Comment")


class Described(Struct, frozen=True):
    """What an engine says of an image without saving it."""

    reference: str
    image_id: str
    digest: Digest | None
    platform: Platform
    labels: dict[str, str]
    diff_ids: tuple[DiffID, ...]
    history: tuple[tuple[HistoryEntry, int], ...]
    """Oldest first, with the size that the engine shows; it does not say which entries made a layer."""
    shows_content_bytes: bool
    """Whether those sizes are content bytes: other engines, and other image stores, show others."""


class Describer:
    """Asks one engine about images, over one connection that is made for the first."""

    def __init__(self, platform: str | None, pull: Pull, progress: Progress) -> None:
        self._platform = platform
        self._pull = pull
        self._progress = progress
        self._client: APIClient | None = None
        self._host = ""
        self._shows_content_bytes: bool | None = None

    def outline(self, reference: str) -> Outline:
        """Return an image's layers, pulled first if that is wanted; raises NotFoundError or EngineError."""
        with self._asking(reference) as client:
            inspected = self._inspect(client, reference)
        if not inspected.diff_ids:
            message = f"{reference}: the engine at {self._host} tells of no layers"
            raise EngineError(message, hint="Save the image to a file and name that.")
        return Outline(reference, inspected.digest, inspected.diff_ids)

    def describe(self, reference: str) -> Described:
        """Return all that the engine says, the image pulled first if that is wanted; raises likewise."""
        with self._asking(reference) as client:
            inspected = self._inspect(client, reference)
            steps = msgspec.convert(client.history(inspected.image_id), list[_Step])  # type: ignore[no-untyped-call]
            if self._shows_content_bytes is None:
                self._shows_content_bytes = _shows_content_bytes(client)
        return _described(reference, inspected, steps, shows_content_bytes=self._shows_content_bytes)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()

    def _inspect(self, client: "APIClient", reference: str) -> _Inspected:
        image_id = have(client, self._host, reference, self._platform, self._pull, self._progress)
        answer = client.inspect_image(image_id)  # type: ignore[no-untyped-call]  # a gap of the stubs
        return msgspec.convert(answer, _Inspected)

    @contextmanager
    def _asking(self, reference: str) -> Iterator["APIClient"]:
        """Connect, and turn what goes wrong into our own errors."""
        check_reference(reference)
        if self._client is None:
            self._client, self._host = connect()
        try:
            yield self._client
        except msgspec.ValidationError as error:
            message = f"{reference}: the engine at {self._host} talks nonsense: {error}"
            raise EngineError(message, hint="Save the image to a file and name that.") from error
        except troubles() as error:
            message = f"{reference}: the engine at {self._host} failed: {reason(error)}"
            raise EngineError(message, hint="Look at the engine's log, or name a saved archive.") from error


def _described(reference: str, inspected: _Inspected, steps: list[_Step], *, shows_content_bytes: bool) -> Described:
    return Described(
        reference=reference,
        image_id=inspected.image_id,
        digest=inspected.digest,
        platform=normal_platform(inspected.os, inspected.architecture, inspected.variant or ""),
        labels=(inspected.config and inspected.config.labels) or {},
        diff_ids=inspected.diff_ids,
        history=tuple(
            (HistoryEntry(created_by=step.created_by or "", comment=step.comment or ""), max(0, step.size))
            for step in reversed(steps)
        ),
        shows_content_bytes=shows_content_bytes,
    )


def _shows_content_bytes(client: "APIClient") -> bool:
    """Tell whether history's sizes are content bytes: Docker's own image stores show them.

    Podman shows the tar's bytes, and Docker's containerd store what its snapshots take on disk.
    """
    components = client.version().get("Components") or ()
    status = client.info().get("DriverStatus") or ()
    return any(each.get("Name") == "Engine" for each in components) and not any(
        "io.containerd.snapshotter.v1" in pair for pair in status
    )


def outline(reference: str, platform: str | None, pull: Pull, progress: Progress) -> Outline:
    """Ask the engine for the layers of one image, pulled first if ``pull`` says so; nothing is saved.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    with closing(Describer(platform, pull, progress)) as engine:
        return engine.outline(reference)
