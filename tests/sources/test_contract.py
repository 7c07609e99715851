"""One contract for all sources: the same image gives the same report, wherever it lies and however it passes by."""

import lzma
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from images import (
    COMPRESSIONS,
    Files,
    Saved,
    as_folder,
    as_tar,
    containerd,
    dir_image,
    docker_10,
    docker_25,
    docker_v1,
    files_of,
    flat,
    inspect_bytes,
    inspect_piped,
    oci,
    told,
)

import layerscope
from layerscope.render.json import render
from layerscope.render.kit.view import View

FIXTURES = Path(__file__).parents[2] / "fixtures"
ANY_VIEW = View(width=80, colour=False, unicode=True, top=10, sort="order", truncate=False)
ROOTFS = {"docker-export-rootfs.tar", "buildx-rootfs.tar"}
OTHER = {"docker-20.10-multi.tar": ":web:1", "podman-docker-archive-multi.tar": ":@1"}
"""Archives of several images: which one is read."""

MADE: dict[str, Files] = {
    "docker 1.10": docker_10(),
    "docker 1.10, untagged": docker_10(Saved(tags=None)),
    "docker 25": docker_25(),
    "containerd store": containerd(),
    "oci gzip": oci(),
    "oci zstd": oci(COMPRESSIONS["zstd"]),
    "dir": dir_image(),
    "kaniko": flat(),
    "jib": flat(lower=True),
    "docker 1.0": docker_v1(),
}
ARCHIVES = {path.name: path for path in sorted((FIXTURES / "archives").glob("*.tar"))}

every_image = pytest.mark.parametrize("name", [*MADE, *ARCHIVES])


def archive(name: str) -> bytes:
    return as_tar(MADE[name]) if name in MADE else ARCHIVES[name].read_bytes()


def choice(name: str) -> str:
    return OTHER.get(name, "")


@pytest.fixture
def expected(name: str, tmp_path: Path) -> object:
    """What the archive in a file says."""
    return told(inspect_bytes(archive(name), tmp_path, choice(name), platform=None))


@every_image
def test_pipe(name: str, expected: object) -> None:
    assert told(inspect_piped(archive(name), choice(name))) == expected


@pytest.mark.parametrize("compression", [each for each in COMPRESSIONS if each != "none"])
@pytest.mark.parametrize("name", MADE)
def test_compressed_as_a_whole(name: str, compression: str, expected: object, tmp_path: Path) -> None:
    packed = COMPRESSIONS[compression](archive(name))
    assert told(inspect_bytes(packed, tmp_path)) == expected
    assert told(inspect_piped(packed)) == expected


@pytest.mark.parametrize("name", [name for name in (*MADE, *ARCHIVES) if name not in ROOTFS])
def test_folder(name: str, expected: object, tmp_path: Path) -> None:
    root = as_folder(files_of(archive(name)), tmp_path / "folder")
    assert told(layerscope.inspect(f"{root}{choice(name)}")) == expected


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", [*MADE, "docker-20.10-buildkit.tar", "buildx-oci-estargz.tar"])
def test_members_in_any_order(name: str, tmp_path: Path, data: st.DataObject) -> None:
    files = files_of(archive(name))
    shuffled = as_tar(files, data.draw(st.permutations(sorted(files))))
    expected = told(inspect_bytes(archive(name), tmp_path))
    assert told(inspect_bytes(shuffled, tmp_path)) == expected
    assert told(inspect_piped(shuffled)) == expected


def as_process(target: str, stdin: "IO[bytes] | int") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "layerscope", "inspect", target, "--format", "json"]
    return subprocess.run(command, stdin=stdin, capture_output=True, check=False)


@pytest.mark.parametrize(
    "name", ["docker-20.10-classic.tar", "buildx-oci-zstd.tar", "docker 1.0", "docker-export-rootfs.tar"]
)
def test_standard_input_of_a_process(name: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(archive(name))
    named = render(layerscope.inspect(str(path)), ANY_VIEW).replace(str(path), "standard input")
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout
        from_pipe = as_process("-", cat.stdout)
    with path.open("rb") as seekable:
        from_file = as_process("-", seekable)

    assert (from_pipe.returncode, from_pipe.stderr) == (from_file.returncode, from_file.stderr) == (0, b"")
    assert from_pipe.stdout == from_file.stdout == named.encode()


def test_one_of_several_on_standard_input() -> None:
    path = ARCHIVES["docker-20.10-multi.tar"]
    with path.open("rb") as seekable:
        unclear = as_process("-", seekable)
        assert unclear.returncode == 2
        assert b"@0 web:1, @1 worker:1" in unclear.stderr
        assert unclear.stderr.endswith(b"such as /dev/stdin:web:1\n")
        chosen = as_process("/dev/stdin:web:1", seekable)
    assert chosen.stdout == render(layerscope.inspect(f"{path}:web:1"), ANY_VIEW).encode()


def test_example_compressed_by_its_producer() -> None:
    path = FIXTURES / "example" / "tidewatch.tar.xz"
    packed = told(layerscope.inspect(str(path)))
    assert packed["totals"]["layers"] == 10
    assert told(inspect_piped(lzma.decompress(path.read_bytes()))) == packed


def test_layer_that_begins_like_a_document(tmp_path: Path) -> None:
    """A tar begins with a file's name, and a file may be named ``[slug].js``."""
    from builders import file, tar_of

    files = docker_10(Saved(layers=[tar_of([file("[slug].js", b"12345")]), tar_of([file("{x}", b"678")])]))
    expected = told(inspect_bytes(as_tar(files), tmp_path))
    assert [layer["content_bytes"] for layer in expected["layers"]] == [5, 3]
    assert told(inspect_piped(as_tar(files))) == expected


def test_file_that_replaces_a_link(tmp_path: Path) -> None:
    from builders import symlink

    twice = symlink("manifest.json", "elsewhere") + symlink("repositories", "manifest.json") + as_tar(docker_10())
    expected = told(inspect_bytes(as_tar(docker_10()), tmp_path))
    assert told(inspect_bytes(twice, tmp_path)) == expected
    assert told(inspect_piped(twice)) == expected


def test_last_of_two_members_of_one_name_counts(tmp_path: Path) -> None:
    """``tar --append`` replaces a member by a second one, which may be of another kind."""
    from builders import END, file

    files = docker_10()
    layer = next(name for name in files if name.endswith("layer.tar"))
    manifest = files.pop("manifest.json")
    assert isinstance(manifest, bytes)
    first = file("manifest.json", b"{}") + file(layer, b'{"a": 1}')
    twice = first + as_tar(files)[: -len(END)] + file("manifest.json", manifest) + END
    expected = told(inspect_bytes(as_tar(docker_10()), tmp_path))
    assert told(inspect_bytes(twice, tmp_path)) == expected
    assert told(inspect_piped(twice)) == expected
