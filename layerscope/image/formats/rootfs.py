"""A plain root filesystem: ``docker export``, ``buildx --output type=tar``, a distribution's own tarball."""

from layerscope.errors import NotAnImageError
from layerscope.image.candidate import Candidate
from layerscope.model import Platform
from layerscope.sources.medium import Medium


def read_rootfs(medium: Medium) -> tuple[Candidate, ...]:
    """Take the tar itself for the only layer; raises NotAnImageError for what is no tar or empty."""
    contents = medium.filesystem()
    if contents is None or not contents.entries:
        raise NotAnImageError(
            f"{medium.title} holds no image: neither manifest.json nor index.json nor repositories",
            hint="Name a saved archive (docker save IMAGE -o FILE), an OCI layout or an image.",
        )
    note = "A plain root filesystem, not an image: one layer, without history, configuration or digests."
    return (Candidate("rootfs", (), Platform("", ""), contents=contents, notes=(note,)),)
