"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from msgspec import Struct

from layerscope.build import Attribution, attribute
from layerscope.filesystem import Filesystem, settle
from layerscope.image import ReadImage
from layerscope.layers.facts import Facts
from layerscope.model import Image


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, and the instruction that each layer is owed to."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    facts: tuple[Facts, ...]
    """What can be asked of the contents of each layer's files."""


def analyse(read: ReadImage) -> Analysis:
    """Tell the fates of an image's bytes and who brought them."""
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    return Analysis(image, filesystem, attribute(image.history, len(image.layers)), read.facts)
