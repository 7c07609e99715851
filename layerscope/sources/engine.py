"""An image in a container engine, asked for through the Docker API; podman's socket speaks it too.

The engine saves the image into its answer, which is walked as it passes: no copy is written to disk.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError, NotFoundError
from layerscope.layers.facts import Probes
from layerscope.layers.windows import StreamWindow, counted
from layerscope.model import DiffID, Digest, HistoryEntry, Outline
from layerscope.progress import Progress
from layerscope.reference import Pull
from layerscope.sources.daemon import connect, reason, troubles
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1024 * 1024
_BAD_REQUEST: Final = 400
_UNTAGGED: Final = "<none>:<none>"
_MOST_IMAGES: Final = 200
"""Images of an engine that are looked at; one takes some milliseconds."""


class _RootFS(Struct):
    layers: list[str] | None = field(default=None, name="Layers")


class _Inspected(Struct):
    """What is read of an engine's answer about an image."""

    image_id: str = field(name="Id")
    digests: list[str] | None = field(default=None, name="RepoDigests")
    rootfs: _RootFS | None = field(default=None, name="RootFS")

    @property
    def diff_ids(self) -> list[str]:
        return (self.rootfs and self.rootfs.layers) or []


class _Listed(Struct):
    """What is read of one line of an engine's list of images."""

    image_id: str = field(name="Id")
    tags: list[str] | None = field(default=None, name="RepoTags")


class _Past(Struct):
    """What is read of one entry of an image's history."""

    created_by: str = field(default="", name="CreatedBy")
    comment: str = field(default="", name="Comment")


def save(reference: str, platform: str | None, pull: Pull, progress: Progress, probes: Probes) -> Stream:
    """Let the engine save ``reference``, pulled first if ``pull`` says so, and walk what comes.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    from docker.utils import parse_repository_tag

    client, host = connect()
    try:
        with client:
            image_id = _have(client, host, reference, platform, pull, progress)
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


def outline(reference: str, platform: str | None, pull: Pull, progress: Progress) -> Outline:
    """Ask the engine for the layers of ``reference``, pulled first if ``pull`` says so; nothing is saved.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    with _asking(reference) as (client, host):
        inspected = _inspect(client, _have(client, host, reference, platform, pull, progress))
        if not inspected.diff_ids:
            message = f"{reference}: the engine at {host} tells of no layers"
            raise EngineError(message, hint="Save the image to a file and name that.")
        return _outline(client, inspected, reference)


def outlines_below(reference: str, diff_ids: Sequence[str | None]) -> tuple[Outline, ...]:
    """Ask the engine for its other images whose layers are the bottom ones of ``diff_ids``, and not all of them.

    Left out are those without a tag and those of the same repository: they may be what the image was before. Each of
    the others takes a request, so that an engine with very many is not asked. Raises EngineError.
    """
    with _asking(reference) as (client, _):
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


def _below(client: "APIClient", others: Mapping[str, str], diff_ids: Sequence[str | None]) -> Iterator[Outline]:
    from docker.errors import NotFound

    for image_id, tag in others.items():
        with suppress(NotFound):  # removed since it was listed
            inspected = _inspect(client, image_id)
            layers = inspected.diff_ids
            if 0 < len(layers) < len(diff_ids) and layers == diff_ids[: len(layers)]:
                yield _outline(client, inspected, tag)


def _outline(client: "APIClient", inspected: _Inspected, name: str) -> Outline:
    """Complete the answer about an image by its history; which of that made no layer, engines do not tell."""
    answer = client.history(inspected.image_id)  # type: ignore[no-untyped-call]  # a gap of the stubs
    past = msgspec.convert(answer, list[_Past])
    digests = {each.rpartition("@")[2] for each in inspected.digests or ()}  # of one image pushed to several places
    return Outline(
        reference=name,
        digest=Digest(digests.pop()) if len(digests) == 1 else None,
        diff_ids=tuple(map(DiffID, inspected.diff_ids)),
        history=tuple(HistoryEntry(created_by=each.created_by, comment=each.comment) for each in reversed(past)),
    )


def _inspect(client: "APIClient", name: str) -> _Inspected:
    return msgspec.convert(client.inspect_image(name), _Inspected)  # type: ignore[no-untyped-call]  # a gap of the stubs


def _repository(tag: str) -> str:
    return tag.rpartition(":")[0]


@contextmanager
def _asking(reference: str) -> Iterator[tuple["APIClient", str]]:
    """Ask the engine about ``reference``; raises EngineError for what it cannot answer."""
    client, host = connect()
    try:
        with client:
            yield client, host
    except msgspec.ValidationError as error:
        raise EngineError(f"{reference}: the engine at {host} talks nonsense: {error}") from error
    except troubles() as error:
        message = f"{reference}: the engine at {host} failed: {reason(error)}"
        raise EngineError(message, hint="Look at the engine's log, or name a saved archive.") from error


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


def check_reference(reference: str) -> None:
    """Refuse what can only have been meant for a file before any engine is asked; raises NotFoundError."""
    if not reference.isprintable() or " " in reference or reference.startswith(("-", "/", ".", "~")):
        raise NotFoundError(f"{reference}: no such file, and no image can be named so", hint="Check the path.")
