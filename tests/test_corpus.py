"""Every image of the corpus is read, each one of it if there are several, or refused for a reason that stands here."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from images import Files, as_tar, inspect_piped, told

import layerscope
from layerscope.errors import (
    AmbiguousImageError,
    DamagedError,
    DigestError,
    LayerscopeError,
    MissingBlobError,
    NotAnImageError,
    NotFoundError,
    UnsupportedError,
)
from layerscope.report import Report

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def _rows(prefix: str) -> dict[str, dict[str, str]]:
    if not (CORPUS / "index.tsv").is_file():
        return {}
    with (CORPUS / "index.tsv").open(newline="") as index:
        rows = csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["file"].removeprefix(prefix): row for row in rows if row["file"].startswith(prefix)}


IMAGES, TARS = _rows("images/"), _rows("tars/")
absent = pytest.param("", marks=pytest.mark.skip(f"the corpus is not here: {CORPUS}"))
every_image = pytest.mark.parametrize("name", IMAGES or [absent])
every_tar = pytest.mark.parametrize("name", TARS or [absent])

NO_MANIFEST = (NotFoundError, "the manifest is missing")
NO_BLOB = (MissingBlobError, "is missing")
ARTIFACT = (NotAnImageError, "holds no image but artifacts")
EDITED = (DigestError, "where")
"""Somebody edited a manifest by hand, and left its size, or size and digest, in the index as they were."""
EDITED_KEEPING_SIZE = (DigestError, "its digest is")
TRIMMED = (DamagedError, "the configuration has 3 diff IDs, the manifest 1 layers")
"""Somebody took layers out and left the configuration: Docker refuses to load that too."""
NO_TAR = (NotAnImageError, "not a tar, compressed or plain")
"""Layers of a line of text: only what deletes images is tested with them."""

REFUSED: dict[str, tuple[type[LayerscopeError], str]] = {
    "anchore_stereoscope__oci_file@5bd627c.tar": EDITED,  # an empty manifest
    "anchore_stereoscope__valid_manifest": EDITED,
    "aquasecurity_fanal__multi": NO_MANIFEST,
    "aquasecurity_fanal__test_bad_index_json.oci": (DamagedError, "JSON is malformed"),
    "aquasecurity_fanal__test_index_json_dir.oci": (NotAnImageError, "an OCI layout without index.json"),  # a folder
    "aquasecurity_fanal__test_invalid_oci_image.oci": NO_MANIFEST,
    "aquasecurity_fanal__test_no_valid_manifests.oci": (DamagedError, "lists no manifests"),
    "bazelbuild_rules_docker__test_index1@ee4f359": NO_BLOB,
    "bazelbuild_rules_docker__test_index2": (NotAnImageError, "an OCI layout without index.json"),
    "bazelbuild_rules_docker__test_index3": NO_MANIFEST,
    "bazelbuild_rules_docker__test_index4": NO_BLOB,
    "bazelbuild_rules_docker__test_index5": NO_BLOB,
    "buildpacks_imgutil__layout_busybox-multi-platform": NO_MANIFEST,
    "buildpacks_imgutil__layout_busybox-sparse": NO_BLOB,
    "buildpacks_imgutil__layout_index-with-docker-media-type": NO_MANIFEST,
    "buildpacks_imgutil__layout_my-previous-sparse-image": NO_BLOB,
    "cloudfoundry_grootfs__oci-test-image_4mb-image": EDITED,
    "cloudfoundry_grootfs__oci-test-image_4mb-image@094723a": EDITED,
    "cloudfoundry_grootfs__oci-test-image_4mb-image@2348b84": EDITED,
    "cloudfoundry_grootfs__oci-test-image_4mb-image@6f7405f": EDITED,
    "cloudfoundry_grootfs__oci-test-image_alpine@6841d44": EDITED,
    "cloudfoundry_grootfs__oci-test-image_cloudfoundry.experimental.image.base-directory": EDITED,
    "cloudfoundry_grootfs__oci-test-image_cloudfoundry.image.base-directory@c28ae75": EDITED_KEEPING_SIZE,
    "cloudfoundry_grootfs__oci-test-image_garden-busybox-remote": EDITED,
    "cloudfoundry_grootfs__oci-test-image_grootfs-busybox": EDITED,
    "cloudfoundry_grootfs__oci-test-image_grootfs-busybox@bad7c1d": EDITED,
    "cloudfoundry_grootfs__oci-test-image_grootfs-busybox@c65b39f": EDITED,
    "cloudfoundry_grootfs__oci-test-image_opq-whiteouts-busybox": EDITED,
    "containers_image__delete_image_multiple_images:@0 linux/386": NO_TAR,
    "containers_image__delete_image_multiple_images:@0 linux/amd64": NO_TAR,
    "containers_image__delete_image_multiple_images:@1": NO_TAR,
    "containers_image__delete_image_multiple_images:@2 linux/386": NO_TAR,
    "containers_image__delete_image_multiple_images:@2 linux/amd64": NO_TAR,
    "containers_image__delete_image_multiple_images:@3": EDITED,
    "containers_image__delete_image_only_one_image": EDITED,
    "containers_image__delete_image_shared_blobs_dir": NO_MANIFEST,
    "containers_image__delete_image_two_identical_references:@0": NO_TAR,
    "containers_image__delete_image_two_identical_references:@1": NO_TAR,
    "containers_image__internal-image-fixtures-NOT-AN-IMAGE": (NotAnImageError, "holds no image"),
    "containers_image__manifest-fixtures-NOT-AN-IMAGE": (NotAnImageError, "holds no image"),
    "containers_olot__dockerdist1 linux/amd64": NO_BLOB,
    "containers_olot__dockerdist1 linux/arm64": NO_BLOB,
    "containers_olot__ociartifact1": ARTIFACT,
    "containers_olot__ocilayout1": NO_BLOB,
    "containers_olot__ocilayout2 linux/amd64": NO_BLOB,
    "containers_olot__ocilayout2 linux/arm64": NO_BLOB,
    "containers_olot__ocilayout3 linux/amd64": NO_BLOB,
    "containers_olot__ocilayout3 linux/arm64": NO_BLOB,
    "containers_olot__sample-model_oci": ARTIFACT,
    "containers_skopeo__dir-uncompressed-image-s1": (UnsupportedError, "a manifest of Docker's schema 1"),
    "docker-library_meta-scripts__oci-import_temp": EDITED,  # for a template: {"TODO": …}
    "google_go-containerregistry__tarball_null_manifest.tar": (NotAnImageError, "manifest.json: lists no image"),
    "google_go-containerregistry__test_index_media_type": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-expired-signature": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-invalid-signature": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-valid-multiple-signatures": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-valid-signature": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-with-expired-cert": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-with-invalid-timestamped-signature": ARTIFACT,
    "notaryproject_notation__oci_layout_e2e-with-timestamped-signature": ARTIFACT,
    "regclient_regclient__regctl@76bf62f linux/386": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/amd64": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/arm/v6": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/arm/v7": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/arm64": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/ppc64le": NO_BLOB,
    "regclient_regclient__regctl@76bf62f linux/s390x": NO_BLOB,
    "snyk_snyk-docker-plugin__docker-archives_docker-save_nginx-os-release-link.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_docker-save_nginx-with-buildinfo.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_docker-save_nginx.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_docker-save_nginx@77d0b00.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_skopeo-copy_nginx-compressed-layers.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_skopeo-copy_nginx.tar": TRIMMED,
    "snyk_snyk-docker-plugin__docker-archives_skopeo-copy_nginx@77d0b00.tar": TRIMMED,
    "snyk_snyk-docker-plugin__oci-archives_alpine-3.12.0.tar": EDITED,  # its layer was shortened
}


class Choice(NamedTuple):
    """Which image of a file or folder: what follows the path, and the platform."""

    ref: str
    platform: str | None

    def key(self, name: str) -> str:
        return f"{name}{self.ref}{f' {self.platform}' if self.platform else ''}"


@cache
def choices(name: str) -> tuple[Choice, ...]:
    """List the images of a file or folder, as layerscope's own messages do."""
    path = CORPUS / "images" / name
    refs = [""]
    try:
        layerscope.inspect(str(path))
    except AmbiguousImageError as error:
        if several := re.search(r"holds (\d+) images", str(error)):
            refs = [f":@{number}" for number in range(int(several[1]))]
    except LayerscopeError:
        pass
    return tuple(Choice(ref, platform) for ref in refs for platform in platforms(f"{path}{ref}"))


def platforms(target: str) -> list[str] | list[None]:
    try:
        layerscope.inspect(target, platform="none/none")
    except NotFoundError as error:
        listed = str(error).rpartition(" holds no image for none/none, but ")[2]
        several = [each for each in listed.split(", ") if re.fullmatch(r"[a-z]+/[\w/]+", each)]
        return several if len(several) > 1 else [None]
    except LayerscopeError:
        pass
    return [None]


def read(name: str, choice: Choice) -> Report | None:
    """Read one image, or see that it is refused as it should be."""
    key = choice.key(name)
    target = f"{CORPUS / 'images' / name}{choice.ref}"
    if key not in REFUSED:
        return layerscope.inspect(target, platform=choice.platform)
    error, words = REFUSED[key]
    with pytest.raises(LayerscopeError, match=re.escape(words)) as caught:
        layerscope.inspect(target, platform=choice.platform)
    assert type(caught.value) is error
    return None


@every_image
def test_is_read_or_refused_for_a_reason(name: str) -> None:
    row = IMAGES[name]
    reports = [read(name, choice) for choice in choices(name)]
    for report in filter(None, reports):
        assert_adds_up(report)
        assert report.image.source == source(name, row)
    if int(row["images"]) > 1:
        assert len(reports) == int(row["images"])
    if all(reports):
        layers = {  # a layout has a blob once, however many images it serves
            (layer.digest if report.image.source.startswith("oci") else f"{n}/{layer.index}"): layer
            for n, report in enumerate(filter(None, reports))
            for layer in report.layers
        }
        assert len(layers) == int(row["layers_present"])
        assert sum(layer.entries for layer in layers.values()) == int(row["entries"])
        assert sum(layer.tar_bytes for layer in layers.values()) == int(row["uncompressed_layer_bytes"])


def source(name: str, row: dict[str, str]) -> str:
    if row["format"].startswith("docker"):
        return "docker-archive"
    if row["format"].startswith("OCI"):
        return "oci" if (CORPUS / "images" / name).is_dir() else "oci-archive"
    return "dir"


def assert_adds_up(report: Report) -> None:
    totals, layers = report.totals, report.layers
    for layer in layers:
        assert layer.content_bytes == layer.kept_bytes + layer.overwritten_bytes + layer.removed_bytes
        assert min(layer.kept_bytes, layer.overwritten_bytes, layer.removed_bytes) >= 0
        assert layer.content_bytes <= layer.tar_bytes or not layer.present
    for field in ("content_bytes", "tar_bytes", "kept_bytes", "overwritten_bytes", "removed_bytes", "entries"):
        assert getattr(totals, field) == sum(getattr(layer, field) for layer in layers)
    assert totals.wasted_bytes == totals.overwritten_bytes + totals.removed_bytes
    assert totals.layers == len(layers)
    assert totals.efficiency == (totals.kept_bytes / totals.content_bytes if totals.content_bytes else 1)
    assert totals.blob_bytes is None or totals.blob_bytes == sum(layer.blob_bytes or 0 for layer in layers)
    for instruction in report.instructions:
        if instruction.layer is not None:
            assert layers[instruction.layer].instruction == instruction.index
            assert layers[instruction.layer].content_bytes == instruction.content_bytes


@pytest.mark.parametrize("name", [name for name in IMAGES if (CORPUS / "images" / name).is_file()] or [absent])
def test_passing_by_in_a_pipe(name: str) -> None:
    data = (CORPUS / "images" / name).read_bytes()
    for choice in choices(name):
        if choice.key(name) not in REFUSED:
            report = read(name, choice)
            assert report
            assert told(inspect_piped(data, choice.ref, platform=choice.platform)) == told(report)
            continue
        error, words = REFUSED[choice.key(name)]
        with pytest.raises(error, match=re.escape(words)):
            inspect_piped(data, choice.ref, platform=choice.platform)


@pytest.mark.parametrize("name", [name for name in IMAGES if (CORPUS / "images" / name).is_dir()] or [absent])
def test_folder_packed_as_an_archive(name: str) -> None:
    root = CORPUS / "images" / name
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files: Files = {str(path.relative_to(root)): path.read_bytes() for path in paths}
    for choice in choices(name):
        if choice.key(name) not in REFUSED:
            report = read(name, choice)
            assert report
            assert told(inspect_piped(as_tar(files), choice.ref, platform=choice.platform)) == told(report)


@every_tar
def test_tar_as_a_root_filesystem(name: str) -> None:
    """A tar that is no image is one layer, or refused; what the walk refuses is told in tests/layers."""
    path = CORPUS / "tars" / name
    try:
        report = layerscope.inspect(str(path))
    except (DamagedError, UnsupportedError) as caught:
        error = str(caught)
    else:
        error = ""
    if error:
        assert error.startswith(str(path))
        assert "\n" not in error
        return
    assert report.image.source == "rootfs"
    assert (report.totals.layers, report.instructions) == (1, ())
    assert_adds_up_with_sparse_files(report)
    assert told(inspect_piped(path.read_bytes())) == told(report)


def assert_adds_up_with_sparse_files(report: Report) -> None:
    """A sparse file counts its logical size, which may be more than its tar."""
    (layer,) = report.layers
    assert layer.content_bytes == layer.kept_bytes == report.totals.kept_bytes
    assert (layer.overwritten_bytes, layer.removed_bytes) == (0, 0)


def test_table_speaks_of_images_that_are_there() -> None:
    if not IMAGES:
        pytest.skip(f"the corpus is not here: {CORPUS}")
    assert set(REFUSED) <= {choice.key(name) for name in IMAGES for choice in choices(name)}
    assert len(IMAGES) == 172
    assert len(TARS) == 660
