"""A small image to ask about, and the command as a process."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import layerscope

Run = Callable[..., subprocess.CompletedProcess[bytes]]

BARE = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(Path(layerscope.__file__).parents[1]),
    "HOME": "/nonexistent",
    "LAYERSCOPE_NO_CACHE": "1",
    **{name: value for name, value in os.environ.items() if name.startswith("COV")},
}


def tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, contents in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    return buffer.getvalue()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An archive as ``docker save`` writes it: its second layer overwrites a file of the first."""
    layers = [
        tar({"app/größe\udcff.bin": b"x" * 3000, "app/conf": b"a" * 1000}),
        tar({"app/conf": b"b" * 500}),
    ]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers],
        },
        "history": [
            {"created_by": "COPY app /app # buildkit", "comment": "buildkit.dockerfile.v0"},
            {"created_by": 'CMD ["/app/größe"]', "comment": "buildkit.dockerfile.v0", "empty_layer": True},
            {"created_by": "RUN /bin/sh -c configure # buildkit", "comment": "buildkit.dockerfile.v0"},
        ],
    }
    manifest = [{"Config": "config.json", "RepoTags": ["app:latest"], "Layers": ["0.tar", "1.tar"]}]
    path = tmp_path / "app.tar"
    path.write_bytes(
        tar(
            {
                "0.tar": layers[0],
                "1.tar": layers[1],
                "config.json": json.dumps(config).encode(),
                "manifest.json": json.dumps(manifest).encode(),
            }
        )
    )
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command as a process of its own, in an environment of its own.

    No rule looks unless one is named: what is tested here must not change with every new rule.
    """

    def runs(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        quiet = ["--ignore", "*"] if arguments[:1] == ("inspect",) and "--select" not in arguments else []
        command = [sys.executable, "-m", "layerscope", *map(str, arguments), *quiet]
        env = BARE | environment
        return subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=tmp_path, check=False)

    return runs
