"""Every fixture by a real producer: which image is read, and that each number is what the standard library tells."""

import lzma
from pathlib import Path
from typing import NamedTuple

import oracle
import pytest
from images import Files, files_of

import layerscope

FIXTURES = Path(__file__).parents[1] / "fixtures"
ROOTFS = ("docker-export-rootfs.tar", "buildx-rootfs.tar")

SHAPES = "ADD LABEL ENV WORKDIR ADD COPY RUN RUN RUN RUN RUN RUN RUN COPY VOLUME EXPOSE USER STOPSIGNAL ENTRYPOINT CMD"
BASED = "ADD ENV RUN CMD RUN ARG ENV LABEL WORKDIR COPY COPY RUN RUN RUN RUN COPY RUN USER CMD"
BUILDKIT = "ADD ARG ENV WORKDIR RUN COPY COPY RUN COPY COPY ENTRYPOINT"
PODMAN = "ADD ENV WORKDIR COPY RUN RUN CMD"
PLATFORMS = "ARG COPY COPY CMD"


class Row(NamedTuple):
    fixture: str
    choice: str
    number: int
    """Where the oracle finds it among the images."""
    reference: str
    source: str
    platform: str
    kinds: str
    layers: int


TABLE = [
    Row("buildah-oci.tar", "", 0, "shapes:buildah", "oci-archive", "linux/amd64", PODMAN, 4),
    Row("buildx-docker.tar", "", 0, "localhost/buildkit:1", "docker-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-dockertypes.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-estargz.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-gzip.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-uncompressed.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-zstd.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("buildx-oci-multiplatform.tar", "", 0, "localhost/platforms:1", "oci-archive", "linux/amd64", PLATFORMS, 2),
    Row("crane-docker-archive.tar", "", 0, "localhost/shapes:crane", "docker-archive", "", "LAYER LAYER", 2),
    Row("docker-20.10-buildkit.tar", "", 0, "shapes:buildkit", "docker-archive", "linux/amd64", SHAPES, 12),
    Row("docker-20.10-classic.tar", "", 0, "shapes:classic", "docker-archive", "linux/amd64", SHAPES, 10),
    Row("docker-20.10-commit.tar", "", 0, "committed:1", "docker-archive", "linux/amd64", "ADD CMD RUN", 2),
    Row("docker-20.10-import.tar", "", 0, "imported:1", "docker-archive", "linux/amd64", "LAYER", 1),
    Row("docker-20.10-multi.tar", ":web:1", 0, "web:1", "docker-archive", "linux/amd64", "ADD CMD RUN COPY CMD",
    3), Row("docker-20.10-multi.tar", ":@1", 1,
        "{path}:@1", "docker-archive", "linux/amd64", "ADD CMD RUN COPY RUN CMD", 4),
    Row("docker-20.10-squash.tar", "", 0, "shapes:squashed", "docker-archive", "linux/amd64", f"{SHAPES} SQUASH", 1),
    Row("docker-26-classic-builder.tar", "", 0, "shapes:classic", "docker-archive", "linux/amd64", SHAPES, 10),
    Row("docker-26-classic-store.tar", "", 0, "shapes:buildkit", "docker-archive", "linux/amd64", BUILDKIT, 8),
    Row("docker-26-containerd-store-attested.tar", "", 0, "shapes:attested", "docker-archive", "linux/amd64", BUILDKIT,
    8), Row("docker-26-containerd-store-multi-platform-one-present.tar", "", 0,
        "127.0.0.1:5055/platforms:1", "docker-archive", "linux/amd64", PLATFORMS, 2),
    Row("docker-26-containerd-store.tar", "", 0, "shapes:buildkit", "docker-archive", "linux/amd64", BUILDKIT, 8),
    Row("docker-26-provenance-base.tar", "", 0, "based:1", "docker-archive", "linux/amd64", BASED, 12),
    Row("docker-26-provenance-base-zstd.tar", "", 0, "localhost/based:1", "oci-archive", "linux/amd64", BASED, 12),
    Row("docker-26-provenance-max.tar", "", 0, "localhost/buildkit:1", "oci-archive", "linux/amd64", BUILDKIT, 8),
    Row("docker-26-two-tags.tar", "", 0, "hello:1", "docker-archive", "linux/amd64", PLATFORMS, 2),
    Row("docker-26-untagged.tar", "", 0, "{path}", "docker-archive", "linux/amd64", BUILDKIT, 8),
    Row("podman-docker-archive-multi.tar", ":shapes:podman", 0,
        "{path}:shapes:podman", "docker-archive", "linux/amd64", PODMAN, 4),
    Row("podman-docker-archive-multi.tar", ":localhost/tiny:bookworm", 1,
        "localhost/tiny:bookworm", "docker-archive", "linux/amd64", "ADD", 1),
    Row("podman-docker-archive.tar", "", 0, "localhost/shapes:podman", "docker-archive", "linux/amd64", PODMAN, 4),
    Row("podman-docker-dir", "", 0, "{path}", "dir", "linux/amd64", PODMAN, 4),
    Row("podman-oci-archive.tar", "", 0, "localhost/shapes:podman", "oci-archive", "linux/amd64", PODMAN, 4),
    Row("podman-oci-dir", "", 0, "localhost/shapes:podman", "oci", "linux/amd64", PODMAN, 4),
    Row("skopeo-dir", "", 0, "{path}", "dir", "linux/amd64", PODMAN, 4),
    Row("skopeo-docker-archive.tar", "", 0, "localhost/shapes:skopeo", "docker-archive", "linux/amd64", PODMAN, 4),
    Row("skopeo-oci", "", 0, "{path}:shapes", "oci", "linux/amd64", PODMAN, 4),
    Row("skopeo-oci-archive.tar", "", 0, "{path}:shapes", "oci-archive", "linux/amd64", PODMAN, 4),
    Row("skopeo-oci-zstd", "", 0, "{path}:shapes", "oci", "linux/amd64", PODMAN, 4),
    Row("skopeo-oci-zstd-chunked", "", 0, "{path}:shapes", "oci", "linux/amd64", PODMAN, 4),
    Row("umoci-layout", "", 0, "{path}:1.0", "oci", "linux/amd64", "LAYER LAYER LAYER", 2),
]  # fmt: skip


def files_below(path: Path) -> Files:
    if path.is_dir():
        return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}
    return files_of(path.read_bytes())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.fixture + row.choice)
def test_fixture(row: Row) -> None:
    path = FIXTURES / "archives" / row.fixture
    report = layerscope.inspect(f"{path}{row.choice}", platform="linux/amd64" if row.platform else None)

    assert report.image.reference == row.reference.format(path=path)
    assert report.image.source == row.source
    platform = report.image.platform
    assert f"{platform.os}/{platform.architecture}" == (row.platform or "/")
    assert " ".join(each.kind for each in report.instructions) == row.kinds
    assert report.notes == ()

    told = oracle.archive_told(files_below(path), row.number)
    assert report.image.image_id == told.image_id
    assert len(told.layers) == row.layers
    assert [
        oracle.LayerTold(layer.content_bytes, layer.tar_bytes, layer.blob_bytes or 0, layer.entries)
        for layer in report.layers
    ] == told.layers
    assert report.totals.kept_bytes == told.kept_bytes
    assert report.totals.blob_bytes == sum(layer.blob_bytes for layer in told.layers)


def test_every_fixture_is_in_the_table() -> None:
    there = {path.name for path in (FIXTURES / "archives").iterdir()}
    assert there == {row.fixture for row in TABLE} | set(ROOTFS)


@pytest.mark.parametrize("name", ROOTFS)
def test_root_filesystem(name: str) -> None:
    path = FIXTURES / "archives" / name
    report = layerscope.inspect(str(path))

    assert (report.image.reference, report.image.source, report.image.image_id) == (str(path), "rootfs", None)
    assert report.instructions == ()
    assert report.notes[0].startswith("A plain root filesystem, not an image")
    (layer,) = report.layers
    told = oracle.layer_told(path.read_bytes())
    assert (layer.content_bytes, layer.tar_bytes, layer.entries) == (told.content_bytes, told.tar_bytes, told.entries)
    assert layer.kept_bytes == oracle.kept([path.read_bytes()])
    assert (layer.diff_id, layer.digest, layer.blob_bytes) == (None, None, None)


def test_example() -> None:
    path = FIXTURES / "example" / "tidewatch.tar.xz"
    report = layerscope.inspect(str(path))
    told = oracle.archive_told(files_of(lzma.decompress(path.read_bytes())))
    assert (report.image.reference, report.image.image_id) == ("tidewatch:1.0", told.image_id)
    assert [layer.content_bytes for layer in report.layers] == [layer.content_bytes for layer in told.layers]
    assert report.totals.kept_bytes == told.kept_bytes
    assert " ".join(each.kind for each in report.instructions) == (
        "LAYER LABEL ENV COPY RUN WORKDIR COPY RUN RUN RUN COPY RUN USER EXPOSE HEALTHCHECK CMD"
    )


def test_arm64_of_two_platforms() -> None:
    path = FIXTURES / "archives" / "buildx-oci-multiplatform.tar"
    report = layerscope.inspect(str(path), platform="arm64")
    assert (report.image.platform.architecture, report.image.platform.variant) == ("arm64", "")
    assert report.image.digest != layerscope.inspect(str(path), platform="amd64").image.digest


def test_platform_that_was_not_saved() -> None:
    path = FIXTURES / "archives" / "docker-26-containerd-store-multi-platform-one-present.tar"
    with pytest.raises(layerscope.LayerscopeError, match="lists linux/arm64 and does not hold it, but linux/amd64"):
        layerscope.inspect(str(path), platform="arm64")
