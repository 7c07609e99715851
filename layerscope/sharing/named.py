"""A list of images: one a line, or the pods of a cluster as ``kubectl get pods -A -o json`` prints them."""

from codecs import BOM_UTF8
from typing import Final

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError, UsageError

_FINISHED: Final = frozenset({"Succeeded", "Failed"})


class Named(Struct, frozen=True):
    """An image that a list names."""

    target: str
    pods: int | None = None
    """How many pods run it; ``None`` where the list is of no cluster."""


class _Container(Struct, frozen=True):
    image: str = ""


class _Spec(Struct, frozen=True, rename="camel"):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    ephemeral_containers: list[_Container] | None = None

    @property
    def images(self) -> set[str]:
        groups = (self.containers, self.init_containers, self.ephemeral_containers)
        return {container.image for group in groups for container in group or () if container.image}


class _Status(Struct, frozen=True):
    phase: str | None = None


class _Pod(Struct, frozen=True):
    """A pod, or a list of them: kubectl prints one as itself."""

    kind: str = ""
    items: list["_Pod"] | None = None
    spec: _Spec | None = None
    status: _Status | None = None


def read_names(document: bytes, place: str) -> tuple[Named, ...]:
    """Read the list, each image once, in its order; raises DamagedError, or UsageError where it names nothing."""
    document = document.removeprefix(BOM_UTF8)
    names = _of_cluster(document, place) if document.lstrip()[:1] == b"{" else _of_lines(document, place)
    if not names:
        raise UsageError(f"{place} names no image", hint="Name one a line, or pipe in: kubectl get pods -A -o json")
    return names


def _of_lines(document: bytes, place: str) -> tuple[Named, ...]:
    try:
        lines = document.decode().splitlines()
    except UnicodeDecodeError as error:
        raise DamagedError(f"{place}: no list of images: {error}", hint="Name an image a line.") from error
    stripped = (line.strip() for line in lines)
    return tuple(Named(line) for line in dict.fromkeys(stripped) if line and not line.startswith("#"))


def _of_cluster(document: bytes, place: str) -> tuple[Named, ...]:
    """Count, for each image, the pods that are not over; all that have it in any container."""
    try:
        top = msgspec.json.decode(document, type=_Pod)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{place}: not what kubectl get pods -o json prints: {error}"
        raise DamagedError(message, hint="Pipe in: kubectl get pods -A -o json") from error
    counts: dict[str, int] = {}
    for pod in [top] if top.items is None else top.items:
        if pod.spec and not (pod.status and pod.status.phase in _FINISHED):
            for image in sorted(pod.spec.images):
                counts[image] = counts.get(image, 0) + 1
    return tuple(Named(image, pods) for image, pods in counts.items())
