"""Docker's archives: ``manifest.json`` lists the images (image-spec v1.2 of Docker; ``docker save`` since 1.10).

Since Docker 25 the same archive is an OCI layout too. ``manifest.json`` then says which images were asked for, the
index knows digests, media types and other platforms; each lacks something, so what both say of one image is joined.
"""

from typing import Any

import msgspec
from msgspec import Struct

from layerscope.errors import NotAnImageError
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.formats.oci import Tree, is_foreign
from layerscope.image.wire import Config, Descriptor, decode, digest_of, verify
from layerscope.model import Digest
from layerscope.sources.medium import Medium


class _Saved(Struct, frozen=True, rename="lower"):
    """One image of the list. Go reads keys in any letter case, and jib writes them in its own."""

    config: str
    layers: list[str] | None = None
    repotags: list[str] | None = None
    layersources: dict[str, Descriptor] | None = None


def read_archive(medium: Medium) -> tuple[Candidate, ...]:
    """Read ``manifest.json``."""
    place = f"{medium.title}: manifest.json"
    document = medium.document("manifest.json")
    listed = [] if document.strip() == b"null" else decode(document, list[dict[str, Any]], place)
    if not listed:
        raise NotAnImageError(f"{place}: lists no image", hint="Save the image again.")
    configs: dict[str, tuple[Digest, Config]] = {}
    candidates = []
    for group, image in enumerate(listed):
        lowered = {key.lower(): value for key, value in image.items()}
        saved = decode(msgspec.json.encode(lowered), _Saved, place)
        if saved.config not in configs:  # which is read once, however many images are said to have it
            configs[saved.config] = _config(medium, saved.config)
        candidates.append(_candidate(saved, group, *configs[saved.config]))
    return tuple(candidates)


def _config(medium: Medium, name: str) -> tuple[Digest, Config]:
    document = medium.document(name)
    place = f"{medium.title}: {name}"
    if name.startswith("blobs/sha256/"):
        verify(document, Descriptor(Digest("sha256:" + name.rpartition("/")[2])), place)
    return digest_of(document), decode(document, Config, place)


def _candidate(saved: _Saved, group: int, digest: Digest, config: Config) -> Candidate:
    sources = saved.layersources or {}
    layers = saved.layers or []
    aligned = len(config.diff_ids) == len(layers)
    return Candidate(
        form="docker-archive",
        names=tuple(saved.repotags or ()),
        platform=config.platform,
        group=group,
        config=config,
        config_digest=digest,
        layers=tuple(
            _layer(name, sources.get(diff_id))
            for name, diff_id in zip(layers, config.diff_ids if aligned else [""] * len(layers), strict=True)
        ),
    )


def _layer(member: str, source: Descriptor | None) -> LayerRef:
    if source is None:
        return LayerRef(member)
    return LayerRef(
        member,
        digest=source.digest,
        media_type=source.media_type or None,
        blob_bytes=source.size if source.size >= 0 else None,
        foreign=is_foreign(source.media_type, source.urls),
    )


def join(saved: tuple[Candidate, ...], tree: Tree) -> tuple[Candidate, ...]:
    """Join what ``manifest.json`` and the index say; images that only the index knows come after.

    The index of Docker 25.0 listed manifests without layers (moby#47065): there ``manifest.json`` is right.
    """
    by_config = {each.config_digest: each for each in tree.candidates if each.config_digest}
    joined = []
    groups = {}
    for image in saved:
        other = by_config.get(image.config_digest) if image.config_digest else None
        if other is None:
            joined.append(image)
            continue
        groups[other.group] = image.group
        joined.append(
            msgspec.structs.replace(
                image,
                names=tuple(dict.fromkeys((*image.names, *other.names))),
                platform=other.platform,
                manifest_digest=other.manifest_digest,
                annotations=other.annotations,
                attestation=other.attestation,
                layers=other.layers if len(other.layers) == len(image.layers) else image.layers,
            )
        )
    known = {image.config_digest for image in saved}
    others = [each for each in tree.candidates if each.config_digest not in known or not each.config_digest]
    for each in others:
        if each.fault and each.group not in groups:  # of an image that manifest.json lists, or would
            raise each.fault
    shift = len(saved)
    return (
        *joined,
        *(msgspec.structs.replace(each, group=groups.get(each.group, shift + each.group)) for each in others),
    )
