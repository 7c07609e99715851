"""OCI layouts and ``dir:`` images: an index or a manifest, and blobs by digest (image-spec, image-layout.md)."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from layerscope.errors import (
    DamagedError,
    LayerscopeError,
    MissingBlobError,
    NotAnImageError,
    RegistryError,
    UnreadableImageError,
    UnsupportedError,
)
from layerscope.image.attestation import attested
from layerscope.image.candidate import Candidate, LayerRef
from layerscope.image.wire import (
    IMAGE_CONFIGS,
    Config,
    Descriptor,
    Manifest,
    WirePlatform,
    decode,
    digest_of,
    verify,
)
from layerscope.model import Digest, Platform
from layerscope.reference import normal_platform
from layerscope.sources.medium import Medium, blob_name

_DEPTH_LIMIT: Final = 8
_MANIFESTS_LIMIT: Final = 10_000
_DIGEST: Final = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]{1,256}")
_NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_REFERENCE_TYPE: Final = "vnd.docker.reference.type"
"""Says what a manifest is to another, which it is therefore no image beside."""
_ABOUT_THE_BASE: Final = "org.opencontainers.image.base."
"""Taken from manifests only: in an index, tools have named the image itself by it."""


class Tree(Struct, frozen=True):
    """What stands below an index: its images, and what else was there instead."""

    candidates: tuple[Candidate, ...]
    artifacts: tuple[str, ...]
    """Media types of what is no image."""


def read_layout(medium: Medium) -> Tree:
    """Read ``index.json`` and what it leads to."""
    place = f"{medium.title}: index.json"
    index = decode(medium.document("index.json"), Manifest, place)
    if index.manifests is None:
        raise DamagedError(f"{place}: lists no manifests", hint="Save the image again.")
    return _read(_Reader(medium, "oci", blob_name, blob_name), index.manifests)


def read_dir(medium: Medium) -> Tree:
    """Read a ``dir:`` image: ``manifest.json`` is the manifest itself, and blobs are named by their digests' values."""
    document = medium.document("manifest.json")
    descriptor = Descriptor(digest_of(document), len(document))

    def manifest_name(digest: str) -> str:
        return "manifest.json" if digest == descriptor.digest else f"{digest.partition(':')[2]}.manifest.json"

    return _read(_Reader(medium, "dir", lambda digest: digest.partition(":")[2], manifest_name), [descriptor])


def _read(reader: "_Reader", descriptors: list[Descriptor]) -> Tree:
    """Follow the top descriptors. What is reached twice is one image with the names of both ways."""
    groups = _Groups()
    found: dict[str, Candidate] = {}
    for descriptor in descriptors:
        names = _names(descriptor)
        images = {image.manifest_digest or image.absent: image for image in reader.follow(descriptor, names, 0)}
        new = {digest: image for digest, image in images.items() if digest not in found}
        group = groups.number(names, {image.platform for image in new.values()}) if new else 0
        for digest in images:
            if digest in new:
                found[digest] = replace(new[digest], group=group)
            else:
                found[digest] = replace(found[digest], names=_united(found[digest].names, names))
    every = tuple(found.values())
    if attestations := reader.attestations:
        every = tuple(replace(each, attestation=attestations.get(each.manifest_digest or "")) for each in every)
    return Tree(every, tuple(reader.artifacts))


class _Groups:
    """Which manifests are one image on several platforms."""

    def __init__(self) -> None:
        self._count = 0
        self._taken: dict[tuple[str, ...], list[tuple[int, set[Platform]]]] = {}

    def number(self, names: tuple[str, ...], platforms: set[Platform]) -> int:
        """Return the number of the image that has these names, or none, and none of these platforms yet; or a new one.

        Such manifests are one image on several platforms; so are those of one nested index. Two of one platform, or of
        a platform that nothing tells, are two images.
        """
        namesakes = self._taken.setdefault(names, [])
        for number, taken in namesakes:
            if all(platform.architecture for platform in platforms | taken) and not platforms & taken:
                taken.update(platforms)
                return number
        namesakes.append((self._count, platforms))
        self._count += 1
        return self._count - 1


class _Reader:
    """Follows descriptors through one medium."""

    def __init__(
        self, medium: Medium, form: str, blob_name: Callable[[str], str], manifest_name: Callable[[str], str]
    ) -> None:
        self._medium = medium
        self._form = form
        self._blob_name = blob_name
        self._manifest_name = manifest_name
        self._left = _MANIFESTS_LIMIT
        self._known: dict[tuple[Digest, int], Candidate | list[Descriptor] | None] = {}
        self._configs: dict[tuple[Digest, int], Config] = {}
        self._layers: dict[Digest, LayerRef] = {}
        self.artifacts: list[str] = []
        self.attestations: dict[str, Descriptor] = {}
        """By the digest of the manifest that they attest."""

    def follow(self, descriptor: Descriptor, names: tuple[str, ...], depth: int) -> Iterator[Candidate]:
        """Yield the images that a descriptor leads to, those that are not there or cannot be read as absent."""
        self._left -= 1
        if self._left < 0 or depth > _DEPTH_LIMIT:
            raise DamagedError(f"{self._medium.title}: an index without end", hint="Save the image again.")
        annotations = descriptor.annotations or {}
        if subject := attested(descriptor):
            self.attestations.setdefault(subject, descriptor)
        if _REFERENCE_TYPE in annotations or _is_unknown(descriptor.platform):
            return
        # A document is read once, however often it is referred to.
        said = descriptor.digest, descriptor.size
        if said not in self._known:
            try:
                self._known[said] = self._read(descriptor, names)
            except RegistryError:  # it would keep us waiting as long for each of the others
                raise
            except UnreadableImageError as error:
                self._known[said] = self._absent(descriptor, names, error)
        read = self._known[said]
        if isinstance(read, Candidate):
            yield read if read.names == names else replace(read, names=names)
        elif read is not None:
            for child in read:
                yield from self.follow(child, names, depth + 1)

    def _absent(
        self, descriptor: Descriptor, names: tuple[str, ...], fault: LayerscopeError | None = None
    ) -> Candidate:
        platform = _platform(descriptor.platform)
        return Candidate(self._form, names, platform, absent=descriptor.digest, fault=fault)

    def _read(self, descriptor: Descriptor, names: tuple[str, ...]) -> Candidate | list[Descriptor] | None:
        """Read an image, or what an index lists; nothing for an artifact."""
        _check_digest(descriptor.digest, self._medium.title)
        name = self._manifest_name(descriptor.digest)
        try:
            document = self._medium.document(name)
        except MissingBlobError:
            return self._absent(descriptor, names)
        place = f"{self._medium.title}: {name}"
        verify(document, descriptor, place)
        manifest = decode(document, Manifest, place)
        if manifest.manifests is not None:
            return manifest.manifests
        if manifest.fs_layers is not None:
            hint = "Copy it with a current skopeo or push it anew: schema 1 was given up in 2019."
            raise UnsupportedError(f"{place}: a manifest of Docker's schema 1", hint=hint)
        if manifest.config is None:
            raise NotAnImageError(f"{place}: neither an index nor a manifest", hint="Is this a saved image?")
        if kind := _artifact(manifest, manifest.config):
            self.artifacts.append(kind)
            return None
        return self._image(manifest.config, descriptor, manifest, names)

    def _image(
        self, config: Descriptor, descriptor: Descriptor, manifest: Manifest, names: tuple[str, ...]
    ) -> Candidate:
        decoded = self._config(config)
        platform = decoded.platform
        if not platform.architecture and descriptor.platform:
            platform = _platform(descriptor.platform)
        return Candidate(
            form=self._form,
            names=names,
            platform=platform,
            config=decoded,
            config_digest=config.digest,
            manifest_digest=descriptor.digest,
            layers=tuple(self._refs(manifest.layers or [])),
            annotations=tuple(sorted({**_own(descriptor.annotations or {}), **(manifest.annotations or {})}.items())),
        )

    def _config(self, descriptor: Descriptor) -> Config:
        """Read the configuration, which every image has."""
        digest = descriptor.digest
        said = digest, descriptor.size
        if said not in self._configs:
            _check_digest(digest, self._medium.title)
            name = self._blob_name(digest)
            document = self._medium.document(name)
            place = f"{self._medium.title}: {name}"
            verify(document, descriptor, place)
            self._configs[said] = decode(document, Config, place)
        return self._configs[said]

    def _refs(self, descriptors: list[Descriptor]) -> list[LayerRef]:
        """Make the references to layers, which images that share a layer share too."""
        refs = []
        layers = self._layers
        for descriptor in descriptors:
            ref = layers.get(descriptor.digest)
            if (
                ref is None
                or ref.blob_bytes != descriptor.size
                or ref.media_type != descriptor.media_type
                or ref.foreign
                or descriptor.urls
            ):
                ref = layers[descriptor.digest] = self._layer(descriptor)
            refs.append(ref)
        return refs

    def _layer(self, descriptor: Descriptor) -> LayerRef:
        digest, media_type, size = descriptor.digest, descriptor.media_type, descriptor.size
        _check_digest(digest, self._medium.title)
        return LayerRef(
            member=self._blob_name(digest),
            digest=digest,
            media_type=media_type or None,
            blob_bytes=size if size >= 0 else None,
            foreign=is_foreign(media_type, descriptor.urls),
        )


def _artifact(manifest: Manifest, config: Descriptor) -> str:
    """Return the kind of a manifest that is no image, else nothing.

    Signatures of cosign have an image's configuration, but no layer of theirs is a tar.
    """
    kinds = [layer.media_type for layer in manifest.layers or ()]
    if manifest.artifact_type or config.media_type not in IMAGE_CONFIGS:
        return manifest.artifact_type or config.media_type
    return kinds[0] if kinds and all(kind and "tar" not in kind for kind in kinds) else ""


def is_foreign(media_type: str, urls: list[str] | None) -> bool:
    """Tell whether a layer may be left out: a Windows base, or any other that must be fetched from its vendor."""
    return ".foreign." in media_type or ".nondistributable." in media_type or bool(urls)


def _own(annotations: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in annotations.items() if not key.startswith(_ABOUT_THE_BASE)}


def _united(names: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *more)))


def _names(descriptor: Descriptor) -> tuple[str, ...]:
    annotations = descriptor.annotations or {}
    return tuple(dict.fromkeys(annotations[key] for key in _NAMES if annotations.get(key)))


def _platform(platform: WirePlatform | None) -> Platform:
    return normal_platform(platform.os, platform.architecture, platform.variant or "") if platform else Platform("", "")


def _is_unknown(platform: WirePlatform | None) -> bool:
    """Tell BuildKit's attestations, which older clients know by this platform only."""
    return platform is not None and (platform.os, platform.architecture) == ("unknown", "unknown")


def _check_digest(digest: Digest, title: str) -> None:
    """Refuse what is no digest before a name is made of it."""
    if not _DIGEST.fullmatch(digest):
        raise DamagedError(f"{title}: {digest!r} is no digest", hint="Save the image again.")
