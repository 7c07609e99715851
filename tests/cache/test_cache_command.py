"""``layerscope cache``, and the options by which commands keep what they read or do not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from images import as_tar, docker_10, oci
from keeping import entries_of, settled

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar(docker_10()))
    return settled(path)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command, its cache in ``tmp_path / "cache"``."""

    def runs(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        usual = {"LAYERSCOPE_NO_CACHE": "", "LAYERSCOPE_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "layerscope", *map(str, arguments)]
        environment = {**os.environ, **usual, **environment}
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    return runs


@pytest.mark.parametrize(
    "arguments",
    [("inspect", "{}"), ("why", "{}", "/app"), ("split", "{}"), ("compare", "{}", "--walk=all"), ("diff", "{}", "{}")],
    ids=lambda arguments: arguments[0],
)
def test_every_command_keeps_what_it_reads_unless_told_otherwise(
    arguments: tuple[str, ...], image: Path, run: Run, tmp_path: Path
) -> None:
    words = [each.format(image) for each in arguments]
    without = run(*words, "--no-cache")
    assert without.returncode == 0
    assert run(*words, LAYERSCOPE_NO_CACHE="1").stdout == without.stdout
    assert not (tmp_path / "cache").exists()
    for _ in range(2):
        kept = run(*words)
        assert (kept.returncode, kept.stdout, kept.stderr) == (0, without.stdout, without.stderr)
        assert any(name.startswith("layers/") for name in entries_of(tmp_path / "cache"))


def test_what_there_is_and_how_to_be_rid_of_it(image: Path, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    empty = f"{folder}\nlayers          0 entries        0 B\ndocuments       0 entries        0 B\n"
    empty += "reports         0 entries        0 B\ntogether                         0 B of at most 1.0 GB\n"
    assert run("cache", "info").stdout == empty
    assert not folder.exists()
    run("inspect", image)
    lines = run("cache", "info").stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["layers", "3", "entries"],
        ["documents", "0", "entries"],
        ["reports", "1", "entry"],
    ]
    assert "0 B removed" in run("cache", "prune").stdout
    assert len(entries_of(folder)) == 4
    assert f" removed from {folder}\n" in run("cache", "prune", "--cache-max-bytes=4000").stdout
    assert 0 < sum(map(len, entries_of(folder).values())) <= 4000
    run("cache", "clear")
    assert run("cache", "info").stdout == empty


def test_the_bounds(image: Path, run: Run, tmp_path: Path) -> None:
    run("inspect", image, "--cache-max-bytes", "0")
    assert not entries_of(tmp_path / "cache")
    run("inspect", image, LAYERSCOPE_CACHE_MAX_BYTES="900")
    assert sum(map(len, entries_of(tmp_path / "cache").values())) <= 900
    refused = run("inspect", image, LAYERSCOPE_CACHE_MAX_BYTES="much")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "much" in refused.stderr


def test_the_users_own_folder(image: Path, run: Run, tmp_path: Path) -> None:
    run("inspect", image, LAYERSCOPE_CACHE_DIR="", HOME=str(tmp_path), XDG_CACHE_HOME="")
    assert len(entries_of(tmp_path / ".cache" / "layerscope")) == 4 or sys.platform == "darwin"
    run("inspect", image, LAYERSCOPE_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path / "elsewhere"))
    assert len(entries_of(tmp_path / "elsewhere" / "layerscope")) == 4 or sys.platform == "darwin"


def test_why_nothing_is_kept(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    assert run("cache", "info").stdout.splitlines()[-1] == "not in use: others may write to the folder"
    folder.chmod(0o700)
    assert run("cache", "info").stdout.splitlines()[-1].startswith("together")
    (tmp_path / "file").touch()
    below = run("cache", "info", LAYERSCOPE_CACHE_DIR=str(tmp_path / "file" / "cache"))
    assert below.stdout.splitlines()[-1] == f"not in use: nothing may be written to {tmp_path}/file"


def test_an_action_that_is_none(run: Run) -> None:
    for words in ((), ("burn",)):
        refused = run("cache", *words)
        assert (refused.returncode, refused.stdout) == (2, "")


def test_standard_input_is_kept_where_it_is_verified(tmp_path: Path) -> None:
    for files, kept in ((docker_10(), 0), (oci(), 3)):
        command = [sys.executable, "-m", "layerscope", "inspect", "-"]
        environment = {**os.environ, "LAYERSCOPE_NO_CACHE": "", "LAYERSCOPE_CACHE_DIR": str(tmp_path / "cache")}
        subprocess.run(command, env=environment, input=as_tar(files), capture_output=True, check=True)
        assert len(entries_of(tmp_path / "cache")) == kept
