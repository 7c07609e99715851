"""What a walk found in one layer."""

from msgspec import Struct

from layerscope.layers.facts import Facts
from layerscope.model import Compression, Digest, Entry


class Contents(Struct, frozen=True):
    """One layer, walked."""

    entries: tuple[Entry, ...]
    """As they stand in the tar, duplicates and whiteouts included."""
    tar_bytes: int | None
    """The uncompressed tar; ``None`` where the layer was not read whole and nothing tells."""
    stored_bytes: int
    """The blob as stored, compressed or not."""
    compression: Compression
    digest: Digest | None
    """Computed while the blob was read whole; ``None`` where contents were skipped."""
    facts: Facts
    """What can be asked of the files' contents, for as long as the source is open."""
