"""Layers are walked, but for those that are known from earlier runs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from layerscope.image.candidate import LayerRef
from layerscope.image.keys import digest_key, layer_key
from layerscope.layers.contents import Contents
from layerscope.sources.medium import Medium

if TYPE_CHECKING:
    from layerscope.cache.layers import Layers


def walk_layers(
    medium: Medium, wanted: Sequence[tuple[LayerRef, str]], known: "Layers | None"
) -> Mapping[str, Contents]:
    """Return the contents of layers, given with their diff IDs, by member; raises DamagedError and its kin.

    ``known`` hears of those that were walked.
    """
    by_member = {ref.member: (ref, diff_id) for ref, diff_id in wanted}
    if known is None:
        return medium.layers(tuple(by_member))
    contents: dict[str, Contents] = {}
    keys = {name: layer_key(*told, medium) for name, told in by_member.items()}
    for name, key in keys.items():
        if key and (found := known.find(key, medium.facts(name), partial(layer_key, *by_member[name], medium))):
            contents[name] = found
    if missing := tuple(name for name in by_member if name not in contents):
        for name, walked in medium.layers(missing).items():
            contents[name] = walked
            _note(walked, by_member[name], keys[name], medium, known)
    return contents


def _note(walked: Contents, told: tuple[LayerRef, str], key: bytes | None, medium: Medium, known: "Layers") -> None:
    """Let what was walked be known, under what it was proven to be."""
    verified = None
    if walked.digest is not None and not medium.vouched_by:
        verified = digest_key(walked.digest)
        known.note(verified, walked, lambda: verified)
    if key and key != verified and not (told[0].digest and key == digest_key(told[0].digest)):
        known.note(key, walked, partial(layer_key, *told, medium))
