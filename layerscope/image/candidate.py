"""An image that a medium offers, before its layers are read; what the formats produce and the choice is made from."""

from msgspec import Struct

from layerscope.errors import LayerscopeError
from layerscope.image.wire import Config, Descriptor
from layerscope.layers.contents import Contents
from layerscope.model import Digest, Platform


class LayerRef(Struct, frozen=True, gc=False):
    """Where one layer is, and what is said of it."""

    member: str
    digest: Digest | None = None
    """The blob as stored, by its descriptor."""
    media_type: str | None = None
    blob_bytes: int | None = None
    foreign: bool = False
    """May be left out of an archive: a layer to be had elsewhere (image-spec, layer.md, "Non-Distributable Layers")."""


class Candidate(Struct, frozen=True):
    """One image of one platform."""

    form: str
    """Which format told of it: a transport's name."""
    names: tuple[str, ...]
    platform: Platform
    group: int = 0
    """Images of one group are one image on several platforms."""
    config: Config | None = None
    config_digest: Digest | None = None
    manifest_digest: Digest | None = None
    layers: tuple[LayerRef, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    attestation: Descriptor | None = None
    """The manifest beside it that attests how it was built."""
    absent: str = ""
    """The digest of a manifest that is listed and not there (an image of several platforms, saved in part)."""
    fault: LayerscopeError | None = None
    """Why the manifest or the configuration cannot be read: it matters only if this image turns out to be meant."""
    contents: Contents | None = None
    """Of a plain root filesystem, which is its own only layer."""
    notes: tuple[str, ...] = ()
