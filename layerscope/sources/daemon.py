"""How an engine is reached: where the docker command would look for it, and what to say where nobody answers."""

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError, NoEngineError

if TYPE_CHECKING:
    from docker import APIClient

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
    """List what is raised when an engine refuses, breaks off or talks nonsense; no library hides another's errors."""
    from docker.errors import DockerException, StreamParseError
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    return (DockerException, StreamParseError, RequestException, HTTPError, OSError, msgspec.ValidationError)


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


def _unreachable(host: str, error: BaseException) -> EngineError:
    """Say why nobody answered, from the error of the system at the bottom of those of three libraries."""
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return EngineError(
            f"no permission to use the engine at {host}",
            hint="Join the group that owns the socket (often docker), use sudo, or name a saved archive.",
        )
    if any(isinstance(cause, FileNotFoundError | ConnectionRefusedError) for cause in causes):
        return NoEngineError(
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
