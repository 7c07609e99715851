"""An image in a container engine, asked for through the Docker API; podman's socket speaks it too.

The engine saves the image into its answer, which is walked as it passes: no copy is written to disk. Where the
documents are known from an earlier run, it only saves if a layer is asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from msgspec import Struct, field

from layerscope.errors import EngineError, NotFoundError
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probes
from layerscope.layers.windows import StreamWindow, counted
from layerscope.model import Entry
from layerscope.progress import Progress
from layerscope.reference import Pull
from layerscope.sources.daemon import connect, reason, troubles
from layerscope.sources.medium import Members
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1024 * 1024
_BAD_REQUEST: Final = 400
_NAMED: Final = 4
"""Images that a hint names."""


class Documents(Protocol):
    """Keeps, from one run to the next, what engines said of their images."""

    def get(self, key: bytes) -> bytes | None:
        """Return what was put under ``key``, if it is still there."""
        ...

    def put(self, key: bytes, body: bytes) -> None:
        """Keep ``body``."""
        ...


class _Listed(Struct, frozen=True):
    """One image of an engine's list."""

    names: list[str] | None = field(default=None, name="RepoTags")


class _Had(Struct):
    """What is read of an engine's answer about an image that it has."""

    image_id: str = field(name="Id")


class _Amounts(Struct):
    current: int = 0
    total: int = 0


class _Event(Struct, rename="camel"):
    """What an engine says of a pull now and then: of one layer, or that it has failed."""

    id: str | None = None
    status: str | None = None
    progress_detail: _Amounts | None = None
    error: object = None


class _Saved(Struct, frozen=True):
    """What an engine saves of an image, but for the layers' contents."""

    members: tuple[Entry, ...]
    documents: dict[str, bytes]


class Known:
    """An image of an engine whose documents are known; it is saved when more is asked than those tell."""

    transport = "engine"
    fetched_bytes = None

    def __init__(self, title: str, host: str, saved: _Saved, save: Callable[[], Stream]) -> None:
        self.title = title
        self.vouched_by = host
        self._documents = saved.documents
        self._members = Members(saved.members)
        self._save = cache(save)

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def document(self, name: str) -> bytes:
        path = self._members.get(name, self.title).path
        return self._documents[path] if path in self._documents else self._save().document(name)

    def size(self, name: str) -> int | None:
        entry = self._members.find(name)
        return entry.size if entry else None

    def is_walked_by_headers(self, name: str) -> bool:
        return self._save().is_walked_by_headers(name)

    def identity(self, name: str) -> tuple[int, ...] | None:  # noqa: ARG002 - as the interface has it
        return None

    def facts(self, name: str) -> Facts | None:  # noqa: ARG002 - as the interface has it
        return None

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        return self._save().layers(names)

    def filesystem(self) -> Contents | None:
        return self._save().filesystem()


def open_image(  # noqa: PLR0913 - what every source may need
    reference: str,
    platform: str | None,
    pull: Pull,
    progress: Progress,
    probes: Probes,
    documents: Documents | None,
    *,
    layers: bool = True,
) -> Stream | Known:
    """Look for an image, pulled first if ``pull`` says so; let the engine save it unless ``documents`` know it.

    Raises NotFoundError, or EngineError with where the engine was looked for.
    """
    client, host = connect()
    with client:
        try:
            image_id = have(client, host, reference, platform, pull, progress)
            # All that the engine says: what it saves under this name may change, and the ID stay.
            said = client.inspect_image(image_id) if documents else {}  # type: ignore[no-untyped-call]
        except troubles() as error:
            raise _failed(reference, host, error) from error
        save = partial(_save, reference, image_id, progress, probes, layers=layers)
        if documents is None:
            return save(client, host)
        key = msgspec.msgpack.encode((host, reference, msgspec.json.encode(said, order="sorted")))
        known = _read(documents.get(key), image_id)
        if known is None:
            stream = save(client, host)
            stream.vouched_by = host
            _keep(stream, image_id, key, documents)
            return stream
    return Known(reference, host, known, lambda: _again(save))


def _again(save: Callable[["APIClient", str], Stream]) -> Stream:
    client, host = connect()
    with client:
        return save(client, host)


def _save(  # noqa: PLR0913 - what every source may need, and the engine
    reference: str,
    image_id: str,
    progress: Progress,
    probes: Probes,
    client: "APIClient",
    host: str,
    *,
    layers: bool,
) -> Stream:
    """Let the engine save an image, and walk what comes."""
    from docker.utils import parse_repository_tag

    progress.start(f"reading {reference} from the engine", None)
    client.timeout = None  # type: ignore[assignment]  # the stubs do not know that it may be
    # Of a name without a tag, the engine would save every tag; by inspecting and running, it means one image.
    name = reference if parse_repository_tag(reference)[1] else image_id
    try:
        with closing(client.get_image(name, chunk_size=_CHUNK)) as pieces:
            window = StreamWindow(counted(pieces, progress.advance))
            return Stream(window, reference, probes, "engine", layers=layers)
    except troubles() as error:
        raise _failed(reference, host, error) from error


def _failed(reference: str, host: str, error: BaseException) -> EngineError:
    message = f"{reference}: the engine at {host} failed: {reason(error)}"
    return EngineError(message, hint="Look at the engine's log, or save the image to a file and name that.")


def _keep(stream: Stream, image_id: str, key: bytes, documents: Documents) -> None:
    saved = _Saved(tuple(stream.entries), dict(stream.documents))
    if _is_of(image_id, saved):
        with suppress(UnicodeEncodeError):
            documents.put(key, msgspec.msgpack.encode(saved))


def _read(body: bytes | None, image_id: str) -> _Saved | None:
    """Decode what was kept; it is verified again that it tells of this image."""
    with suppress(msgspec.DecodeError):
        saved = msgspec.msgpack.decode(body or b"", type=_Saved)
        return saved if _is_of(image_id, saved) else None
    return None


def _is_of(image_id: str, saved: _Saved) -> bool:
    """Tell whether the document is there that the image's ID is the digest of: a configuration, manifest or index."""
    return any(f"sha256:{sha256(document).hexdigest()}" == image_id for document in saved.documents.values())


def have(client: "APIClient", host: str, reference: str, platform: str | None, pull: Pull, progress: Progress) -> str:
    """See to it that the engine has the image; return its ID."""
    from docker import errors

    if pull != "always":
        try:
            return _image_id(client, reference)
        except errors.NotFound as error:
            if pull == "never":
                message = f"{reference}: no such file, and no such image in the engine at {host}"
                hint = "Name a saved archive, or pull the image: --pull missing."
                raise NotFoundError(message, hint=_namesakes(client, reference) + hint) from error
        except errors.APIError as error:
            if error.status_code != _BAD_REQUEST:
                raise
            message = f"{reference}: no such file, and no image can be named so: {reason(error)}"
            raise NotFoundError(message, hint="Check the path or the name.") from error
    _pull(client, host, reference, platform, progress)
    return _image_id(client, reference)


def _image_id(client: "APIClient", reference: str) -> str:
    answer = client.inspect_image(reference)  # type: ignore[no-untyped-call]  # a gap of the stubs
    return msgspec.convert(answer, _Had).image_id


def _pull(client: "APIClient", host: str, reference: str, platform: str | None, progress: Progress) -> None:
    from docker import errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    progress.start(f"pulling {reference}", None)
    done: dict[str | None, int] = {}
    totals: dict[str | None, int] = {}
    try:
        for said in client.pull(repository, tag=tag or "latest", platform=platform, stream=True, decode=True):
            event = msgspec.convert(said, _Event)
            if event.error is not None:
                raise _not_pulled(client, host, reference, str(event.error))
            amounts = event.progress_detail or _Amounts()
            if event.status == "Downloading":
                totals[event.id] = amounts.total
                current = amounts.current
            elif event.status == "Download complete":  # the engine tells only now and then how far it is
                current = totals.get(event.id, 0)
            else:
                continue
            progress.advance(max(0, current - done.get(event.id, 0)))
            done[event.id] = max(current, done.get(event.id, 0))
    except (errors.APIError, msgspec.ValidationError) as error:
        raise _not_pulled(client, host, reference, reason(error)) from error


def _not_pulled(client: "APIClient", host: str, reference: str, reason: str) -> NotFoundError:
    hint = "Check the name, log in if the repository is private, or name a saved archive."
    message = f"{reference}: no such file or image, and the engine at {host} could not pull it: {reason}"
    return NotFoundError(message, hint=_namesakes(client, reference) + hint)


def _namesakes(client: "APIClient", reference: str) -> str:
    """Say which images of the same repository the engine has: a tag that was left out means the latest."""
    from docker.utils import parse_repository_tag

    with suppress(*troubles(), msgspec.ValidationError):  # it need not be known
        answer = client.images(name=parse_repository_tag(reference)[0])
        names = sorted({name for each in msgspec.convert(answer, list[_Listed]) for name in each.names or ()})
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        return f"The engine has {', '.join(names[:_NAMED])}{more}. " if names else ""
    return ""
