"""Large layers are walked by several processes; nobody can tell from what is said, only from how long it takes."""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import END, file, folder, hardlink, header, symlink, tar_of, whiteout

LARGE = 40 * 1024 * 1024
"""Bytes of a file that makes a plain layer worth a process; a hole on the disk."""
NOISE = Random(1).randbytes(3 * 1024 * 1024)
"""The same for a compressed one: nothing makes it smaller."""
CORE = b"\x7fELF\2\1\1".ljust(16, b"\0") + b"\4" + bytes(20_000)

LAYERS: tuple[tuple[bytes, ...], ...] = (
    (
        folder("srv", uid=7),
        file("srv/a", b"a" * 700, mode=0o600, mtime=3),
        symlink("srv/b", "a"),
        hardlink("c", "srv/a"),
    ),
    (whiteout("srv/a"), file(b"srv/\xff\xfe", b"not UTF-8"), file("srv/big-owner", b"1", uid=1 << 40)),
    (folder("empty"), file("srv/core", CORE), file("dump/core.1", CORE)),
    tuple(file(f"many/{number}", b"x" * number) for number in range(200)),
)

SCRIPT = """
import json, msgspec, os, sys, time
import layerscope
forks, fork = [], os.fork
def slow_fork():
    forks.append(1)
    child = fork()
    time.sleep(0.5 if child else 0)  # so that the other one gets to the layers first
    return child
os.fork = slow_fork
os.sched_getaffinity = lambda pid: {{0, 1}}
{before}
try:
    told = msgspec.to_builtins(layerscope.inspect(sys.argv[1]))
except layerscope.LayerscopeError as error:
    told = f"{{type(error).__name__}}: {{error}}"
try:
    left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    left = None
print(json.dumps({{"forks": len(forks), "told": told, "left": left}}))
"""

ALONE = "os.sched_getaffinity = lambda pid: {0}"
SPOILT: Mapping[str, str] = {
    "no process to be had": "def fork(): raise BlockingIOError(11, 'no more processes')",
    "the other one is killed": "import pickle; pickle.dumps = lambda *_: os.kill(os.getpid(), 9)",
    "the other one breaks off": "import pickle; whole = pickle.dumps; pickle.dumps = lambda *it: whole(*it)[:-99]",
    "the other one fails": "import pickle; del pickle.dumps",
}


NAMES = [f"{index}.tar" for index in range(len(LAYERS))]


def documents() -> bytes:
    config = {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{index:064x}" for index in range(len(LAYERS))]}}
    manifest = [{"Config": "config.json", "RepoTags": ["large:1"], "Layers": NAMES}]
    return file("config.json", json.dumps(config).encode()) + file("manifest.json", json.dumps(manifest).encode())


@pytest.fixture
def compressed(tmp_path: Path) -> Path:
    """An image of layers that take long to inflate."""
    path = tmp_path / "image.tar"
    tars = [tar_of([*members, file(f"noise/{index}", NOISE)]) for index, members in enumerate(LAYERS)]
    blobs = [gzip.compress(tar, 1) for tar in tars]
    path.write_bytes(tar_of([documents(), *(file(name, blob) for name, blob in zip(NAMES, blobs, strict=True))]))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An image of layers that are large, on the disk a few blocks."""
    path = tmp_path / "image.tar"
    with path.open("wb") as out:
        out.write(documents())
        for name, members in zip(NAMES, LAYERS, strict=True):
            tar = b"".join(members) + header(f"large-{name}", size=LARGE)
            out.write(header(name, size=len(tar) + LARGE + len(END)) + tar)
            out.seek(LARGE + len(END), 1)
        out.write(END)
    return path


def told(archive: Path, before: str = "") -> dict[str, Any]:
    """Inspect in a process of its own, which has no thread but one."""
    script = [sys.executable, "-c", SCRIPT.format(before=before), str(archive)]
    ran = subprocess.run(script, capture_output=True, text=True, check=True, timeout=60)
    assert ran.stderr == ""
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_two_processes_find_what_one_finds(archive: Path) -> None:
    two = told(archive)

    assert two == {**told(archive, ALONE), "forks": 1}
    assert [layer["entries"] for layer in two["told"]["layers"]] == [5, 4, 4, 201]
    small = 700 + 1 + 9 + 1 + 2 * len(CORE) + sum(range(200))
    assert two["told"]["totals"]["content_bytes"] == 4 * LARGE + small


def test_what_was_seen_of_contents_comes_along(compressed: Path) -> None:
    two = told(compressed)

    assert two == {**told(compressed, ALONE), "forks": 1}
    found = [(finding["rule"], finding["reclaimable_bytes"]) for finding in two["told"]["findings"]]
    assert [*[("duplicate-content", len(NOISE))] * 3, ("core-dump", 2 * len(CORE))] == found[:4]


@pytest.mark.parametrize("layer", range(len(LAYERS)))
def test_a_damaged_layer_is_an_error_whichever_process_meets_it(archive: Path, layer: int) -> None:
    with archive.open("r+b") as file_:
        at = archive.read_bytes().index(f"large-{layer}.tar".encode())
        file_.seek(at + 150)
        file_.write(b"!")
    message = told(archive)["told"]

    assert message == told(archive, ALONE)["told"]
    assert message.startswith(f"DamagedError: {archive}: {layer}.tar: the tar header at offset ")


@pytest.mark.parametrize("before", SPOILT.values(), ids=list(SPOILT))
def test_what_the_other_process_does_not_do_is_done_all_the_same(archive: Path, before: str) -> None:
    assert told(archive, before) == {**told(archive, ALONE), "forks": 1}


def test_beside_other_threads_there_is_no_second_process(archive: Path) -> None:
    waits = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"

    assert told(archive, waits) == told(archive, ALONE)


def test_small_layers_are_not_worth_a_process() -> None:
    small = Path(__file__).parents[2] / "fixtures" / "archives" / "docker-26-classic-store.tar"

    assert told(small)["forks"] == 0
