"""Every form that an image is saved in: what is read of it, and what tells the form."""

import json
from pathlib import Path
from typing import Any

import pytest
from builders import file, folder, tar_of
from images import (
    ATTESTATION,
    COMPRESSIONS,
    DOCKER,
    GZIP,
    LAYER_TYPE,
    LAYERS,
    REF,
    Blobs,
    Files,
    Link,
    Saved,
    as_folder,
    as_tar,
    config_of,
    containerd,
    digest_of,
    dir_image,
    docker_10,
    docker_25,
    docker_v1,
    dump,
    flat,
    hex_of,
    inspect_bytes,
    name_of,
    named,
    oci,
    platformed,
)

import layerscope
from layerscope.errors import (
    AmbiguousImageError,
    DamagedError,
    MissingBlobError,
    NotAnImageError,
    NotFoundError,
    UnsupportedError,
)
from layerscope.report import Report

FORMS = {
    "Docker 1.10": docker_10(),
    "Docker 25": docker_25(),
    "Docker 25.0.0, whose index lists no layers": docker_25(oci_layers=False),
    "containerd store": containerd(),
    "containerd store, zstd": containerd(COMPRESSIONS["zstd"]),
    "containerd store, not attested": containerd(attested=False),
    "OCI": oci(),
    "OCI, plain layers": oci(COMPRESSIONS["none"], layer_type=LAYER_TYPE),
    "OCI, zstd": oci(COMPRESSIONS["zstd"], layer_type=f"{LAYER_TYPE}+zstd"),
    "OCI, xz": oci(COMPRESSIONS["xz"]),
    "OCI, bzip2": oci(COMPRESSIONS["bzip2"]),
    "OCI, said to be gzip and plain": oci(COMPRESSIONS["none"]),
    "OCI, said to be plain and gzip": oci(GZIP, layer_type=LAYER_TYPE),
    "OCI, Docker's types": oci(
        layer_type=f"{DOCKER}.image.rootfs.diff.tar.gzip", config_type=f"{DOCKER}.container.image.v1+json"
    ),
    "OCI, no types": oci(layer_type="", config_type=""),
    "dir": dir_image(),
    "dir, plain layers": dir_image(COMPRESSIONS["none"]),
    "kaniko": flat(),
    "jib": flat(lower=True),
    "skopeo": flat(COMPRESSIONS["none"], ending=".tar"),
    "Docker 1.0": docker_v1(),
    "Docker 1.0, no repositories": docker_v1(repositories=False),
}
WITHOUT_DIFF_IDS = {"Docker 1.0", "Docker 1.0, no repositories"}


def read(files: Files, folder: Path, choice: str = "", **options: Any) -> Report:
    return inspect_bytes(as_tar(files), folder, choice, **options)


@pytest.mark.parametrize("form", FORMS)
def test_form(form: str, tmp_path: Path) -> None:
    report = read(FORMS[form], tmp_path)

    assert [layer.content_bytes for layer in report.layers] == [5507, 500, 900]
    assert [layer.overwritten_bytes for layer in report.layers] == [1000, 0, 0]
    assert [layer.removed_bytes for layer in report.layers] == [1500, 0, 0]
    assert [layer.tar_bytes for layer in report.layers] == [len(layer) for layer in LAYERS]
    assert [layer.entries for layer in report.layers] == [8, 2, 2]
    assert (report.image.platform.os, report.image.platform.architecture) == ("linux", "amd64")
    blobs = {len(data) for data in FORMS[form].values() if isinstance(data, bytes)}
    assert {layer.blob_bytes for layer in report.layers} <= blobs
    if form not in WITHOUT_DIFF_IDS:
        assert [layer.diff_id for layer in report.layers] == [digest_of(layer) for layer in LAYERS]
        assert report.image.image_id == digest_of(config_of())
        assert [(each.kind, each.layer) for each in report.instructions] == [("COPY", 0), ("RUN", 1), ("RUN", 2)]
        assert report.notes == ()


@pytest.mark.parametrize(
    ("form", "source", "reference"),
    [
        ("Docker 1.10", "docker-archive", "app:1"),
        ("Docker 25", "docker-archive", "app:1"),
        ("containerd store", "docker-archive", "app:1"),
        ("OCI", "oci-archive", "{path}:1"),
        ("dir", "dir", "{path}"),
        ("Docker 1.0", "docker-archive", "app:1"),
        ("Docker 1.0, no repositories", "docker-archive", "{path}"),
    ],
)
def test_what_it_is_called(form: str, source: str, reference: str, tmp_path: Path) -> None:
    report = read(FORMS[form], tmp_path)
    assert report.image.source == source
    assert report.image.reference == reference.format(path=tmp_path / "image")


def test_digests_and_types_come_from_descriptors(tmp_path: Path) -> None:
    report = read(oci(), tmp_path)
    assert [layer.digest for layer in report.layers] == [digest_of(GZIP(layer)) for layer in LAYERS]
    assert {layer.media_type for layer in report.layers} == {f"{LAYER_TYPE}+gzip"}
    assert report.image.digest == json.loads(oci()["index.json"])["manifests"][0]["digest"]  # type: ignore[arg-type]
    sources = read(docker_25(oci_layers=False), tmp_path)
    assert [layer.digest for layer in sources.layers] == [digest_of(layer) for layer in LAYERS]
    assert {layer.media_type for layer in sources.layers} == {LAYER_TYPE}
    assert read(docker_10(), tmp_path).layers[0].digest is None  # a plain tar is not read through
    assert read(flat(), tmp_path).layers[0].digest == digest_of(GZIP(LAYERS[0]))  # a compressed one is


def test_layer_twice_is_stored_once(tmp_path: Path) -> None:
    layers = [LAYERS[0], LAYERS[1], LAYERS[1]]
    files = docker_10(Saved(layers=layers))
    assert sum(isinstance(contents, Link) for contents in files.values()) == 1
    for each in (files, docker_25(Saved(layers=layers))):
        report = read(each, tmp_path)
        assert [layer.content_bytes for layer in report.layers] == [5507, 500, 500]
        assert [layer.overwritten_bytes for layer in report.layers] == [1000, 500, 0]
        assert report.layers[1].chain_id != report.layers[2].chain_id


def test_image_without_layers(tmp_path: Path) -> None:
    report = read(docker_10(Saved(layers=())), tmp_path)
    assert (report.totals.layers, report.totals.content_bytes, report.totals.efficiency) == (0, 0, 1.0)
    assert report.totals.blob_bytes == 0


# Several images in one archive


SEVERAL = {
    "Docker 1.10": docker_10(Saved(), Saved(LAYERS[:1], ["web:1", "web:latest"]), Saved(LAYERS[:2], None)),
    "Docker 25": docker_25(
        Saved(), Saved(LAYERS[:1], ["web:1", "web:latest"]), Saved(LAYERS[:2], None), indexed=[0, 1]
    ),
}


def layout_of_several() -> Files:
    blobs = Blobs()
    two = blobs.image(LAYERS[:1])
    return blobs.layout(
        [named(blobs.image(), "app:1"), named(two, "web:1"), named(two, "web:latest"), blobs.image(LAYERS[:2])]
    )


SEVERAL["OCI"] = layout_of_several()


@pytest.mark.parametrize("form", SEVERAL)
def test_several_images(form: str, tmp_path: Path) -> None:
    files = SEVERAL[form]

    def layers(choice: str) -> int:
        return read(files, tmp_path, choice).totals.layers

    with pytest.raises(AmbiguousImageError) as caught:
        read(files, tmp_path)
    assert str(caught.value) == f"{tmp_path}/image holds 3 images: @0 app:1, @1 web:1, @2 (unnamed)"
    assert caught.value.hint == f"Choose one by its name or number, such as {tmp_path}/image:app:1"
    assert [layers(f":@{number}") for number in range(3)] == [3, 1, 2]
    assert [layers(":app:1"), layers(":web:1"), layers(":web"), layers(":latest")] == [3, 1, 1, 1]
    assert layers(":docker.io/library/web:latest") == 1
    with pytest.raises(NotFoundError, match=r"holds no image nope, but @0 app:1, @1 web:1, @2 \(unnamed\)"):
        read(files, tmp_path, ":nope")
    for number in ("@3", "@99999999999999999999", "@" + 5000 * "9"):
        with pytest.raises(NotFoundError, match="holds no image @"):
            read(files, tmp_path, f":{number}")


def test_numbers_of_an_ambiguous_choice_are_those_of_all(tmp_path: Path) -> None:
    files = docker_10(Saved(tags=["a:2"]), Saved(LAYERS[:1], ["b:1"]), Saved(LAYERS[:2], ["c:1"]))
    with pytest.raises(AmbiguousImageError, match="holds 2 images named 1: @1 b:1, @2 c:1"):
        read(files, tmp_path, ":1")


def test_same_image_twice_is_no_question(tmp_path: Path) -> None:
    files = docker_10(Saved(), Saved(tags=["again:1"]))
    assert read(files, tmp_path).image.reference == "app:1"
    assert read(files, tmp_path, ":again:1").image.reference == "again:1"


def test_same_image_twice_knows_its_manifest_by_each_name(tmp_path: Path) -> None:
    files = docker_25(Saved(), Saved(tags=["again:1"]))
    digests = {read(files, tmp_path, choice).image.digest for choice in (":app:1", ":again:1")}
    assert len(digests) == 1
    assert None not in digests


def test_several_images_of_docker_v1(tmp_path: Path) -> None:
    two = {**docker_v1(), **docker_v1(LAYERS[:1], salt="other", tag="2")}
    tops = {
        tag: next(iter(json.loads(each["repositories"])["app"].values()))  # type: ignore[arg-type]
        for tag, each in (("1", docker_v1()), ("2", docker_v1(LAYERS[:1], salt="other", tag="2")))
    }
    two["repositories"] = dump({"app": tops})
    with pytest.raises(AmbiguousImageError, match="holds 2 images: @0 app:1, @1 app:2"):
        read(two, tmp_path)
    assert [read(two, tmp_path, f":app:{tag}").totals.layers for tag in (1, 2)] == [3, 1]
    del two["repositories"]
    with pytest.raises(AmbiguousImageError, match=r"holds 2 images: @0 \(unnamed\), @1 \(unnamed\)"):
        read(two, tmp_path)


def test_two_unnamed_images_of_one_platform_are_two(tmp_path: Path) -> None:
    blobs = Blobs()
    files = blobs.layout([platformed(blobs.image(layers), "amd64") for layers in (LAYERS, LAYERS[:1])])
    with pytest.raises(AmbiguousImageError, match=r"holds 2 images: @0 \(unnamed\), @1 \(unnamed\)"):
        read(files, tmp_path)
    assert [read(files, tmp_path, f":@{number}").totals.layers for number in (0, 1)] == [3, 1]


def test_path_with_colons(tmp_path: Path) -> None:
    path = tmp_path / "a:b:@1"
    path.write_bytes(as_tar(SEVERAL["OCI"]))
    assert layerscope.inspect(f"{path}:web:1").image.reference == "web:1"
    assert layerscope.inspect(f"oci-archive:{path}:@0").image.reference == f"{path}:@0"
    with pytest.raises(AmbiguousImageError):
        layerscope.inspect(str(path))


# Platforms


def platforms(*wanted: tuple[str, str], nested: bool = True, absent: tuple[str, ...] = ()) -> Files:
    """Make a layout of images that differ in how many layers they have: the first has one, the second two."""
    blobs = Blobs()
    manifests = []
    for number, (architecture, variant) in enumerate(wanted):
        image = blobs.image(LAYERS[: number + 1], config={"architecture": architecture, "variant": variant})
        manifests.append(platformed(image, architecture, variant))
        if architecture in absent:
            del blobs.files[name_of(image)]
    return blobs.layout([named(blobs.index(manifests), "1")] if nested else manifests)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize(
    ("wanted", "asked", "layers"),
    [
        ([("arm64", ""), ("amd64", "")], None, 2),  # the machine's own
        ([("arm64", "")], None, 1),  # the only one
        ([("arm64", ""), ("amd64", "")], "arm64", 1),
        ([("arm64", "v8"), ("amd64", "")], "linux/aarch64", 1),
        ([("arm", "v6"), ("arm", "v7")], "linux/arm/v7", 2),
        ([("arm", "v6"), ("arm", "v7")], "armhf", 2),
        ([("arm", "v6"), ("arm", "v7")], "arm", 1),
        ([("amd64", "v3"), ("amd64", "")], None, 2),  # not what the machine may be too old for
        ([("amd64", "v3"), ("amd64", "")], "amd64", 2),
        ([("amd64", "v3"), ("amd64", "")], "linux/amd64/v3", 1),
    ],
)
def test_platform(wanted: list[tuple[str, str]], asked: str | None, layers: int, nested: bool, tmp_path: Path) -> None:
    assert read(platforms(*wanted, nested=nested), tmp_path, platform=asked).totals.layers == layers


@pytest.mark.usefixtures("machine")
def test_platform_that_is_not_there(tmp_path: Path) -> None:
    files = platforms(("arm64", ""), ("s390x", ""), ("ppc64le", ""), absent=("ppc64le",))
    with pytest.raises(
        AmbiguousImageError, match=r"no image for this machine \(linux/amd64\), but linux/arm64, linux/s390x$"
    ):
        read(files, tmp_path)
    with pytest.raises(NotFoundError, match=r"holds no image for windows/amd64, but linux/arm64, linux/s390x$"):
        read(files, tmp_path, platform="windows/amd64")
    with pytest.raises(NotFoundError, match="lists linux/ppc64le and does not hold it, but linux/arm64"):
        read(files, tmp_path, platform="ppc64le")
    with pytest.raises(NotFoundError, match="lists linux/arm64 and does not hold it, but none"):
        read(platforms(("arm64", ""), absent=("arm64",)), tmp_path, platform="arm64")
    with pytest.raises(NotFoundError, match=r"the manifest is missing \(sha256:[0-9a-f]{64}\)"):
        read(platforms(("arm64", ""), absent=("arm64",)), tmp_path)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("damage", ["manifest", "configuration"])
def test_damage_matters_only_where_it_is_needed(damage: str, tmp_path: Path) -> None:
    """An image of several platforms may be there in part: a manifest without its configuration."""
    blobs = Blobs()
    images = {arch: blobs.image(config={"architecture": arch}) for arch in ("amd64", "arm64", "s390x")}
    files = blobs.layout([named(blobs.index([platformed(images[arch], arch) for arch in images]), "1")])
    manifest = files[name_of(images["arm64"])]
    assert isinstance(manifest, bytes)
    if damage == "manifest":
        files[name_of(images["arm64"])] = manifest[:-1] + b" "
    else:
        del files[name_of(json.loads(manifest)["config"])]
    expected: type[DamagedError] = DamagedError if damage == "manifest" else MissingBlobError

    assert read(files, tmp_path).image.platform.architecture == "amd64"
    assert read(files, tmp_path, platform="s390x").image.platform.architecture == "s390x"
    with pytest.raises(expected):
        read(files, tmp_path, platform="arm64")


@pytest.mark.usefixtures("machine")
def test_damaged_image_for_this_machine_is_not_passed_over(tmp_path: Path) -> None:
    blobs = Blobs()
    images = [platformed(blobs.image(config={"architecture": arch}), arch) for arch in ("amd64", "arm64")]
    files = blobs.layout(images)
    files[name_of(images[0])] = b"{}"
    with pytest.raises(DamagedError, match="2 bytes long, where"):
        read(files, tmp_path)
    unstated = blobs.layout([{key: images[0][key] for key in ("digest", "size")}])
    unstated[name_of(images[0])] = b"{}"
    with pytest.raises(DamagedError, match="2 bytes long, where"):
        read(unstated, tmp_path, platform="amd64")


def test_damaged_index_of_a_docker_archive(tmp_path: Path) -> None:
    files = docker_25()
    manifest = name_of(json.loads(files["index.json"])["manifests"][0])  # type: ignore[arg-type]
    files[manifest] = b"{}"
    with pytest.raises(DamagedError, match="2 bytes long"):
        read(files, tmp_path)


@pytest.mark.usefixtures("machine")
def test_platform_without_its_configuration_in_a_containerd_store(tmp_path: Path) -> None:
    blobs = Blobs()
    own, other = blobs.image(), blobs.image(LAYERS[:1], config={"architecture": "arm64"})
    index = named(blobs.index([platformed(own, "amd64"), platformed(other, "arm64")]), "1")
    manifest = json.loads(blobs.files[name_of(own)])
    listed = {
        "Config": name_of(manifest["config"]),
        "RepoTags": ["app:1"],
        "Layers": [name_of(e) for e in manifest["layers"]],
    }
    files: Files = {**blobs.layout([index]), "manifest.json": dump([listed])}
    assert read(files, tmp_path, platform="arm64").totals.layers == 1
    del files[name_of(json.loads(blobs.files[name_of(other)])["config"])]
    assert read(files, tmp_path).totals.layers == 3
    with pytest.raises(MissingBlobError):
        read(files, tmp_path, platform="arm64")


def test_platform_of_the_descriptor_where_the_configuration_has_none(tmp_path: Path) -> None:
    blobs = Blobs()
    files = blobs.layout([platformed(blobs.image(config={"architecture": "", "os": ""}), "riscv64")])
    assert read(files, tmp_path).image.platform.architecture == "riscv64"


def test_image_of_no_stated_platform(tmp_path: Path) -> None:
    blobs = Blobs()
    files = blobs.layout([blobs.image(config={"architecture": "", "os": ""})])
    assert read(files, tmp_path).totals.layers == 3
    with pytest.raises(NotFoundError, match="holds no image for linux/amd64, but one of no stated platform"):
        read(files, tmp_path, platform="amd64")


# What is no image


def test_attestations_are_passed_over(tmp_path: Path) -> None:
    blobs = Blobs()
    image = blobs.image()
    unannotated = {key: value for key, value in blobs.attestation(image).items() if key != "annotations"}
    files = blobs.layout([image, blobs.attestation(image), unannotated, {**blobs.image(LAYERS[:1]), **ATTESTATION}])
    assert read(files, tmp_path).totals.layers == 3
    left_out = platformed({"digest": digest_of(b""), "size": 1}, "unknown", os="unknown")
    with pytest.raises(NotAnImageError, match="its index lists no image"):
        read(blobs.layout([left_out]), tmp_path)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"config_type": "application/vnd.cncf.helm.config.v1+json"}, "application/vnd.cncf.helm.config.v1+json"),
        ({"artifactType": "application/vnd.example"}, "application/vnd.example"),
        (
            {"layer_type": "application/vnd.dev.cosign.simplesigning.v1+json"},
            "application/vnd.dev.cosign.simplesigning.v1+json",
        ),
    ],
)
def test_artifacts(more: dict[str, str], kind: str, tmp_path: Path) -> None:
    blobs = Blobs()
    artifact = blobs.image((dump({"critical": {}}),), **more)
    with pytest.raises(NotAnImageError, match="holds no image but artifacts") as caught:
        read(blobs.layout([artifact]), tmp_path)
    assert kind in str(caught.value)
    signed = blobs.layout([named(blobs.image(), "1"), named(artifact, "sha256-abc.sig")])
    assert read(signed, tmp_path).totals.layers == 3


def test_schema_1(tmp_path: Path) -> None:
    manifest = {"schemaVersion": 1, "fsLayers": [{"blobSum": digest_of(b"")}], "history": [{"v1Compatibility": "{}"}]}
    with pytest.raises(UnsupportedError, match=r"manifest\.json: a manifest of Docker's schema 1$"):
        read({"manifest.json": dump(manifest), "version": b""}, tmp_path)
    blobs = Blobs()
    old = named(blobs.add(manifest, f"{DOCKER}.distribution.manifest.v1+prettyjws"), "old")
    files = blobs.layout([old, named(blobs.image(), "new")])
    assert read(files, tmp_path, ":new").totals.layers == 3
    with pytest.raises(UnsupportedError):
        read(files, tmp_path, ":old")


def test_neither_index_nor_manifest(tmp_path: Path) -> None:
    blobs = Blobs()
    with pytest.raises(NotAnImageError, match="neither an index nor a manifest"):
        read(blobs.layout([blobs.add({"hello": "world"}, "")]), tmp_path)
    with pytest.raises(NotAnImageError, match="its index lists no image"):
        read(blobs.layout([]), tmp_path)
    with pytest.raises(DamagedError, match=r"index\.json: lists no manifests"):
        read({"oci-layout": b"{}", "index.json": b"{}"}, tmp_path)
    with pytest.raises(NotAnImageError, match=r"an OCI layout without index\.json"):
        read({"oci-layout": b"{}"}, tmp_path)


def test_layout_without_its_marker(tmp_path: Path) -> None:
    files = oci()
    del files["oci-layout"]
    assert read(files, tmp_path).totals.layers == 3


# Layers that are elsewhere


@pytest.mark.parametrize(
    "layer",
    [
        {"mediaType": f"{DOCKER}.image.rootfs.foreign.diff.tar.gzip"},
        {"mediaType": f"{LAYER_TYPE.replace('layer', 'layer.nondistributable')}+gzip"},
        {"mediaType": f"{LAYER_TYPE}+gzip", "urls": ["https://example.com/blob"]},
    ],
)
def test_foreign_layer(layer: dict[str, Any], tmp_path: Path) -> None:
    base, own = GZIP(LAYERS[0]), GZIP(LAYERS[1])

    def layout(*, with_base: bool) -> Files:
        blobs = Blobs()
        layers = [{**blobs.add(base, ""), **layer}, blobs.add(own, f"{LAYER_TYPE}+gzip")]
        config = blobs.add(config_of(LAYERS[:2], os="windows"), "")
        files = blobs.layout([blobs.add({"schemaVersion": 2, "config": config, "layers": layers}, "")])
        if not with_base:
            del files[f"blobs/sha256/{hex_of(base)}"]
        return files

    absent = read(layout(with_base=False), tmp_path)
    assert [each.present for each in absent.layers] == [False, True]
    assert [each.content_bytes for each in absent.layers] == [0, 500]
    assert [each.blob_bytes for each in absent.layers] == [len(base), len(own)]
    assert [each.diff_id for each in absent.layers] == [digest_of(each) for each in LAYERS[:2]]
    assert "Layer 0 is a foreign layer whose blob is not in the archive: its contents are not counted." in absent.notes

    present = read(layout(with_base=True), tmp_path)
    assert [each.content_bytes for each in present.layers] == [5507, 500]
    assert present.notes == ()


def test_foreign_layer_of_a_docker_archive(tmp_path: Path) -> None:
    files = docker_25(oci_layers=False)
    listed = json.loads(files["manifest.json"])  # type: ignore[arg-type]
    source = listed[0]["LayerSources"][digest_of(LAYERS[0])]
    source["mediaType"] = f"{DOCKER}.image.rootfs.foreign.diff.tar.gzip"
    files["manifest.json"] = dump(listed)
    del files[name_of(source)]
    report = read(files, tmp_path)
    assert [layer.present for layer in report.layers] == [False, True, True]
    assert report.layers[0].blob_bytes == len(LAYERS[0])


# A root filesystem


ROOT = (folder("etc"), file("etc/passwd", b"root"), file("bin/sh", b"#" * 100))


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("manifest.json", b'{"name": "a web app", "icons": []}'),
        ("manifest.json", b'[{"src": "x"}]'),
        ("manifest.json", b'"text"'),
        ("index.json", b'{"hits": 3}'),
        ("index.json", b"[]"),
        ("json", b"{}"),
        ("a/json", b"{}"),
        ("repositories", b"not ours"),
    ],
)
def test_root_filesystem_with_documents_of_something_else(name: str, contents: bytes, tmp_path: Path) -> None:
    report = inspect_bytes(tar_of([*ROOT, file(name, contents)]), tmp_path)
    assert (report.image.source, report.totals.content_bytes) == ("rootfs", 104 + len(contents))


def test_order_of_layer_and_document_members_does_not_make_a_root_filesystem_an_image(tmp_path: Path) -> None:
    with pytest.raises(NotAnImageError, match="holds no image"):
        inspect_bytes(tar_of([]), tmp_path)


@pytest.mark.parametrize("form", ["Docker 25", "OCI", "kaniko", "Docker 1.10"])
def test_archive_cut_off_before_its_manifest_is_no_root_filesystem(form: str, tmp_path: Path) -> None:
    listing = {"manifest.json", "index.json", "oci-layout", "repositories"}
    files = {name: data for name, data in FORMS[form].items() if name not in listing and not name.endswith("/json")}
    with pytest.raises(MissingBlobError, match=r"holds parts of an image, and neither manifest\.json nor index\.json"):
        read(files, tmp_path)


def test_archive_cut_off_between_its_layers_is_not_older_than_it_is(tmp_path: Path) -> None:
    """Up to there it looks like one of Docker 1.0, but for the dates, which later tools do not write."""
    files = {name: data for name, data in docker_10().items() if "/" in name}
    with pytest.raises(MissingBlobError, match=r"image: manifest\.json is missing$"):
        read(files, tmp_path)


# Docker before 1.10


def test_docker_v1(tmp_path: Path) -> None:
    report = read(docker_v1(), tmp_path)
    assert report.image.image_id is None
    assert {(layer.diff_id, layer.chain_id) for layer in report.layers} == {(None, None)}
    assert [(each.kind, each.text, each.layer) for each in report.instructions] == [
        ("RUN", "step 0", 0),
        ("RUN", "step 1", 1),
        ("RUN", "step 2", 2),
    ]
    assert [each.created for each in report.instructions] == [f"2014-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    assert report.notes == ("The archive is older than Docker 1.10: its layers have no diff IDs.",)


def test_docker_v1_without_an_end_or_a_beginning(tmp_path: Path) -> None:
    layer = LAYERS[0]

    def of(parents: dict[str, str], **more: bytes) -> Files:
        files: Files = {
            f"{name}/json": dump({"id": name, "parent": parent, "created": "2014-01-01T00:00:00Z"})
            for name, parent in parents.items()
        }
        return {**files, **{f"{name}/layer.tar": layer for name in parents}, **more}

    with pytest.raises(DamagedError, match="the layers below a have no end"):
        read(of({"a": "b", "b": "a"}, repositories=dump({"x": {"1": "a"}})), tmp_path)
    with pytest.raises(NotAnImageError, match="names no image"):
        read(of({"a": "b", "b": "a"}), tmp_path)
    with pytest.raises(MissingBlobError, match="c/json is missing"):
        read(of({"a": "c"}), tmp_path)
    chain = {f"n{number}": f"n{number + 1}" for number in range(1100)}
    with pytest.raises(DamagedError, match="have no end"):
        read(of(chain, repositories=dump({"x": {"1": "n0"}})), tmp_path)
    files = of({"a": ""}, repositories=dump({"x": {"1": "a"}}))
    assert read(files, tmp_path).image.platform.os == "linux"


def test_reference_of_an_index_that_names_in_two_ways(tmp_path: Path) -> None:
    blobs = Blobs()
    note = {"io.containerd.image.name": "docker.io/library/app:1", REF: "1"}
    files = blobs.layout([{**blobs.image(), "annotations": note}])
    assert read(files, tmp_path).image.reference == "docker.io/library/app:1"
    assert read(files, tmp_path, ":1").image.reference == f"{tmp_path}/image:1"
    assert read(files, tmp_path, ":app:1").image.reference == f"{tmp_path}/image:app:1"


def test_folder_is_told_from_a_file(tmp_path: Path) -> None:
    root = as_folder(oci(), tmp_path / "layout")
    assert layerscope.inspect(f"oci:{root}:1").image.source == "oci"
    assert layerscope.inspect(f"dir:{as_folder(dir_image(), tmp_path / 'dir')}").image.source == "dir"
    path = tmp_path / "x.tar"
    path.write_bytes(as_tar(docker_10()))
    assert layerscope.inspect(f"docker-archive:{path}:app:1").image.source == "docker-archive"
