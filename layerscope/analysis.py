"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from collections.abc import Sequence

from msgspec import Struct

from layerscope.build import Attribution, attribute
from layerscope.filesystem import Filesystem, settle
from layerscope.filesystem.files import Files
from layerscope.image import ReadImage
from layerscope.model import Image
from layerscope.packages import Manager, Owned, own


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, and the instruction that each layer is owed to."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    files: Files
    """The files of all layers, looked up; also what can be asked of their contents."""
    owned: Owned | None
    """The packages, and whose each file is; ``None`` where nobody was asked."""


def analyse(read: ReadImage, managers: Sequence[Manager] | None = None) -> Analysis:
    """Tell the fates of an image's bytes, who brought them, and to which packages of these managers they belong."""
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    files = Files(filesystem, read.facts)
    return Analysis(
        image=image,
        filesystem=filesystem,
        attribution=attribute(image.history, len(image.layers)),
        files=files,
        owned=None if managers is None else own(files, managers),
    )
