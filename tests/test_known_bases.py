"""The bases of all real images, fixtures and corpus: each that is known stands here, and it is the right one.

What is right was told by hand, from the Dockerfiles in ``fixtures/contexts`` and from the histories' own words.
"""

from pathlib import Path

import pytest
from test_corpus import CORPUS, REFUSED, choices, every_image

import layerscope
from layerscope import Choice
from layerscope.report import Report

ARCHIVES = Path(__file__).parents[1] / "fixtures" / "archives"
NO_RULES = Choice(ignore=("*",))

TINY = "localhost/tiny:bookworm"
TINY_DIGEST = "sha256:0198afad7972cf0a5134e3d6e026b9ad067db2012b32fcc6f2db9f14cce4de7a"
BUILDAH = (1, "buildah-comment", "high", TINY, None)
BUILDAH_ANNOTATED = (1, "buildah-comment", "high", TINY, TINY_DIGEST)
GUESSED = (1, "history", "medium", None, None)

REGISTRY = ("127.0.0.1:5055/tiny:bookworm", "sha256:377d7110e42690c049640efe3fd721f4db0ca5f18a2e287b71fcf0dff31fa470")

FIXTURES: dict[str, tuple[object, ...]] = {
    "buildah-oci.tar": BUILDAH_ANNOTATED,
    "docker-20.10-commit.tar": (1, "history", "low", None, None),  # right, and nothing speaks for it but a CMD
    "docker-20.10-multi.tar:@0": GUESSED,
    "docker-20.10-multi.tar:@1": GUESSED,
    "docker-26-provenance-base.tar": (2, "provenance", "high", *REGISTRY),
    "docker-26-provenance-base-zstd.tar": (2, "provenance", "medium", *REGISTRY),  # the base's blobs are others now
    "podman-docker-archive-multi.tar:@0": BUILDAH,
    "podman-docker-archive.tar": BUILDAH,
    "podman-docker-dir": BUILDAH,
    "podman-oci-archive.tar": BUILDAH_ANNOTATED,
    "podman-oci-dir": BUILDAH_ANNOTATED,
    "skopeo-dir": BUILDAH,
    "skopeo-docker-archive.tar": BUILDAH,
    "skopeo-oci": BUILDAH,
    "skopeo-oci-archive.tar": BUILDAH,
    "skopeo-oci-zstd": BUILDAH,
    "skopeo-oci-zstd-chunked": BUILDAH,
}
"""All others are built from scratch, imported, squashed or without a history."""
SEVERAL = {"docker-20.10-multi.tar", "podman-docker-archive-multi.tar"}

IN_CORPUS: dict[str, tuple[object, ...]] = {
    # The history begins with all of that of the other image, in the same archive; neither ends with a CMD.
    "aboutcode-org_container-inspector__repos_imagesv11.tar:@2": (
        1,
        "same-archive",
        "medium",
        "me/test_image_tar:1.0",
        None,
    ),
    "google_go-containerregistry__tarball_test_link.tar:@1": (
        1,
        "same-archive",
        "medium",
        "bazel/v1/tarball:test_image_1",
        None,
    ),
    # Alpine with Node.js, busybox, Alpine without a CMD.
    "aboutcode-org_scancode.io__docker_docker-images.tar.gz:@1": (4, "history", "medium", None, None),
    "aquasecurity_fanal__docker_image3_gz_layers@1d3b788.tar": GUESSED,
    "cloudfoundry_grootfs__oci-test-image_grootfs-busybox@e9d0181": GUESSED,
    "wagoodman_dive__.data_test-docker-image.tar": GUESSED,
    "wagoodman_dive__.data_test-kaniko-image.tar": GUESSED,
    "aboutcode-org_scancode.io__docker_docker-images.tar.gz:@0": (1, "history", "low", None, None),
    # What FROM scratch was in 2013: the import of an empty archive.
    "moby_moby__integration-cli_emptyLayer.tar": (1, "history", "low", None, None),
    # Wrong, and of low confidence for that: one Dockerfile with two CMD, and a stage of werf's own.
    "aboutcode-org_container-inspector__cli_she-image_from_scratch-1.0.tar": (3, "history", "low", None, None),
    "werf_werf__stream_reader_buildah-oci-uncompressed-layers@ceacd6b.tar": (1, "buildah-comment", "low", None, None),
}


def told(report: Report) -> tuple[object, ...] | None:
    base = report.image.base
    return base and (base.layers, base.method, base.confidence, base.reference, base.digest)


@pytest.mark.parametrize("path", sorted(ARCHIVES.iterdir()), ids=lambda path: path.name)
def test_bases_of_the_fixtures(path: Path) -> None:
    for ref in (":@0", ":@1") if path.name in SEVERAL else ("",):
        assert told(layerscope.inspect(f"{path}{ref}", rules=NO_RULES)) == FIXTURES.get(f"{path.name}{ref}")


@every_image
def test_bases_of_the_corpus(name: str) -> None:
    for choice in choices(name):
        if choice.key(name) not in REFUSED:
            report = layerscope.inspect(
                f"{CORPUS / 'images' / name}{choice.ref}", platform=choice.platform, rules=NO_RULES
            )
            assert told(report) == IN_CORPUS.get(choice.key(name))


def test_the_packed_example_stands_on_one_layer() -> None:
    example = ARCHIVES.parent / "example" / "tidewatch.tar.xz"
    assert told(layerscope.inspect(str(example), rules=NO_RULES)) == GUESSED
