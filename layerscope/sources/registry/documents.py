"""Manifests and indexes, as far as it takes to know what to fetch next; ``layerscope.image`` tells what they mean."""

import re
from typing import Final

import msgspec
from msgspec import Struct

from layerscope.model import Platform
from layerscope.reference import normal_platform, own_platform, serves

_DIGEST: Final = re.compile(r"[a-z0-9]+:[a-zA-Z0-9=_-]{1,256}")
_SUBJECT: Final = "vnd.docker.reference.digest"
_MOST_NAMED: Final = 20
"""Platforms that an error lists; an index can have ten thousands."""
_NOT_AN_IMAGE: Final = Platform("unknown", "unknown")


class WirePlatform(Struct):
    """What an index says that an image runs on."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None


class Part(Struct, rename="camel"):
    """What a manifest or an index says of a part of it."""

    digest: str
    size: int = -1
    media_type: str = ""
    platform: WirePlatform | None = None
    annotations: dict[str, str] | None = None
    urls: list[str] | None = None

    @property
    def attested(self) -> str:
        """The digest of the manifest that this one is about; empty for an image."""
        return (self.annotations or {}).get(_SUBJECT, "")

    @property
    def can_be_asked_for(self) -> bool:
        """Whether the digest is one, and so no way to somewhere else."""
        return _DIGEST.fullmatch(self.digest) is not None

    @property
    def may_be_elsewhere(self) -> bool:
        """Whether a registry need not have the layer."""
        return ".foreign." in self.media_type or ".nondistributable." in self.media_type or bool(self.urls)

    @property
    def runs_on(self) -> Platform | None:
        """The platform, where it is said."""
        said = self.platform
        return normal_platform(said.os, said.architecture, said.variant or "") if said and said.architecture else None


class Document(Struct):
    """A manifest or an index, whichever it turns out to be."""

    manifests: list[Part] | None = None
    config: Part | None = None
    layers: list[Part] | None = None


def decoded(document: bytes) -> Document:
    """Read a document; what is wrong with it is told by whoever reads the whole."""
    try:
        return msgspec.json.decode(document, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Document()


def choose(listed: list[Part], asked: Platform | None) -> list[Part] | str:
    """Choose what an index has for a platform, else for this machine's own, else the only one that is there.

    What does not say what it is for has to be fetched to find out. Where nothing serves, say what there is.
    """
    images = [part for part in listed if not part.attested and part.runs_on != _NOT_AN_IMAGE]
    silent = [part for part in images if part.runs_on is None]
    wanted = asked or own_platform()
    serving = [part for part in images if part.runs_on and serves(part.runs_on, wanted)]
    offered = sorted({str(part.runs_on) for part in images})
    if serving or silent or not images:
        return serving + silent
    if asked is None and len(offered) == 1:
        return images
    what = f"no image for {wanted}" if asked else f"no image for this machine ({wanted})"
    more = f" and {len(offered) - _MOST_NAMED:,} more" if len(offered) > _MOST_NAMED else ""
    return f"has {what}, but {', '.join(offered[:_MOST_NAMED])}{more}"
