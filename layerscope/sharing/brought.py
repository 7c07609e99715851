"""Which packages files belong to, told from one image that has them."""

from collections.abc import Mapping, Sequence
from typing import Final

from layerscope.comparison import MovedPackageReport
from layerscope.filesystem import settle
from layerscope.filesystem.files import Files
from layerscope.layers.contents import Contents
from layerscope.packages import all_managers, own

_NEARLY: Final = 0.9
"""Part of a package's bytes that is among the files; the rest is what it wrote of its own image."""


def packages_among(layers: Sequence[Contents], paths: Mapping[str, int]) -> tuple[MovedPackageReport, ...]:
    """List the packages of an image whose files are nearly all among ``paths``."""
    filesystem = settle([layer.entries for layer in layers])
    files = Files(filesystem, [layer.facts for layer in layers])
    owned = own(files, all_managers())
    sizes = filesystem.sizes()
    inside, whole = [0] * len(owned.packages), [0] * len(owned.packages)
    for number, index in owned.owner_of.items():
        whole[index] += sizes[number]
        if filesystem.entries[number].path in paths:
            inside[index] += sizes[number]
    found = [
        MovedPackageReport(each.manager, each.name, each.version, each.content_bytes, each.reason.requested)
        for each, part, total in zip(owned.packages, inside, whole, strict=True)
        if part and part >= _NEARLY * total
    ]
    return tuple(sorted(found, key=lambda each: (not each.requested, -each.content_bytes, each.name)))
