"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from typing import TYPE_CHECKING

from msgspec import Struct

from layerscope.build import Attribution, attribute, locate
from layerscope.filesystem import Filesystem, settle
from layerscope.image import ReadImage
from layerscope.layers.facts import Facts
from layerscope.model import Image

if TYPE_CHECKING:
    from layerscope.build.dockerfile import Source


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, and the instruction that each layer is owed to."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    facts: tuple[Facts, ...]
    """What can be asked of the contents of each layer's files."""


def analyse(read: ReadImage, source: "Source | None" = None) -> Analysis:
    """Tell the fates of an image's bytes and who brought them; ``source`` is the Dockerfile to find lines in."""
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    attribution = attribute(image.history, len(image.layers))
    if source is not None:
        attribution = _on_lines(image, attribution, source)
    return Analysis(image, filesystem, attribution, read.facts)


def _on_lines(image: Image, attribution: Attribution, source: "Source") -> Attribution:
    from layerscope.build.dockerfile import align, environment_of, platform_arguments

    environment = platform_arguments(image.platform) | environment_of(image.run_config.env)
    alignment = align(attribution.instructions, source, environment)
    return locate(attribution, alignment.locations, alignment.notes)
