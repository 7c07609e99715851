"""What an image's documents say, held against each other and against the layers."""

from layerscope.errors import DamagedError, DigestError
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.wire import Config
from layerscope.layers.contents import Contents


def check_counts(candidate: Candidate, config: Config, title: str) -> None:
    """Hold the layers of the manifest against the diff IDs of the configuration; raises DamagedError."""
    diff_ids, refs = config.diff_ids, candidate.layers
    if diff_ids and len(diff_ids) != len(refs):
        message = f"{title}: the configuration has {len(diff_ids)} diff IDs, the manifest {len(refs)} layers"
        raise DamagedError(message, hint="Save the image again, whole.")


def check_layer(ref: LayerRef, contents: Contents, place: str) -> None:
    """Hold a layer against its descriptor; raises DigestError. What was only skipped through has no digest."""
    if ref.blob_bytes is not None and ref.blob_bytes != contents.stored_bytes:
        message = f"{place}: {contents.stored_bytes:,} bytes long, where {ref.blob_bytes:,} were promised"
        raise DigestError(message, hint="Save or download the image again.")
    known = ref.digest is not None and ref.digest.startswith("sha256:") and contents.digest is not None
    if known and ref.digest != contents.digest:
        raise DigestError(f"{place}: its digest is {contents.digest}", hint="Save or download the image again.")
