"""A plain root filesystem: ``docker export``, ``buildx --output type=tar``, a distribution's own tarball."""

import re
from typing import Final

from layerscope.errors import MissingBlobError, NotAnImageError
from layerscope.image.candidate import Candidate
from layerscope.model import Platform
from layerscope.sources.medium import Medium

_PART: Final = r"blobs/sha256(/[0-9a-f]{64})?|(sha256:)?[0-9a-f]{64}(\.json|\.tar(\.gz)?|/VERSION|/json|/layer\.tar)?"
"""What an image is saved as: where such are and nothing that lists them, an archive was cut off."""


def read_rootfs(medium: Medium) -> tuple[Candidate, ...]:
    """Take the tar itself for the only layer; raises NotAnImageError for what is no tar or empty."""
    contents = medium.filesystem()
    if contents is None or not contents.entries:
        raise NotAnImageError(
            f"{medium.title} holds no image: neither manifest.json nor index.json nor repositories",
            hint="Name a saved archive (docker save IMAGE -o FILE), an OCI layout or an image.",
        )
    shallow = (entry for entry in contents.entries if entry.parent.count("/") < 2)
    if any(re.fullmatch(_PART, entry.path) for entry in shallow):
        raise MissingBlobError(
            f"{medium.title} holds parts of an image, and neither manifest.json nor index.json",
            hint="Save or download the image again, whole.",
        )
    note = "A plain root filesystem, not an image: one layer, without history, configuration or digests."
    return (Candidate("rootfs", (), Platform("", ""), contents=contents, notes=(note,)),)
