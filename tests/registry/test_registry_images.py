"""Images in a real registry: the same report as from the archive that was pushed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from engines import checked
from images import (
    COMPRESSIONS,
    GZIP,
    LAYERS,
    Blobs,
    Files,
    Json,
    as_folder,
    as_tar,
    containerd,
    digest_of,
    files_of,
    inspect_bytes,
    named,
    oci,
    platformed,
    told,
)
from msgspec.structs import replace
from registries import need, push

import layerscope
from layerscope.errors import AmbiguousImageError, NotFoundError

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("registry")]

ARCHIVES = Path(__file__).parents[2] / "fixtures" / "archives"


def layout_of(name: str) -> Files | None:
    """Read an archive or a folder of the corpus that is an OCI layout."""
    path = ARCHIVES / name
    if path.is_dir():
        files: Files = {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    elif path.suffix == ".tar":
        files = files_of(path.read_bytes())
    else:
        return None
    return files if "oci-layout" in files and b'"manifests"' in bytes(files["index.json"]) else None  # type: ignore[arg-type]


REAL = {path.name: files for path in sorted(ARCHIVES.iterdir()) if (files := layout_of(path.name))}
MADE = {
    **{f"oci-{name}": oci(compress) for name, compress in COMPRESSIONS.items()},
    "containerd": containerd(absent=()),
    "sha512 of nothing": oci(config={"history": []}),
}
PARTS = {"docker-26-containerd-store-multi-platform-one-present.tar"}
"""Saved without some of their manifests, which a registry does not take."""
WITHOUT_TAR_BYTES = {"skopeo-oci-zstd-chunked"}
"""Read by tables of contents, which do not tell."""
SAVED = {name: files for name, files in (REAL | MADE).items() if name not in PARTS}


def alone(files: Files) -> Files:
    """Keep only the first image of a layout: a registry has one under a name."""
    index = json.loads(bytes(files["index.json"]))  # type: ignore[arg-type]
    index["manifests"] = index["manifests"][:1]
    left = {name: data for name, data in files.items() if name.startswith("blobs/") or name == "oci-layout"}
    return {**left, "index.json": json.dumps(index).encode()}


def repository_of(name: str) -> str:
    return "saved/" + name.lower().replace(" ", "-").replace(".", "-")


def from_registry(address: str, name: str, **options: Any) -> Any:
    return told(layerscope.inspect(f"docker://{address}/{name}", **options))


@pytest.mark.parametrize("name", SAVED)
def test_the_report_is_that_of_the_archive(name: str, plain: str, tmp_path: Path) -> None:
    files = alone(SAVED[name])
    digest = push(plain, repository_of(name), files, "1")
    expected = told(inspect_bytes(as_tar(files), tmp_path))
    if name in WITHOUT_TAR_BYTES:
        for each in (expected["totals"], *expected["layers"]):
            each["tar_bytes"] = None
    assert from_registry(plain, f"{repository_of(name)}:1") == expected
    assert from_registry(plain, f"{repository_of(name)}@{digest}") == expected


@pytest.mark.parametrize(
    ("compression", "saved"), [("gzip", "docker-20.10-buildkit.tar"), ("zstd", "docker-26-classic-store.tar")]
)
def test_what_skopeo_copies(compression: str, saved: str, plain: str, tmp_path: Path) -> None:
    """Two images that have no layer in common: skopeo takes what is there in any compression."""
    need("skopeo")
    target = f"docker://{plain}/skopeo/{compression}:1"
    source = f"docker-archive:{ARCHIVES / saved}"
    checked(
        "skopeo",
        "copy",
        "--dest-tls-verify=false",
        "--format=oci",
        f"--dest-compress-format={compression}",
        source,
        target,
    )
    archive = tmp_path / "copy.tar"
    checked("skopeo", "copy", "--src-tls-verify=false", target, f"oci-archive:{archive}")

    report, copied = layerscope.inspect(target), layerscope.inspect(str(archive))

    assert [layer.content_bytes for layer in report.layers] == [layer.content_bytes for layer in copied.layers]
    assert [layer.diff_id for layer in report.layers] == [layer.diff_id for layer in copied.layers]
    assert report.totals.blob_bytes == copied.totals.blob_bytes
    assert all((layer.media_type or "").endswith(compression) for layer in report.layers)
    raw = subprocess.run(["skopeo", "inspect", "--raw", "--tls-verify=false", target], capture_output=True, check=True)
    assert report.image.digest == digest_of(raw.stdout)


def test_what_podman_reads(plain: str, registry_folder: Path) -> None:
    need("podman")
    push(plain, "podman/app", oci(), "1")
    folder = registry_folder / "podman"
    folders = (
        f"--root={folder}/data",
        f"--runroot={folder}/run",
        f"--tmpdir={folder}/tmp",
        "--storage-driver=vfs",
    )
    name = f"{plain}/podman/app:1"
    checked("podman", *folders, "pull", "--quiet", "--tls-verify=false", name)
    [said] = json.loads(checked("podman", *folders, "image", "inspect", name))

    report = layerscope.inspect(name)

    assert report.image.digest == said["Digest"]
    assert report.image.image_id == f"sha256:{said['Id']}"
    assert [layer.diff_id for layer in report.layers] == said["RootFS"]["Layers"]


def multi() -> tuple[Files, Json]:
    """Make an image for three platforms; one manifest does not say which it is for."""
    blobs = Blobs()
    children = [
        platformed(
            blobs.image(LAYERS[:count], config={"architecture": architecture, "variant": variant}),
            architecture,
            variant,
        )
        for count, (architecture, variant) in enumerate([("amd64", ""), ("arm", "v6"), ("arm", "v7")], 1)
    ]
    return blobs.layout([blobs.index(children)]), children


def test_platforms(plain: str) -> None:
    files, children = multi()
    push(plain, "platforms/app", files, "1")
    asked = {None: 0, "linux/amd64": 0, "linux/arm/v6": 1, "linux/arm/v7": 2}
    for platform, number in asked.items():
        report = layerscope.inspect(f"docker://{plain}/platforms/app:1", platform=platform)
        assert report.image.digest == children[number]["digest"]
        assert len(report.layers) == number + 1


def test_a_platform_that_is_not_offered(plain: str) -> None:
    files, _ = multi()
    push(plain, "platforms/app", files, "1")
    target = f"{plain}/platforms/app:1"
    with pytest.raises(NotFoundError) as caught:
        layerscope.inspect(f"docker://{target}", platform="s390x")
    assert str(caught.value) == f"{target} has no image for linux/s390x, but linux/amd64, linux/arm/v6, linux/arm/v7"
    assert caught.value.hint == "Choose one with --platform."
    push(plain, "platforms/single", oci(), "1")
    with pytest.raises(NotFoundError, match="holds no image for linux/s390x, but linux/amd64"):
        layerscope.inspect(f"docker://{plain}/platforms/single:1", platform="s390x")


def test_only_foreign_platforms(plain: str) -> None:
    blobs = Blobs()
    foreign = [platformed(blobs.image(config={"architecture": each}), each) for each in ("s390x", "riscv64")]
    push(plain, "platforms/foreign", blobs.layout([blobs.index(foreign)]), "2")
    push(plain, "platforms/foreign", blobs.layout([blobs.index(foreign[:1])]), "1")
    assert layerscope.inspect(f"docker://{plain}/platforms/foreign:1").image.platform.architecture == "s390x"
    with pytest.raises(AmbiguousImageError) as caught:
        layerscope.inspect(f"docker://{plain}/platforms/foreign:2")
    assert str(caught.value).endswith("has no image for this machine (linux/amd64), but linux/riscv64, linux/s390x")


def test_an_index_that_names_no_platforms(plain: str) -> None:
    blobs = Blobs()
    silent = [blobs.image(LAYERS[:1], config={"architecture": "arm64"}), blobs.image(LAYERS[:2])]
    push(plain, "platforms/silent", blobs.layout([blobs.index(silent)]), "1")
    target = f"docker://{plain}/platforms/silent:1"
    assert layerscope.inspect(target, platform="amd64").image.digest == silent[1]["digest"]
    assert layerscope.inspect(target, platform="arm64").image.digest == silent[0]["digest"]


def test_what_is_not_there(plain: str) -> None:
    push(plain, "absent/app", oci(), "1")
    for name, message in {
        "absent/app:2": f"{plain} has no 2 of absent/app",
        f"absent/app@sha256:{'0' * 64}": f"{plain} has no sha256:{'0' * 64} of absent/app",
        "absent/other:1": f"{plain} has no 1 of absent/other",
    }.items():
        with pytest.raises(NotFoundError) as caught:
            layerscope.inspect(f"docker://{plain}/{name}")
        assert str(caught.value) == f"{plain}/{name}: {message}"
        assert caught.value.hint == "Check the name and the tag."


def test_the_base_is_asked_of_the_registry(plain: str) -> None:
    push(plain, "base/app", oci(), "1")
    push(plain, "base/below", oci(layers=LAYERS[:2]), "1")
    report = layerscope.inspect(f"docker://{plain}/base/app:1", base=f"docker://{plain}/base/below:1")
    assert report.image.base is not None
    assert (report.image.base.layers, report.image.base.method) == (2, "given")
    assert report.image.base.reference == f"{plain}/base/below:1"


def test_compare_reads_no_layers(plain: str, tmp_path: Path) -> None:
    blobs = Blobs()
    images = {"one": blobs.image(), "two": blobs.image(LAYERS[:2])}
    for name, image in images.items():
        push(plain, f"compare/{name}", blobs.layout([image]), "1")
    saved = as_folder(blobs.layout([named(image, name) for name, image in images.items()]), tmp_path / "both")

    report = layerscope.compare([f"docker://{plain}/compare/{name}:1" for name in images])

    by_folder = layerscope.compare([str(saved)], walk="never")
    assert replace(report.compare, images=()) == replace(by_folder.compare, images=())
    assert [image.source for image in report.compare.images] == ["docker", "docker"]
    assert [image.digest for image in report.compare.images] == [image["digest"] for image in images.values()]


def test_why_and_split(plain: str) -> None:
    push(plain, "why/app", oci(), "1")
    answer = layerscope.why(f"docker://{plain}/why/app:1", "/app/conf")
    assert answer.path is not None
    assert [step.action for step in answer.path.steps] == ["wrote", "overwrote"]
    assert layerscope.split(f"docker://{plain}/why/app:1").image.source == "docker"


def test_a_bare_name_where_no_engine_answers(plain: str) -> None:
    push(plain, "bare/app", oci(), "latest")
    report = layerscope.inspect(f"{plain}/bare/app")
    assert (report.image.source, report.image.reference) == ("docker", f"{plain}/bare/app")
    assert layerscope.inspect(f"{plain}/bare/app", source="registry") == report


def test_gzip_that_is_labelled_plain(plain: str, tmp_path: Path) -> None:
    files = oci(GZIP, layer_type="application/vnd.oci.image.layer.v1.tar")
    push(plain, "labels/app", files, "1")
    assert from_registry(plain, "labels/app:1") == told(inspect_bytes(as_tar(files), tmp_path))
