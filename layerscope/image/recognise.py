"""Which format a medium has, told from its members, and the images that it offers."""

from typing import Any, Final

from layerscope.errors import NotAnImageError
from layerscope.image.candidate import Candidate
from layerscope.image.formats import docker, docker_v1, oci, rootfs
from layerscope.image.wire import decode
from layerscope.sources.medium import Medium

_MANIFEST_KEYS: Final = {"config", "layers", "manifests", "fsLayers", "schemaVersion"}


def candidates(medium: Medium) -> tuple[Candidate, ...]:
    """List the images of a medium; raises NotAnImageError where there is none.

    A root filesystem may well hold a ``manifest.json`` of something else, so names alone decide nothing.
    """
    is_layout = _is_layout(medium)
    manifest = _shape(medium, "manifest.json")
    if manifest is None or _is_saved_list(manifest):
        saved = docker.read_archive(medium)
        return docker.join(saved, oci.read_layout(medium)) if is_layout else saved
    if is_layout:
        return _images(oci.read_layout(medium), medium)
    if isinstance(manifest, dict) and _MANIFEST_KEYS & manifest.keys():
        return _images(oci.read_dir(medium), medium)
    if medium.has("oci-layout"):
        raise NotAnImageError(f"{medium.title}: an OCI layout without index.json", hint="Save the image again.")
    if docker_v1.looks_like(medium):
        return docker_v1.read_legacy(medium)
    return rootfs.read_rootfs(medium)


def _is_layout(medium: Medium) -> bool:
    if not medium.has("index.json"):
        return False
    index = _shape(medium, "index.json") if not medium.has("oci-layout") else {"manifests": []}
    return isinstance(index, dict) and "manifests" in index


def _shape(medium: Medium, name: str) -> Any:
    """Decode a document of any shape; a member that is not there is no shape at all."""
    if not medium.has(name):
        return ()
    return decode(medium.document(name), object, f"{medium.title}: {name}")


def _is_saved_list(manifest: object) -> bool:
    if not isinstance(manifest, list):
        return False
    return not manifest or any(isinstance(each, dict) and "config" in map(str.lower, each) for each in manifest)


def _images(tree: oci.Tree, medium: Medium) -> tuple[Candidate, ...]:
    if tree.candidates:
        return tree.candidates
    if tree.artifacts:
        kinds = ", ".join(sorted(set(tree.artifacts)))
        raise NotAnImageError(f"{medium.title} holds no image but artifacts ({kinds})", hint="Name an image.")
    raise NotAnImageError(f"{medium.title}: its index lists no image", hint="Save the image again.")
