"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from layerscope.build import Attribution, Base, attribute, find_base, locate
from layerscope.build.provenance import Provenance, read_provenance
from layerscope.errors import DamagedError
from layerscope.filesystem import Filesystem, settle
from layerscope.filesystem.files import Files
from layerscope.image import ReadImage
from layerscope.model import Image, Outline
from layerscope.packages import Manager, Owned, own

if TYPE_CHECKING:
    from layerscope.build.dockerfile import Source


class Analysis(Struct, frozen=True):
    """An image, every byte's fate, the instruction that each layer is owed to, and the image below."""

    image: Image
    filesystem: Filesystem
    attribution: Attribution
    files: Files
    """The files of all layers, looked up; also what can be asked of their contents."""
    owned: Owned | None
    """The packages, and whose each file is; ``None`` where nobody was asked."""
    provenance: Provenance | None
    """What is attested of how it was built."""
    base: Base | None
    notes: tuple[str, ...] = ()
    """What the reader should know of how that was found out, a sentence each."""

    @property
    def known_base(self) -> Base | None:
        """The base image, unless it is only guessed."""
        return self.base if self.base and self.base.is_trusted else None


def analyse(
    read: ReadImage,
    managers: Sequence[Manager] | None = None,
    source: "Source | None" = None,
    base: Outline | None = None,
) -> Analysis:
    """Tell the fates of an image's bytes, who brought them, and to which packages of these managers they belong.

    ``source`` is the Dockerfile to find the instructions' lines in. Raises UsageError if the image is not built on
    ``base``.
    """
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    files = Files(filesystem, read.facts)
    attribution = attribute(image.history, len(image.layers))
    provenance, notes = _provenance(image)
    return Analysis(
        image=image,
        filesystem=filesystem,
        attribution=attribution if source is None else _on_lines(image, attribution, source),
        files=files,
        owned=None if managers is None else own(files, managers),
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


def _on_lines(image: Image, attribution: Attribution, source: "Source") -> Attribution:
    from layerscope.build.dockerfile import align, environment_of, platform_arguments

    environment = platform_arguments(image.platform) | environment_of(image.run_config.env)
    alignment = align(attribution.instructions, source, environment)
    return locate(attribution, alignment.locations, alignment.notes)
