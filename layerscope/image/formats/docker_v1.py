"""What ``docker save`` wrote before 1.10: a folder a layer, each with a ``json`` that names its parent.

There were no diff IDs and no history list: each layer carried its own configuration, and the image was its top layer.
"""

import re
from typing import Final

from msgspec import Struct

from layerscope.errors import DamagedError, MissingBlobError, NotAnImageError
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.wire import Config, decode
from layerscope.model import Platform
from layerscope.sources.medium import Medium

_DEPTH_LIMIT: Final = 1024
_LATER: Final = r"[0-9a-f]{64}\.(json|tar)"
"""The configuration, or a layer, in archives that have a ``manifest.json`` unless they are cut off."""
_UNDATED: Final = (None, "1970-01-01T00:00:00Z")


class _Layer(Struct, frozen=True):
    id: str = ""
    parent: str | None = None
    created: str | None = None


class _Command(Struct, frozen=True, rename="pascal"):
    cmd: list[str] | None = None


class _Step(Struct, frozen=True):
    created: str | None = None
    author: str | None = None
    comment: str | None = None
    container_config: _Command | None = None


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
    return decode(medium.document(f"{layer}/json"), _Layer, f"{medium.title}: {layer}/json")


def _candidate(medium: Medium, top: str, names: tuple[str, ...], group: int) -> Candidate:
    chain = [top]
    while parent := _layer(medium, chain[-1]).parent:
        if parent in chain or len(chain) >= _DEPTH_LIMIT:
            raise DamagedError(f"{medium.title}: the layers below {top} have no end")
        chain.append(parent)
    chain.reverse()
    config = decode(medium.document(f"{top}/json"), Config, f"{medium.title}: {top}/json")
    return Candidate(
        form="docker-archive",
        names=names,
        platform=config.platform if config.architecture else Platform("linux", ""),
        group=group,
        config=_with_history(medium, chain, config),
        layers=tuple(LayerRef(f"{layer}/layer.tar") for layer in chain),
        notes=("The archive is older than Docker 1.10: its layers have no diff IDs.",),
    )


def _with_history(medium: Medium, chain: list[str], config: Config) -> Config:
    """Gather the steps' own claims into a history, as later Dockers keep it in one place."""
    history = []
    for layer in chain:
        place = f"{medium.title}: {layer}/json"
        step = decode(medium.document(f"{layer}/json"), _Step, place)
        command = (step.container_config and step.container_config.cmd) or []
        history.append(
            {
                "created": step.created,
                "author": step.author,
                "comment": step.comment,
                "created_by": " ".join(command),
            }
        )
    from msgspec import convert, to_builtins

    return convert({**to_builtins(config), "history": history}, Config)
