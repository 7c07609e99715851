"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from layerscope.build import Attribution, attribute, locate
from layerscope.filesystem import Filesystem, settle
from layerscope.filesystem.files import Files
from layerscope.image import ReadImage
from layerscope.model import Image
from layerscope.packages import Manager, Owned, own

if TYPE_CHECKING:
    from layerscope.build.dockerfile import Source


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, and the instruction that each layer is owed to."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    files: Files
    """The files of all layers, looked up; also what can be asked of their contents."""
    owned: Owned | None
    """The packages, and whose each file is; ``None`` where nobody was asked."""


def analyse(read: ReadImage, managers: Sequence[Manager] | None = None, source: "Source | None" = None) -> Analysis:
    """Tell the fates of an image's bytes, who brought them, and to which packages of these managers they belong.

    ``source`` is the Dockerfile to find the instructions' lines in.
    """
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    files = Files(filesystem, read.facts)
    attribution = attribute(image.history, len(image.layers))
    return Analysis(
        image=image,
        filesystem=filesystem,
        attribution=attribution if source is None else _on_lines(image, attribution, source),
        files=files,
        owned=None if managers is None else own(files, managers),
    )


def _on_lines(image: Image, attribution: Attribution, source: "Source") -> Attribution:
    from layerscope.build.dockerfile import align, environment_of, platform_arguments

    environment = platform_arguments(image.platform) | environment_of(image.run_config.env)
    alignment = align(attribution.instructions, source, environment)
    return locate(attribution, alignment.locations, alignment.notes)
