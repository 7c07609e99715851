"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from msgspec import Struct

from layerscope.build import Attribution, attribute
from layerscope.filesystem import Filesystem, settle
from layerscope.model import Image


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, and the instruction that each layer is owed to."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution


def analyse(image: Image) -> Analysis:
    """Tell the fates of the bytes of ``image`` and who brought them."""
    filesystem = settle([layer.entries for layer in image.layers])
    return Analysis(image, filesystem, attribute(image.history, len(image.layers)))
