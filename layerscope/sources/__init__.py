"""Where an image comes from: an archive, a folder, a stream, an engine, a registry.

What a target is, is found out by looking inside, never by a file's name and never by trying one source after another;
but for a name that stands for itself: where no engine answers, the registry is asked.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from layerscope.errors import (
    NoEngineError,
    NotAnImageError,
    NotFoundError,
    UnreadableImageError,
    UnsupportedError,
    UsageError,
)
from layerscope.layers import is_plain
from layerscope.layers.compression import PREFIX, decompress, sniff
from layerscope.layers.facts import Probes
from layerscope.layers.windows import FileWindow, PipeWindow, StreamWindow, Window, counted, pieces
from layerscope.model import Compression
from layerscope.progress import Progress
from layerscope.reference import (
    Pull,
    Reach,
    Source,
    Target,
    Transport,
    check_reference,
    parse_platform,
    parse_target,
    splits,
)
from layerscope.sources.archive import Archive
from layerscope.sources.layout import Folder
from layerscope.sources.medium import STANDARD_INPUT, Medium, at_place
from layerscope.sources.stream import Stream

if TYPE_CHECKING:
    from layerscope.sources.engine import Documents
    from layerscope.sources.registry import Registry

__all__ = ["Medium", "Opened", "asks_engine", "by_reference", "locate", "may_ask_registry", "open_target"]

_FOLDERS = {Transport.OCI, Transport.DIR}
_FILES = {Transport.DOCKER_ARCHIVE, Transport.OCI_ARCHIVE}
_NAMES = {Transport.REGISTRY, Transport.DAEMON, Transport.BARE}
_USUAL: Final = Reach()


class Opened(Struct, frozen=True):
    """A medium, and which of its images was asked for: a name, ``@`` and a number, or empty for the only one."""

    medium: Medium
    choice: str


@contextmanager
def open_target(  # noqa: PLR0913 - what every source may need
    target: Target,
    platform: str | None,
    pull: Pull,
    progress: Progress,
    probes: Probes,
    *,
    layers: bool = True,
    reach: Reach = _USUAL,
    documents: "Documents | None" = None,
) -> Iterator[Opened]:
    """Open what ``target`` names; whatever was opened is closed again at the end.

    Without ``layers`` its documents are enough, and what passes by once is not walked for more. An engine whose
    ``documents`` of the image are known saves it only if need be.
    """
    if target.transport is Transport.STDIN:
        with _open_stdin(progress, probes, layers=layers) as medium:
            yield Opened(medium, "")
        return
    if found := locate(target):
        path, choice = found
        with _open_path(path, target.transport, progress, probes, layers=layers) as medium:
            yield Opened(medium, choice)
        return
    if target.transport not in _NAMES:
        raise NotFoundError(f"{target.name}: no such file or folder", hint="Check the path.")
    check_reference(target.name)
    unanswered = None
    if asks_engine(target, reach):
        from layerscope.sources import engine

        try:
            saved = engine.open_image(target.name, platform, pull, progress, probes, documents, layers=layers)
        except NoEngineError as error:
            if not may_ask_registry(target, reach):
                raise
            unanswered = error
        else:
            yield Opened(saved, "")
            return
    with closing(_ask_registry(target.name, platform, reach, progress, probes, unanswered)) as registry:
        yield Opened(registry, "")


def locate(target: Target) -> tuple[Path, str] | None:
    """Find the path that a target names, and what is chosen of it; ``None`` where there is none."""
    if target.transport in (Transport.REGISTRY, Transport.DAEMON, Transport.STDIN):
        return None
    return next(((Path(path), choice) for path, choice in splits(target.name) if _may_be_there(path)), None)


def _may_be_there(path: str) -> bool:
    """Tell whether a path is there, or nobody may look: opening it says so. But no image is named like a path."""
    try:
        os.lstat(path)
    except PermissionError:
        return path.startswith(os.sep)
    except (OSError, ValueError):
        return False
    return True


def asks_engine(target: Target, reach: Reach = _USUAL) -> bool:
    """Tell whether an engine is asked for what ``target`` names, first or at all."""
    if target.transport is Transport.BARE:
        return reach.source != "registry" and locate(target) is None
    return target.transport is Transport.DAEMON


def may_ask_registry(target: Target, reach: Reach) -> bool:
    """Tell whether the registry is asked where no engine answers."""
    return target.transport is Transport.BARE and reach.source is None


def by_reference(image: str, source: Source | None) -> str:
    """Name an image as a target that is no file, whatever lies in the working directory: as a cluster's never is."""
    if source == "registry":
        return f"{Transport.REGISTRY}://{image}"
    target = parse_target(image)
    is_reference = target.transport is Transport.BARE and locate(target) is None
    return image if is_reference else f"{Transport.DAEMON}:{image}"


def _ask_registry(
    reference: str,
    platform: str | None,
    reach: Reach,
    progress: Progress,
    probes: Probes,
    unanswered: NoEngineError | None,
) -> "Registry":
    """Ask the registry; where that fails too, tell what was tried before."""
    from layerscope.sources.registry import open_registry

    try:
        return open_registry(reference, parse_platform(platform) if platform else None, reach, progress, probes)
    except UsageError as error:
        if unanswered is None:
            raise
        message = f"{reference}: no such file, and no image can be named so"
        raise NotFoundError(message, hint="Check the path or the name.") from error
    except UnreadableImageError as error:
        if unanswered is None:
            raise
        other = str(error).removeprefix(f"{reference}: ")
        message = f"{reference}: no such file, {unanswered}, and {other}"
        raise type(error)(message, hint=f"{error.hint} {unanswered.hint}".strip()) from error


@contextmanager
def _open_stdin(progress: Progress, probes: Probes, *, layers: bool) -> Iterator[Medium]:
    title = STANDARD_INPUT
    try:
        if sys.stdin is None:  # closed, as by <&-
            raise OSError("it is closed")
        with _open_file(sys.stdin.fileno(), title, progress, probes, layers=layers) as medium:
            yield medium
    except OSError as error:
        raise UnreadableImageError(f"{title}: {error.strerror or error}", hint="Name a saved archive.") from error


@contextmanager
def _open_path(
    path: Path, transport: Transport, progress: Progress, probes: Probes, *, layers: bool
) -> Iterator[Medium]:
    try:
        is_folder = path.is_dir()
        if is_folder if transport in _FILES else not is_folder and transport in _FOLDERS:
            kind = "a folder" if is_folder else "no folder"
            raise UsageError(f"{path} is {kind}", hint=f"Leave out {transport}: and layerscope looks for itself.")
        if is_folder:
            with closing(Folder(path, progress, probes)) as folder:
                yield folder
            return
        with (
            path.open("rb", buffering=0) as file,
            _open_file(file.fileno(), str(path), progress, probes, layers=layers) as medium,
        ):
            yield medium
    except OSError as error:
        place = os.fsdecode(error.filename) if error.filename else path
        raise UnreadableImageError(
            f"{place}: {error.strerror or error}", hint="Check the path and its rights."
        ) from error


@contextmanager
def _open_file(file: int, title: str, progress: Progress, probes: Probes, *, layers: bool) -> Iterator[Medium]:
    """Look into an open file: a plain tar in a file can be read anywhere, everything else passes by once."""
    if os.isatty(file):
        raise UsageError(
            f"{title} is a terminal", hint="Pipe a saved image in: docker save IMAGE | layerscope inspect -"
        )
    status = os.fstat(file)
    is_regular = stat.S_ISREG(status.st_mode)
    pipe = None if is_regular else PipeWindow(file, progress.advance)
    window: Window = pipe or FileWindow(file, 0, status.st_size)
    try:
        if pipe:  # before its first bytes are looked at, which count too
            progress.start(f"reading {title}", None)
        if not window.peek(1):
            hint = "Did the command that writes to it fail?" if title == STANDARD_INPUT else "Save the image again."
            raise NotAnImageError(f"{title} is empty", hint=hint)
        if is_regular and is_plain(window):
            yield Archive(file, title, progress, probes)
            return
        if is_regular:
            progress.start(f"reading {title}", status.st_size)
        plain = _plain(window, title, progress.advance if is_regular else lambda _: None)
        yield Stream(plain, title, probes, layers=layers)
    finally:
        if pipe:
            pipe.close()


def _plain(window: Window, title: str, advance: Callable[[int], None]) -> Window:
    """Take the compression off a whole archive, if it has one."""
    if is_plain(window):
        return window
    try:
        compression = sniff(window.peek(PREFIX))
    except UnsupportedError as error:
        raise at_place(error, title) from error
    if compression is Compression.NONE:
        hint = "Name a saved archive (docker save IMAGE -o FILE), an OCI layout or an image."
        raise NotAnImageError(f"{title} is no archive, compressed or plain", hint=hint)
    return StreamWindow(decompress(counted(pieces(window), advance), compression))
