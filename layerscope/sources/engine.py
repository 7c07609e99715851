"""An image in a container engine, asked for through the Docker API; podman's socket speaks it too.

The engine saves the image into its answer, which is walked as it passes: no copy is written to disk.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from layerscope.errors import EngineError, NotFoundError
from layerscope.layers.windows import StreamWindow, counted
from layerscope.progress import Progress
from layerscope.reference import Pull
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1024 * 1024
_PATIENCE: Final = 60
"""Seconds to wait for an answer that needs no work; a save or a pull may take as long as it takes."""


def save(reference: str, platform: str | None, pull: Pull, progress: Progress) -> Stream:
    """Let the engine save ``reference``, pulled first if ``pull`` says so, and walk what comes.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    from docker import errors
    from requests import RequestException

    client, host = _connect()
    try:
        with client:
            _have(client, host, reference, platform, pull, progress)
            progress.start(f"reading {reference} from the engine", None)
            client.timeout = None
            pieces = client.get_image(reference, chunk_size=_CHUNK)
            return Stream(StreamWindow(counted(pieces, progress.advance)), reference, "engine")
    except (errors.DockerException, RequestException, OSError) as error:
        message = f"{reference}: the engine at {host} failed: {_reason(error)}"
        raise EngineError(
            message, hint="Look at the engine's log, or save the image to a file and name that."
        ) from error


def _connect() -> tuple["APIClient", str]:
    """Connect as the docker command would: DOCKER_HOST and TLS variables, else the context chosen or current."""
    from docker import APIClient, errors
    from docker.utils import kwargs_from_env
    from requests import RequestException

    host = ""
    try:
        settings = kwargs_from_env() or {}
        host = settings.get("base_url", "")
        if not host:
            settings |= _context()
            host = settings.get("base_url", "")
        client = APIClient(version="auto", timeout=_PATIENCE, use_ssh_client=host.startswith("ssh://"), **settings)
    except (errors.DockerException, RequestException, OSError, ValueError) as error:
        raise _unreachable(host or "its usual place", error) from error
    return client, host or client.base_url


def _context() -> dict[str, Any]:
    """Return how to reach the engine of the context that DOCKER_CONTEXT names, or of the current one."""
    from docker.context import ContextAPI

    name = os.environ.get("DOCKER_CONTEXT")
    context = ContextAPI.get_context(name or None)
    if context is None:
        named = f"the context {name!r} of DOCKER_CONTEXT" if name else "the current context"
        raise EngineError(f"{named} does not exist", hint="docker context ls lists those that do.")
    return dict(ContextAPI.kwargs_from_context(name))


def _have(client: "APIClient", host: str, reference: str, platform: str | None, pull: Pull, progress: Progress) -> None:
    """See to it that the engine has the image."""
    from docker import errors

    if pull != "always":
        try:
            client.inspect_image(reference)
        except errors.NotFound as error:
            if pull == "never":
                message = f"{reference}: no such file, and no such image in the engine at {host}"
                raise NotFoundError(message, hint="Name a saved archive, or pull the image: --pull missing.") from error
        else:
            return
    _pull(client, host, reference, platform, progress)


def _pull(client: "APIClient", host: str, reference: str, platform: str | None, progress: Progress) -> None:
    from docker import errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    progress.start(f"pulling {reference}", None)
    try:
        done: dict[str, int] = {}
        for event in client.pull(repository, tag=tag or "latest", platform=platform, stream=True, decode=True):
            if "error" in event:
                raise _not_pulled(reference, host, str(event["error"]))
            if event.get("status") == "Downloading":
                current = int(event.get("progressDetail", {}).get("current", 0))
                progress.advance(max(0, current - done.get(event.get("id", ""), 0)))
                done[event.get("id", "")] = current
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
