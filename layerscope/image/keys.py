"""What a layer is known by from one run to the next."""

from typing import Final

from msgspec import msgpack

from layerscope.image.candidate import LayerRef
from layerscope.model import Digest
from layerscope.sources.medium import Medium


def layer_key(ref: LayerRef, diff_id: str, medium: Medium) -> bytes | None:
    """Return the key of a layer that is there; ``None`` where nothing can be relied on.

    That is the diff ID where an engine vouches for it; the digest of a blob that has to be read whole to be walked, and
    is verified then; else the stretch of the file, as long as that stays as it is: a saved archive may claim any diff
    ID, and of a plain layer only the headers are read.
    """
    if medium.vouched_by:
        return _encode("diff ID", medium.vouched_by, diff_id, ref.digest) if diff_id else None
    if ref.digest and ref.digest.startswith("sha256:") and not medium.is_walked_by_headers(ref.member):
        is_as_long = ref.blob_bytes is None or medium.size(ref.member) in (None, ref.blob_bytes)
        return digest_key(ref.digest) if is_as_long else None
    return stretch_key(medium, ref.member)


def digest_key(digest: Digest) -> bytes:
    """Return the key of a blob that was verified."""
    return _encode("digest", digest)


def stretch_key(medium: Medium, name: str) -> bytes | None:
    """Return the key of a member, or of the whole medium if it has no name, as it is now."""
    identity = medium.identity(name)
    return None if identity is None else _encode("stretch", *identity)


def _encode(*parts: object) -> bytes:
    return msgpack.encode(parts)


ABSENT: Final = _encode("absent")
"""Of a foreign layer, which need not be there."""
