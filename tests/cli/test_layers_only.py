"""``inspect --layers-only``: what is stored, by documents alone; of every source, and nothing that is guessed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_registry import fake_registry, say, served
from images import (
    GZIP,
    LAYERS,
    Files,
    Saved,
    as_folder,
    as_tar,
    config_of,
    dir_image,
    docker_10,
    docker_25,
    docker_v1,
    flat,
    oci,
    piped,
)

import layerscope
from layerscope.cli.kit.app import run
from layerscope.errors import LayerscopeError

FIXTURES = Path(__file__).parents[2] / "fixtures"
Run = Callable[..., tuple[str, str, int]]

MADE: dict[str, Files] = {
    "docker 1.10": docker_10(),
    "docker 25": docker_25(),
    "oci": oci(),
    "dir": dir_image(),
    "kaniko": flat(),
    "docker 1.0": docker_v1(),
}
CONFIG = config_of(
    history=[
        {"created_by": "COPY app /app # buildkit", "created": "2024-05-06T07:08:09Z"},
        {"created_by": "ENV TOKEN=s3cr3t", "empty_layer": True, "comment": "buildkit.dockerfile.v0"},
        {"created_by": "RUN /bin/sh -c configure # buildkit"},
        {"created_by": "RUN /bin/sh -c clean # buildkit"},
    ]
)
IMAGE = oci(config=json.loads(CONFIG))


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "100")

    def shown(*arguments: object) -> tuple[str, str, int]:
        code = run(["inspect", "--layers-only", *map(str, arguments)])
        said = capsys.readouterr()
        return said.out, said.err, code

    return shown


def saved(files: Files, path: Path) -> str:
    path.write_bytes(as_tar(files))
    return str(path)


def test_the_table(tmp_path: Path, shown: Run) -> None:
    path = saved(IMAGE, tmp_path / "image.tar")
    out, err, code = shown(path)
    first, second, third = (len(GZIP(layer)) for layer in LAYERS)
    report = layerscope.inspect(path)
    assert (err, code) == ("", 0)
    assert out == (
        f"{path}:1  linux/amd64  {(report.image.image_id or '')[7:19]}\n"
        "\n"
        f"  stored  {first + second + third} B  as blobs, 4 instructions, 3 layers; no layer was read\n"
        "\n"
        "Instructions\n"
        "  #   blob              instruction\n"
        f"  0  {first} B  ██████████  COPY app /app\n"
        "  1                     ENV TOKEN=***\n"
        f"  2  {second} B  {bar(second, first):10}  RUN configure\n"
        f"  3  {third} B  {bar(third, first):10}  RUN clean\n"
    )
    by_size = shown(path, "--sort", "size")[0].splitlines()
    assert [line.split()[0] for line in by_size[6:]] == ["0", "3", "2", "1"]


def test_what_the_source_does_not_tell_is_said_to_be_so(shown: Run) -> None:
    out, _, _ = shown(FIXTURES / "archives" / "docker-export-rootfs.tar")
    assert "\n  stored  unknown  not told by this source; 0 instructions, 1 layer\n" in out


def bar(part: int, whole: int) -> str:
    from layerscope.render.kit.bars import bar as draw

    return draw(part, 0, whole=whole, cells=10, unicode=True).kept


def test_json(tmp_path: Path, shown: Run) -> None:
    path = saved(IMAGE, tmp_path / "image.tar")
    whole = json.loads(layerscope_json(path))
    out, _, code = shown(path, "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert list(told) == ["schema_version", "image", "totals", "layers", "instructions", "notes"]
    assert told["schema_version"] == whole["schema_version"]
    assert told["image"] == whole["image"]
    assert told["totals"] == {name: whole["totals"][name] for name in ("blob_bytes", "layers")}
    assert told["layers"] == [{name: layer[name] for name in told["layers"][0]} for layer in whole["layers"]]
    shared = [name for name in told["instructions"][0] if name != "blob_bytes"]
    assert [{name: each[name] for name in shared} for each in told["instructions"]] == [
        {name: each[name] for name in shared} for each in whole["instructions"]
    ]
    blobs = [layer["blob_bytes"] for layer in whole["layers"]]
    assert [each["blob_bytes"] for each in told["instructions"]] == [blobs[0], 0, *blobs[1:]]


def layerscope_json(path: str) -> str:
    from layerscope.render.json import render
    from layerscope.render.kit.view import View

    return render(layerscope.inspect(path), View())


def same(report: Any, whole: Any) -> bool:
    """Hold what is told without reading layers against what is told by reading them."""
    names = report.layers[0].__struct_fields__ if report.layers else ()
    for layer, read in zip(report.layers, whole.layers, strict=True):
        for name in names:
            if name != "digest" or layer.digest:  # what no document names is computed
                assert getattr(layer, name) == getattr(read, name)
    assert report.totals.blob_bytes == whole.totals.blob_bytes
    assert report.image == whole.image
    return True


@pytest.mark.parametrize("name", MADE)
def test_every_form(name: str, tmp_path: Path) -> None:
    path = saved(MADE[name], tmp_path / "image.tar")
    assert same(layerscope.inspect_layers(path), layerscope.inspect(path))
    folder = str(as_folder(MADE[name], tmp_path / "folder"))
    assert same(layerscope.inspect_layers(folder), layerscope.inspect(folder))
    with piped(as_tar(MADE[name])) as pipe:
        assert layerscope.inspect_layers(pipe).layers == layerscope.inspect_layers(path).layers


@pytest.mark.parametrize("path", sorted((FIXTURES / "archives").glob("*.tar")), ids=lambda path: path.name)
def test_real_images(path: Path) -> None:
    choice = {"docker-20.10-multi.tar": ":web:1", "podman-docker-archive-multi.tar": ":@1"}.get(path.name, "")
    assert same(layerscope.inspect_layers(f"{path}{choice}"), layerscope.inspect(f"{path}{choice}"))


def test_a_registry_is_asked_for_no_layer() -> None:
    routes = served(IMAGE)
    report = json.loads(IMAGE["index.json"])  # type: ignore[arg-type]
    digest = report["manifests"][0]["digest"]
    manifest = json.loads(IMAGE["blobs/" + digest.replace(":", "/")])  # type: ignore[arg-type]
    for layer in manifest["layers"]:
        routes[f"blobs/{layer['digest']}"] = say(500)
    with fake_registry(routes) as fake:
        stored = layerscope.inspect_layers(fake.target)
    assert [layer.blob_bytes for layer in stored.layers] == [layer["size"] for layer in manifest["layers"]]
    assert [layer.digest for layer in stored.layers] == [layer["digest"] for layer in manifest["layers"]]
    assert stored.image.source == "docker"


def test_layers_that_are_damaged_or_not_there(tmp_path: Path) -> None:
    files = {name: data for name, data in IMAGE.items() if not bytes(data).startswith(b"\x1f\x8b")}  # type: ignore[arg-type]
    stored = layerscope.inspect_layers(saved(files, tmp_path / "image.tar"))
    assert stored.totals.blob_bytes == sum(len(GZIP(layer)) for layer in LAYERS)
    with pytest.raises(LayerscopeError):
        layerscope.inspect(saved(files, tmp_path / "image.tar"))


def test_the_base_and_the_dockerfile(tmp_path: Path, shown: Run) -> None:
    top = saved(IMAGE, tmp_path / "image.tar")
    below = saved(oci(layers=LAYERS[:1]), tmp_path / "below.tar")
    recipe = tmp_path / "Dockerfile"
    recipe.write_text("FROM below\nENV TOKEN=s3cr3t\nRUN configure\nRUN clean\n")
    out, err, code = shown(top, "--base", below, "--dockerfile", recipe)
    assert (err, code) == ("", 0)
    assert [line.split()[0] for line in out.splitlines()[2:4]] == ["stored", "base"]
    first, *rest = [line.split() for line in out.splitlines()[-4:]]
    assert first[:2] == ["0", "base"]
    assert [row[-2:] for row in rest] == [["ENV", "TOKEN=***"], ["RUN", "configure"], ["RUN", "clean"]]
    assert [row[-3] for row in rest] == ["2", "3", "4"]  # lines of the Dockerfile
    assert "s3cr3t" not in out


def test_a_saved_image_without_a_history(tmp_path: Path, shown: Run) -> None:
    path = saved(docker_10(Saved(config={"history": []})), tmp_path / "image.tar")
    out, _, code = shown(path)
    assert code == 0
    assert [line.split("  ")[-1].strip() for line in out.splitlines()[-3:]] == [
        f"(unattributed layer {n})" for n in range(3)
    ]
