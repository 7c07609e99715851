"""What is known of an image once its layers are walked: the value that rules judge and the report is made from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from layerscope.build.attribution import Attribution, attribute, attribute_parts
from layerscope.build.base import Base, Beside, find_base
from layerscope.build.provenance import Provenance, read_provenance
from layerscope.errors import DamagedError, LayerscopeError
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
        return trusted(self.base)


class Attributed(Struct, frozen=True):
    """Who brought the layers of an image."""

    attribution: Attribution
    provenance: Provenance | None
    """What is attested of how it was built."""
    base: Base | None
    notes: tuple[str, ...]
    """What the reader should know of how that was found out, a sentence each."""


def trusted(base: Base | None) -> Base | None:
    """Return a base image, unless it is only guessed."""
    return base if base and base.is_trusted else None


def analyse(
    read: ReadImage,
    managers: Sequence[Manager] | None = None,
    source: "Source | None" = None,
    base: Outline | None = None,
    beside: Beside | None = None,
) -> Analysis:
    """Tell the fates of an image's bytes, who brought them, and to which packages of these managers they belong.

    ``source`` is the Dockerfile to find the instructions' lines in, if provenance has none of its own or a person gives
    another. ``beside`` asks an engine for other images, if need be. Raises UsageError if the image is not built on
    ``base``.
    """
    image = read.image
    filesystem = settle([layer.entries for layer in image.layers])
    files = Files(filesystem, read.facts)
    attributed = attribute_image(image, source, base, beside)
    return Analysis(
        image=image,
        filesystem=filesystem,
        attribution=attributed.attribution,
        files=files,
        owned=None if managers is None else own(files, managers),
        provenance=attributed.provenance,
        base=attributed.base,
        notes=attributed.notes,
    )


def attribute_image(
    image: Image, source: "Source | None" = None, base: Outline | None = None, beside: Beside | None = None
) -> Attributed:
    """Tell who brought the layers, as :func:`analyse` does, which need not have been read for that."""
    attribution = attribute(image.history, len(image.layers))
    provenance, notes = _provenance(image)
    troubles: list[str] = []
    found = find_base(image, attribution, provenance, base, beside and _patient(beside, troubles))
    if found and found.confidence == "high" and not found.undecided:
        attribution = attribute_parts(attribution, found.instructions, found.layers, len(image.layers))
    if source or (provenance and provenance.sources):
        from layerscope.build.lines import put_on_lines

        attribution = put_on_lines(image, attribution, provenance, found, source)
    return Attributed(attribution, provenance, found, (*notes, *troubles))


def _patient(beside: Beside, troubles: list[str]) -> Beside:
    """Let what cannot be asked cost a note, and no more."""

    def ask() -> Sequence[Outline]:
        try:
            return beside()
        except LayerscopeError as error:
            troubles.append(f"Whether another image of the engine is the base cannot be told: {error}.")
            return ()

    return ask


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
