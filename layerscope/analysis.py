"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from msgspec import Struct

from layerscope.build import Attribution, Base, attribute, find_base
from layerscope.filesystem import Filesystem, settle
from layerscope.image import ReadImage
from layerscope.layers.facts import Facts
from layerscope.model import Image


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, the instruction that each layer is owed to, and the image below."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    facts: tuple[Facts, ...]
    """What can be asked of the contents of each layer's files."""
    base: Base | None

    @property
    def known_base(self) -> Base | None:
        """The base image, unless it is only guessed."""
        return self.base if self.base and self.base.is_trusted else None


def analyse(read: ReadImage) -> Analysis:
    """Tell the fates of an image's bytes and who brought them."""
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    attribution = attribute(image.history, len(image.layers))
    return Analysis(image, filesystem, attribution, read.facts, find_base(image))
