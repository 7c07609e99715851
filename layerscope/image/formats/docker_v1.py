"""What ``docker save`` wrote before 1.10: a folder a layer, each with a ``json`` that names its parent.

There were no diff IDs and no history list: each layer carried its own configuration, and the image was its top layer.
"""

import re
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from layerscope.errors import DamagedError, MissingBlobError, NotAnImageError
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.wire import Config, History, decode
from layerscope.model import Platform
from layerscope.sources.medium import Medium

T = TypeVar("T")

_DEPTH_LIMIT: Final = 1024
_LATER: Final = r"[0-9a-f]{64}\.(json|tar)"
"""The configuration, or a layer, in archives that have a ``manifest.json`` unless they are cut off."""
_UNDATED: Final = (None, "1970-01-01T00:00:00Z")


class _Command(Struct, frozen=True, rename="pascal"):
    cmd: list[str] | None = None


class _Layer(Struct, frozen=True):
    """What the ``json`` of a layer says of it; the top layer's is the image's configuration too."""

    parent: str | None = None
    created: str | None = None
    author: str | None = None
    comment: str | None = None
    container_config: _Command | None = None

    def claim(self) -> History:
        """Return what later Dockers keep of the step that made the layer in the image's own history."""
        command = (self.container_config and self.container_config.cmd) or []
        return History(self.created, " ".join(command), self.author, self.comment)


def looks_like(medium: Medium) -> bool:
    """Tell whether there is any layer folder of this form, and nothing that only later Dockers wrote."""
    names = list(medium.names())
    if any(re.fullmatch(_LATER, name) for name in names):
        return False
    return any(medium.has(f"{name.removesuffix('/json')}/layer.tar") for name in names if name.endswith("/json"))


def read_legacy(medium: Medium) -> tuple[Candidate, ...]:
    """Read the images that ``repositories`` names; without it, those that are no other's parent."""
    tops: dict[str, list[str]] = {}
    if medium.has("repositories"):
        place = f"{medium.title}: repositories"
        for repository, tags in decode(medium.document("repositories"), dict[str, dict[str, str]], place).items():
            for tag, top in tags.items():
                tops.setdefault(top, []).append(f"{repository}:{tag}")
    if not tops:
        names = [name.removesuffix("/json") for name in medium.names() if name.endswith("/json")]
        layers = {name: _layer(medium, name) for name in names}
        tops = {layer: [] for layer in sorted(layers.keys() - {each.parent for each in layers.values()})}
        if any(layers[top].created in _UNDATED for top in tops):
            # Later tools write such a thing too, all but the top one without a date, and a manifest.json at the end.
            raise MissingBlobError(f"{medium.title}: manifest.json is missing", hint="Save the image again, whole.")
    if not tops:
        raise NotAnImageError(f"{medium.title}: names no image", hint="Save the image again.")
    return tuple(_candidate(medium, top, tuple(names), group) for group, (top, names) in enumerate(tops.items()))


def _layer(medium: Medium, layer: str) -> _Layer:
    return _read(medium, layer, _Layer)


def _read(medium: Medium, layer: str, shape: type[T]) -> T:
    return decode(medium.document(f"{layer}/json"), shape, f"{medium.title}: {layer}/json")


def _candidate(medium: Medium, top: str, names: tuple[str, ...], group: int) -> Candidate:
    layer = _layer(medium, top)
    chain = {top: layer}
    while parent := layer.parent:
        if parent in chain or len(chain) >= _DEPTH_LIMIT:
            raise DamagedError(f"{medium.title}: the layers below {top} have no end")
        layer = chain[parent] = _layer(medium, parent)
    config = _read(medium, top, Config)
    return Candidate(
        form="docker-archive",
        names=names,
        platform=config.platform if config.architecture else Platform("linux", ""),
        group=group,
        config=replace(config, history=[each.claim() for each in reversed(chain.values())]),
        layers=tuple(LayerRef(f"{name}/layer.tar") for name in reversed(chain)),
        notes=("The archive is older than Docker 1.10: its layers have no diff IDs.",),
    )
