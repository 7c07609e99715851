"""What an engine says of an image without saving it: its layers, and its history with sizes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError
from layerscope.model import DiffID, Digest, HistoryEntry, Outline, Platform
from layerscope.progress import Progress
from layerscope.reference import Pull, check_reference, normal_platform
from layerscope.sources.daemon import connect, reason, troubles
from layerscope.sources.engine import have

if TYPE_CHECKING:
    from docker import APIClient

_UNTAGGED: Final = "<none>:<none>"
_MOST_IMAGES: Final = 200
"""Images of an engine that are looked at; one takes some milliseconds."""


class _RootFS(Struct):
    layers: list[str] | None = field(default=None, name="Layers")


class _Labelled(Struct):
    labels: dict[str, str] | None = field(default=None, name="Labels")


class _Inspected(Struct):
    """What is read of an engine's answer about an image."""

    image_id: str = field(name="Id")
    pulled_from: list[str] | None = field(default=None, name="RepoDigests")
    os: str = field(default="", name="Os")
    architecture: str = field(default="", name="Architecture")
    variant: str | None = field(default=None, name="Variant")
    config: _Labelled | None = field(default=None, name="Config")
    rootfs: _RootFS | None = field(default=None, name="RootFS")

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Those of its manifest, in all places that it was pulled from or pushed to."""
        return tuple(map(Digest, sorted({each.rpartition("@")[2] for each in self.pulled_from or ()})))

    @property
    def digest(self) -> Digest | None:
        """The one on which all those places agree."""
        return self.digests[0] if len(self.digests) == 1 else None

    @property
    def diff_ids(self) -> tuple[DiffID, ...]:
        return tuple(map(DiffID, (self.rootfs and self.rootfs.layers) or ()))


class _Listed(Struct):
    """What is read of one line of an engine's list of images."""

    image_id: str = field(name="Id")
    tags: list[str] | None = field(default=None, name="RepoTags")


class _Step(Struct):
    """One entry of an engine's history of an image."""

    size: int = field(default=0, name="Size")
    created: int = field(default=0, name="Created")
    """Seconds since the epoch; in the year 1 for none."""
    created_by: str | None = field(default=None, name="CreatedBy")
    comment: str | None = field(default=None, name="Comment")

    @property
    def claim(self) -> HistoryEntry:
        return HistoryEntry(_date(self.created), self.created_by or "", comment=self.comment or "")


class _Component(Struct):
    name: str = field(default="", name="Name")


class _Version(Struct):
    """What is read of an engine's answer about its own parts."""

    components: list[_Component] | None = field(default=None, name="Components")


class _Info(Struct):
    """What is read of an engine's answer about how it stores images."""

    driver_status: list[list[object]] | None = field(default=None, name="DriverStatus")


class Described(Struct, frozen=True):
    """What an engine says of an image without saving it."""

    reference: str
    image_id: str
    digests: tuple[Digest, ...]
    """Of its manifest."""
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
            inspected = self._have(client, reference)
            if inspected.diff_ids:
                return _outline(client, inspected, reference)
        message = f"{reference}: the engine at {self._host} tells of no layers"
        raise EngineError(message, hint="Save the image to a file and name that.")

    def outlines_below(self, reference: str, diff_ids: Sequence[str | None]) -> tuple[Outline, ...]:
        """Return the other images whose layers are the bottom ones of ``diff_ids``, and not all of them.

        Left out are those without a tag and those of the same repository: they may be what the image was before. Each
        of the others takes a request, so that an engine with very many is not asked. Raises EngineError.
        """
        with self._asking(reference) as client:
            own_id = _inspect(client, reference).image_id
            listed = msgspec.convert(client.images(), list[_Listed])
            own = {_repository(tag) for each in listed if each.image_id == own_id for tag in each.tags or ()}
            others = {
                each.image_id: tags[0]
                for each in listed
                if each.image_id != own_id
                and (tags := [tag for tag in each.tags or () if tag != _UNTAGGED])
                and own.isdisjoint(map(_repository, tags))
            }
            return tuple(_below(client, others, diff_ids)) if len(others) <= _MOST_IMAGES else ()

    def listed(self, reference: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return ID and tags of all images there are; raises EngineError."""
        with self._asking(reference) as client:
            listed = msgspec.convert(client.images(), list[_Listed])
        return tuple(sorted((each.image_id, tuple(sorted(each.tags or ()))) for each in listed))

    def describe(self, reference: str) -> Described:
        """Return all that the engine says, the image pulled first if that is wanted; raises likewise."""
        with self._asking(reference) as client:
            inspected = self._have(client, reference)
            steps = _history(client, inspected)
            if self._shows_content_bytes is None:
                self._shows_content_bytes = _shows_content_bytes(client)
        return _described(reference, inspected, steps, shows_content_bytes=self._shows_content_bytes)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()

    def _have(self, client: "APIClient", reference: str) -> _Inspected:
        return _inspect(client, have(client, self._host, reference, self._platform, self._pull, self._progress))

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


def _inspect(client: "APIClient", name: str) -> _Inspected:
    return msgspec.convert(client.inspect_image(name), _Inspected)  # type: ignore[no-untyped-call]  # a gap of the stubs


def _history(client: "APIClient", inspected: _Inspected) -> list[_Step]:
    """Ask for an image's history, the newest first; which of it made no layer, engines do not tell."""
    answer = client.history(inspected.image_id)  # type: ignore[no-untyped-call]  # a gap of the stubs
    return msgspec.convert(answer, list[_Step] | None) or []


def _date(seconds: int) -> str | None:
    """Write a date as configurations have it."""
    with suppress(ValueError, OverflowError, OSError):  # in no year that can be written
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    return None


def _outline(client: "APIClient", inspected: _Inspected, name: str) -> Outline:
    history = tuple(step.claim for step in reversed(_history(client, inspected)))
    return Outline(name, inspected.digest, inspected.diff_ids, history)


def _below(client: "APIClient", others: Mapping[str, str], diff_ids: Sequence[str | None]) -> Iterator[Outline]:
    from docker.errors import NotFound

    for image_id, tag in others.items():
        with suppress(NotFound):  # removed since it was listed
            inspected = _inspect(client, image_id)
            layers = inspected.diff_ids
            if 0 < len(layers) < len(diff_ids) and list(layers) == list(diff_ids[: len(layers)]):
                yield _outline(client, inspected, tag)


def _repository(tag: str) -> str:
    return tag.rpartition(":")[0]


def _described(reference: str, inspected: _Inspected, steps: list[_Step], *, shows_content_bytes: bool) -> Described:
    return Described(
        reference=reference,
        image_id=inspected.image_id,
        digests=inspected.digests,
        platform=normal_platform(inspected.os, inspected.architecture, inspected.variant or ""),
        labels=(inspected.config and inspected.config.labels) or {},
        diff_ids=inspected.diff_ids,
        history=tuple((step.claim, max(0, step.size)) for step in reversed(steps)),
        shows_content_bytes=shows_content_bytes,
    )


def _shows_content_bytes(client: "APIClient") -> bool:
    """Tell whether history's sizes are content bytes: Docker's own image stores show them.

    Podman shows the tar's bytes, and Docker's containerd store what its snapshots take on disk.
    """
    version, info = msgspec.convert(client.version(), _Version), msgspec.convert(client.info(), _Info)
    return any(each.name == "Engine" for each in version.components or ()) and not any(
        "io.containerd.snapshotter.v1" in pair for pair in info.driver_status or ()
    )
