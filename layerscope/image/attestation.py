"""BuildKit's attestations: which manifest attests which image, and the provenance document in one.

An image index lists them beside the images (buildkit, docs/attestations/attestation-storage.md). What is wrong with one
never costs the image: it costs what would have been known by it, and a note says so.
"""

from typing import Final

from layerscope.errors import LayerscopeError
from layerscope.image.candidate import Candidate
from layerscope.image.wire import Descriptor, Manifest, decode, verify
from layerscope.sources.medium import Medium, blob_name

_TYPE: Final = "vnd.docker.reference.type"
_SUBJECT: Final = "vnd.docker.reference.digest"
_IN_TOTO: Final = "application/vnd.in-toto+json"
_PREDICATE: Final = "in-toto.io/predicate-type"
_PROVENANCE: Final = "https://slsa.dev/provenance/"


def attested(descriptor: Descriptor) -> str | None:
    """Return the digest of the manifest that this one attests; ``None`` for what is no attestation."""
    annotations = descriptor.annotations or {}
    return annotations.get(_SUBJECT) if annotations.get(_TYPE) == "attestation-manifest" else None


def read_provenance(candidate: Candidate, medium: Medium) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the document that tells how an image was built, if there is one, and what the reader should know."""
    attestation = candidate.attestation
    if attestation is None or not medium.has(blob_name(attestation.digest)):  # not saved with the image, as many are
        return None, ()
    try:
        manifest = decode(_document(attestation, medium), Manifest, f"{medium.title}: {blob_name(attestation.digest)}")
        for layer in manifest.layers or ():
            predicate = (layer.annotations or {}).get(_PREDICATE, "")
            if (
                layer.media_type == _IN_TOTO
                and predicate.startswith(_PROVENANCE)
                and medium.has(blob_name(layer.digest))
            ):
                return _document(layer, medium), ()
    except LayerscopeError as error:
        return None, (f"The attestation of how the image was built cannot be read: {error}.",)
    return None, ()


def _document(descriptor: Descriptor, medium: Medium) -> bytes:
    name = blob_name(descriptor.digest)
    document = medium.document(name)
    verify(document, descriptor, f"{medium.title}: {name}")
    return document
