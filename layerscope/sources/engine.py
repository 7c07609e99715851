"""An image in a container engine, asked for through the Docker API; podman's socket speaks it too.

The engine saves the image into its answer, which is walked as it passes: no copy is written to disk.
"""

from contextlib import closing
from typing import TYPE_CHECKING, Final

from layerscope.errors import EngineError, NotFoundError
from layerscope.layers.facts import Probes
from layerscope.layers.windows import StreamWindow, counted
from layerscope.progress import Progress
from layerscope.reference import Pull
from layerscope.sources.daemon import connect, reason, troubles
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1024 * 1024
_BAD_REQUEST: Final = 400


def save(
    reference: str, platform: str | None, pull: Pull, progress: Progress, probes: Probes, *, layers: bool = True
) -> Stream:
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
                window = StreamWindow(counted(pieces, progress.advance))
                return Stream(window, reference, probes, "engine", layers=layers)
    except troubles() as error:
        message = f"{reference}: the engine at {host} failed: {reason(error)}"
        raise EngineError(
            message, hint="Look at the engine's log, or save the image to a file and name that."
        ) from error


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
