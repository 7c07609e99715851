"""What layerscope says of images that a real engine built, against what that engine says of them."""

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from docker import APIClient
from engines import Engine, layerscope_command
from recipes import DOCKERFILES

import layerscope
from layerscope.report import Report

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

EVERYTHING = 1_000_000
ENGINES_OWN = {
    *(".dockerenv", "dev/console", "dev/pts", "dev/shm", "proc", "sys"),
    *("etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"),
}
"""What the engine puts, empty or not, into every container."""


def _commit(engine: Engine, context: Path) -> str:  # noqa: ARG001 - every maker is called alike
    change = "head -c 7000 /dev/zero > /new; rm /bin/ed; mv /bin/vi /bin/moved; echo x > /etc/motd"
    engine.docker("run", "--network=none", "--name=changed", "base:1", "sh", "-c", change)
    engine.docker("commit", "--message=by hand", "--change=ENV A=b", "changed", "commit:1")
    engine.docker("rm", "changed")
    return "commit:1"


def _import(engine: Engine, context: Path) -> str:
    engine.docker("import", "--message=imported", context / "odd.tar", "import:1")
    return "import:1"


def _squash(engine: Engine, context: Path) -> str:
    return engine.build("squash:1", _text("whiteouts"), context, "--squash")


def _load(engine: Engine, context: Path) -> str:
    """Let the engine unpack its own archive again: what it counts then, it counts on another way."""
    name = engine.build("load:1", _text("hardlinks"), context)
    archive = engine.save(name, engine.folder / "load.tar")
    engine.docker("rmi", name)
    engine.docker("load", f"--input={archive}")
    archive.unlink()
    return name


def _classic(recipe: str) -> Callable[[Engine, Path], str]:
    return lambda engine, context: engine.build(f"classic-{recipe}:1", _text(recipe), context)


def _buildkit(recipe: str) -> Callable[[Engine, Path], str]:
    return lambda engine, context: engine.build(f"buildkit-{recipe}:1", _text(recipe), context, buildkit=True)


def _text(recipe: str) -> str:
    return "\n".join(line.strip() for line in DOCKERFILES[recipe].strip().splitlines())


IMAGES = {
    **{f"classic-{recipe}": _classic(recipe) for recipe in DOCKERFILES},
    **{f"buildkit-{recipe}": _buildkit(recipe) for recipe in DOCKERFILES},
    "commit": _commit,
    "import": _import,
    "squash": _squash,
    "load": _load,
}


@pytest.fixture(scope="module", params=IMAGES)
def image(request: pytest.FixtureRequest, engine: Engine, context: Path) -> Iterator[str]:
    name = IMAGES[request.param](engine, context)
    yield name
    engine.docker("rmi", "--force", name)


def test_sizes_are_those_of_docker_history(image: str, reached: Engine, tmp_path: Path) -> None:
    with APIClient(reached.host) as client:
        entries = client.history(image)[::-1]
    history = [entry["Size"] for entry in entries]
    report = layerscope.inspect(image)
    sizes = [instruction.content_bytes for instruction in report.instructions]
    assert sum(sizes) == report.totals.content_bytes == sum(layer.content_bytes for layer in report.layers)
    if image.startswith("buildkit-"):
        # What BuildKit tells of its own layers leaves out symbolic links; saved and loaded again, they count.
        links = link_bytes(reached.save(image, tmp_path / "saved.tar"))
        layers = [instruction.layer for instruction in report.instructions]
        own = [
            layer is not None and "buildkit" in entry["Comment"] for layer, entry in zip(layers, entries, strict=True)
        ]
        sizes = [size - own[index] * links[layers[index] or 0] for index, size in enumerate(sizes)]
    assert sizes == history


def link_bytes(archive: Path) -> list[int]:
    """Add up the targets of each layer's symbolic links."""
    with tarfile.open(archive) as whole:
        (manifest,) = json.load(whole.extractfile("manifest.json"))
        layers = []
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=whole.extractfile(name)) as layer:
                layers.append(sum(len(raw(member.linkname)) for member in layer if member.issym()))
    return layers


def raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def test_what_is_kept_is_what_a_container_holds(image: str, reached: Engine, tmp_path: Path) -> None:
    container = reached.docker("create", "--network=none", image, "nothing")
    reached.docker("export", f"--output={tmp_path}/root.tar", container)
    reached.docker("rm", container)
    report = layerscope.inspect(image, top=EVERYTHING)
    hidden = sum(file.content_bytes for file in report.files if file.path in ENGINES_OWN)
    assert report.totals.kept_bytes - hidden == exported_bytes(tmp_path / "root.tar")


def exported_bytes(path: Path) -> int:
    """Add up an exported file system by the definition of content bytes."""
    total = 0
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name in ENGINES_OWN:
                continue
            if member.issym():
                total += len(raw(member.linkname))
            elif member.isreg():
                total += member.size
    return total


def test_the_report_is_the_same_from_engine_file_and_pipe(image: str, reached: Engine, tmp_path: Path) -> None:
    archive = reached.save(image, tmp_path / "saved.tar")
    # By itself, only the engine knows of what is below.
    base = None if image in ("classic-scratch:1", "buildkit-scratch:1", "import:1") else "base:1"
    by_engine = layerscope.inspect(image, base=base)
    assert by_engine.image.reference == image
    assert by_engine.image.source == "docker-daemon"
    assert by_engine.totals.blob_bytes is None
    assert {layer.blob_bytes for layer in by_engine.layers} <= {None}
    options = ("--format", "json", *(("--base", base) if base else ()))
    by_pipe = layerscope_command("inspect", "-", *options, stdin=archive, DOCKER_HOST=reached.host)
    assert by_pipe.stderr == ""
    seen = whatever_the_source(by_engine)
    assert whatever_the_source(layerscope.inspect(str(archive), base=base)) == seen
    assert whatever_the_source(msgspec.json.decode(by_pipe.stdout, type=Report)) == seen


def whatever_the_source(report: Report) -> Report:
    """Leave out what must differ: where the image was, its name there, and the blobs' sizes."""
    return msgspec.structs.replace(
        report,
        image=msgspec.structs.replace(report.image, reference="", source=""),
        totals=msgspec.structs.replace(report.totals, blob_bytes=None),
        layers=tuple(msgspec.structs.replace(layer, blob_bytes=None) for layer in report.layers),
    )


def test_names_without_a_tag_and_ids(reached: Engine, context: Path) -> None:
    """Of a bare name the engine would save every tag; it means one image."""
    for tag in ("1", "2", "latest"):
        reached.build(f"many:{tag}", f"FROM scratch\nLABEL tag={tag}\nCOPY tree /", context)
    image_id = reached.docker("image", "inspect", "--format={{.Id}}", "many:latest")
    names = ("many", "docker-daemon:many", "docker.io/library/many:latest", image_id, image_id[7:19])
    assert {layerscope.inspect(name).image.image_id for name in names} == {image_id}
    assert layerscope.inspect("many").image.reference == "many"
    reached.docker("rmi", "many:latest")
    with pytest.raises(layerscope.errors.NotFoundError, match="many: no such file"):
        layerscope.inspect("many", pull="never")


def test_nothing_is_written_to_disk(reached: Engine, context: Path, tmp_path: Path) -> None:
    """Not even into a file without a name: the process may not write a byte into any file."""
    name = reached.build("written:1", "FROM base:1\nCOPY tree /srv", context)
    folder = tmp_path / "temporary"
    folder.mkdir()
    no_files = ("prlimit", "--fsize=0")
    environment = {"DOCKER_HOST": reached.host, "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = layerscope_command("inspect", name, before=no_files, coverage=False, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(folder.iterdir()) == []
