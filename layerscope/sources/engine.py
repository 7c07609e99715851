"""An image in a container engine, asked for through the Docker API; podman's socket speaks it too.

The engine saves the image into its answer, which is walked as it passes: no copy is written to disk.
"""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError, NotFoundError
from layerscope.layers.facts import Probes
from layerscope.layers.windows import StreamWindow, counted
from layerscope.model import DiffID, Digest, HistoryEntry, Platform
from layerscope.progress import Progress
from layerscope.reference import Pull, normal_platform
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1024 * 1024
_BAD_REQUEST: Final = 400
_CERTIFICATES: Final = ("ca.pem", "cert.pem", "key.pem")
_PATIENCE: Final = 60
"""Seconds to wait for an answer that needs no work; a save or a pull may take as long as it takes."""


class _Config(Struct):
    """What is read of the docker command's ``config.json``."""

    current: str = field(default="", name="currentContext")


class _Endpoint(Struct):
    host: str = field(name="Host")
    unverified: bool = field(default=False, name="SkipTLSVerify")


class _Endpoints(Struct):
    docker: _Endpoint


class _Context(Struct):
    """What is read of a context's ``meta.json``."""

    endpoints: _Endpoints = field(name="Endpoints")


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
    """Of the manifest that it was pulled or pushed by, if all its names agree on one."""
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
        self._shows_content_bytes = False

    def __call__(self, reference: str) -> Described:
        """Describe an image, pulled first if that is wanted; raises NotFoundError or EngineError."""
        check_reference(reference)
        if self._client is None:
            self._client, self._host = _connect()
        client = self._client
        try:
            if not self._shows_content_bytes:
                self._shows_content_bytes = _shows_content_bytes(client)
            image_id = _have(client, self._host, reference, self._platform, self._pull, self._progress)
            answer = client.inspect_image(image_id)  # type: ignore[no-untyped-call]  # a gap of the stubs
            inspected = msgspec.convert(answer, _Inspected)
            steps = msgspec.convert(client.history(image_id), list[_Step])  # type: ignore[no-untyped-call]
        except msgspec.ValidationError as error:
            message = f"{reference}: the engine at {self._host} talks nonsense: {error}"
            raise EngineError(message, hint="Save the image to a file and name that.") from error
        except _troubles() as error:
            message = f"{reference}: the engine at {self._host} failed: {_reason(error)}"
            raise EngineError(message, hint="Look at the engine's log, or name a saved archive.") from error
        return _described(reference, inspected, steps, shows_content_bytes=self._shows_content_bytes)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()


def _described(reference: str, inspected: _Inspected, steps: list[_Step], *, shows_content_bytes: bool) -> Described:
    digests = {each.rpartition("@")[2] for each in inspected.digests or ()}
    return Described(
        reference=reference,
        image_id=inspected.image_id,
        digest=Digest(digests.pop()) if len(digests) == 1 else None,
        platform=normal_platform(inspected.os, inspected.architecture, inspected.variant or ""),
        labels=(inspected.config and inspected.config.labels) or {},
        diff_ids=tuple(map(DiffID, (inspected.rootfs and inspected.rootfs.layers) or ())),
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


def save(reference: str, platform: str | None, pull: Pull, progress: Progress, probes: Probes) -> Stream:
    """Let the engine save ``reference``, pulled first if ``pull`` says so, and walk what comes.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    from docker.utils import parse_repository_tag

    client, host = _connect()
    try:
        with client:
            image_id = _have(client, host, reference, platform, pull, progress)
            progress.start(f"reading {reference} from the engine", None)
            client.timeout = None  # type: ignore[assignment]  # the stubs do not know that it may be
            # Of a name without a tag, the engine would save every tag; by inspecting and running, it means one image.
            name = reference if parse_repository_tag(reference)[1] else image_id
            with closing(client.get_image(name, chunk_size=_CHUNK)) as pieces:
                return Stream(StreamWindow(counted(pieces, progress.advance)), reference, probes, "engine")
    except _troubles() as error:
        message = f"{reference}: the engine at {host} failed: {_reason(error)}"
        raise EngineError(
            message, hint="Look at the engine's log, or save the image to a file and name that."
        ) from error


def _connect() -> tuple["APIClient", str]:
    """Connect as the docker command would: DOCKER_HOST and TLS variables, else the context chosen or current."""
    from docker import APIClient
    from docker.utils import kwargs_from_env

    host = ""
    unreachable: tuple[type[Exception], ...] = (*_troubles(), ValueError)
    try:
        settings: dict[str, Any] = dict(kwargs_from_env())
        host = settings.get("base_url", "")
        if not host:
            settings |= _context()
            host = settings.get("base_url", "")
        client = APIClient(version="auto", timeout=_PATIENCE, use_ssh_client=host.startswith("ssh://"), **settings)
    except unreachable as error:
        raise _unreachable(host or "its usual place", error) from error
    return client, host or client.base_url


def _troubles() -> tuple[type[Exception], ...]:
    """List what the libraries raise when an engine refuses, breaks off or talks nonsense; none hides another's."""
    from docker.errors import DockerException, StreamParseError
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    return (DockerException, StreamParseError, RequestException, HTTPError, OSError)


def _context() -> dict[str, Any]:
    """Return how to reach the engine of the context that DOCKER_CONTEXT names, or of the current one.

    The docker package looks for contexts beside ``config.json`` and, where there is none, in the working directory; so
    the way to them is our own.
    """
    from docker.context import ContextAPI

    # Path.home() would fail for a user without a home, as containers have them.
    home = Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"))  # noqa: PTH111
    name = os.environ.get("DOCKER_CONTEXT")
    named = f"the context {name!r} of DOCKER_CONTEXT"
    if not name:
        with suppress(OSError, msgspec.DecodeError):  # the docker command goes on without them, too
            name = msgspec.json.decode((home / "config.json").read_bytes(), type=_Config).current
        named = f"the current context {name!r}"
    if name in (None, "", "default"):
        return dict(ContextAPI.kwargs_from_context("default"))
    place = sha256(name.encode()).hexdigest()
    try:
        context = msgspec.json.decode((home / "contexts/meta" / place / "meta.json").read_bytes(), type=_Context)
    except FileNotFoundError as error:
        raise EngineError(f"{named} does not exist", hint="docker context ls lists those that do.") from error
    except (OSError, msgspec.DecodeError) as error:
        message = f"{named} cannot be read: {_reason(error)}"
        raise EngineError(message, hint="docker context inspect may tell more.") from error
    endpoint = context.endpoints.docker
    return {"base_url": endpoint.host} | _certificates(home / "contexts/tls" / place / "docker", endpoint.unverified)


def _certificates(folder: Path, unverified: bool) -> dict[str, Any]:
    from docker.tls import TLSConfig

    ca, certificate, key = (str(path) if (path := folder / name).exists() else None for name in _CERTIFICATES)
    if not (ca or certificate or key or unverified):
        return {}
    pair = (certificate, key) if certificate and key else None
    return {"tls": TLSConfig(client_cert=pair, ca_cert=ca, verify=not unverified)}


def _have(client: "APIClient", host: str, reference: str, platform: str | None, pull: Pull, progress: Progress) -> str:
    """See to it that the engine has the image; return its ID."""
    from docker import errors

    if pull != "always":
        try:
            return _image_id(client, reference)
        except errors.NotFound as error:
            if pull == "never":
                message = f"{reference}: no such file, and no such image in the engine at {host}"
                raise NotFoundError(message, hint="Name a saved archive, or pull the image: --pull missing.") from error
        except errors.APIError as error:
            if error.status_code != _BAD_REQUEST:
                raise
            message = f"{reference}: no such file, and no image can be named so: {_reason(error)}"
            raise NotFoundError(message, hint="Check the path or the name.") from error
    _pull(client, host, reference, platform, progress)
    return _image_id(client, reference)


def _image_id(client: "APIClient", reference: str) -> str:
    return str(client.inspect_image(reference)["Id"])  # type: ignore[no-untyped-call]  # a gap of the stubs


def _pull(client: "APIClient", host: str, reference: str, platform: str | None, progress: Progress) -> None:
    from docker import errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    progress.start(f"pulling {reference}", None)
    try:
        done: dict[str, int] = {}
        totals: dict[str, int] = {}
        for event in client.pull(repository, tag=tag or "latest", platform=platform, stream=True, decode=True):
            if "error" in event:
                raise _not_pulled(reference, host, str(event["error"]))
            layer, status = event.get("id", ""), event.get("status")
            if status == "Downloading":
                totals[layer] = int(event.get("progressDetail", {}).get("total", 0))
                current = int(event.get("progressDetail", {}).get("current", 0))
            elif status == "Download complete":  # the engine tells only now and then how far it is
                current = totals.get(layer, 0)
            else:
                continue
            progress.advance(max(0, current - done.get(layer, 0)))
            done[layer] = max(current, done.get(layer, 0))
    except errors.APIError as error:
        raise _not_pulled(reference, host, _reason(error)) from error


def _not_pulled(reference: str, host: str, reason: str) -> NotFoundError:
    return NotFoundError(
        f"{reference}: no such file or image, and the engine at {host} could not pull it: {reason}",
        hint="Check the name, log in if the repository is private, or name a saved archive.",
    )


def _unreachable(host: str, error: BaseException) -> EngineError:
    """Say why nobody answered, from the error of the system at the bottom of those of three libraries."""
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return EngineError(
            f"no permission to use the engine at {host}",
            hint="Join the group that owns the socket (often docker), use sudo, or name a saved archive.",
        )
    if any(isinstance(cause, FileNotFoundError | ConnectionRefusedError) for cause in causes):
        return EngineError(
            f"no engine answers at {host}",
            hint="Start the engine, set DOCKER_HOST (podman: unix:///run/podman/podman.sock), or name a saved archive.",
        )
    return EngineError(
        f"the engine at {host} cannot be reached: {_reason(causes[-1])}",
        hint="Check DOCKER_HOST, DOCKER_CONTEXT and the TLS variables, or name a saved archive.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those behind it: the libraries chain them in three ways."""
    seen: list[BaseException] = []
    queue: list[BaseException] = [error]
    while queue:
        cause = queue.pop(0)
        if cause in seen:
            continue
        seen.append(cause)
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        queue.extend(each for each in inner if isinstance(each, BaseException))


def _reason(error: BaseException) -> str:
    """Return an error's own words on one line."""
    return " ".join(str(getattr(error, "explanation", None) or error).split())


def check_reference(reference: str) -> None:
    """Refuse what can only have been meant for a file before any engine is asked; raises NotFoundError."""
    if not reference.isprintable() or " " in reference or reference.startswith(("-", "/", ".", "~")):
        raise NotFoundError(f"{reference}: no such file, and no image can be named so", hint="Check the path.")
