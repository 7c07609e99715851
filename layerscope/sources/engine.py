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
from layerscope.progress import Progress
from layerscope.reference import Pull
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


def save(reference: str, platform: str | None, pull: Pull, progress: Progress, probes: Probes) -> Stream:
    """Let the engine save ``reference``, pulled first if ``pull`` says so, and walk what comes.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    from docker.utils import parse_repository_tag

    client, host = connect()
    try:
        with client:
            image_id = have(client, host, reference, platform, pull, progress)
            progress.start(f"reading {reference} from the engine", None)
            client.timeout = None  # type: ignore[assignment]  # the stubs do not know that it may be
            # Of a name without a tag, the engine would save every tag; by inspecting and running, it means one image.
            name = reference if parse_repository_tag(reference)[1] else image_id
            with closing(client.get_image(name, chunk_size=_CHUNK)) as pieces:
                return Stream(StreamWindow(counted(pieces, progress.advance)), reference, probes, "engine")
    except troubles() as error:
        message = f"{reference}: the engine at {host} failed: {reason(error)}"
        raise EngineError(
            message, hint="Look at the engine's log, or save the image to a file and name that."
        ) from error


def connect() -> tuple["APIClient", str]:
    """Connect as the docker command would: DOCKER_HOST and TLS variables, else the context chosen or current."""
    from docker import APIClient
    from docker.utils import kwargs_from_env

    host = ""
    unreachable: tuple[type[Exception], ...] = (*troubles(), ValueError)
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


def troubles() -> tuple[type[Exception], ...]:
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
        message = f"{named} cannot be read: {reason(error)}"
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


def have(client: "APIClient", host: str, reference: str, platform: str | None, pull: Pull, progress: Progress) -> str:
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
            message = f"{reference}: no such file, and no image can be named so: {reason(error)}"
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
        raise _not_pulled(reference, host, reason(error)) from error


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
        f"the engine at {host} cannot be reached: {reason(causes[-1])}",
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


def reason(error: BaseException) -> str:
    """Return an error's own words on one line."""
    return " ".join(str(getattr(error, "explanation", None) or error).split())


def check_reference(reference: str) -> None:
    """Refuse what can only have been meant for a file before any engine is asked; raises NotFoundError."""
    if not reference.isprintable() or " " in reference or reference.startswith(("-", "/", ".", "~")):
        raise NotFoundError(f"{reference}: no such file, and no image can be named so", hint="Check the path.")
