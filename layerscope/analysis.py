"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from msgspec import Struct

from layerscope.build import Attribution, Base, attribute, find_base
from layerscope.build.provenance import Provenance, read_provenance
from layerscope.errors import DamagedError
from layerscope.filesystem import Filesystem, settle
from layerscope.image import ReadImage
from layerscope.layers.facts import Facts
from layerscope.model import Image, Outline


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, the instruction that each layer is owed to, and the image below."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    facts: tuple[Facts, ...]
    """What can be asked of the contents of each layer's files."""
    provenance: Provenance | None
    """What is attested of how it was built."""
    base: Base | None
    notes: tuple[str, ...] = ()
    """What the reader should know of how that was found out, a sentence each."""

    @property
    def known_base(self) -> Base | None:
        """The base image, unless it is only guessed."""
        return self.base if self.base and self.base.is_trusted else None


def analyse(read: ReadImage, base: Outline | None = None) -> Analysis:
    """Tell the fates of an image's bytes and who brought them; raises UsageError if it is not built on ``base``."""
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    attribution = attribute(image.history, len(image.layers))
    provenance, notes = _provenance(image)
    return Analysis(
        image=image,
        filesystem=filesystem,
        attribution=attribution,
        facts=read.facts,
        provenance=provenance,
        base=find_base(image, attribution, provenance, base),
        notes=notes,
    )


def _provenance(image: Image) -> tuple[Provenance | None, tuple[str, ...]]:
    """Read what is attested of this image; what is not, or of another one, costs a note."""
    if image.provenance is None:
        return None, ()
    try:
        provenance = read_provenance(image.provenance)
    except DamagedError as error:
        return None, (f"The attestation of how the image was built cannot be read: {error}.",)
    if image.digest not in provenance.subjects:
        return None, ("The attestation of how the image was built speaks of another image.",)
    return provenance, ()
