"""Make many images that share parents: one OCI layout, or an archive for each image.

A layout has manifests and configurations, and its layers are not there. An archive holds one image as `docker save`
writes it, with layers of one small file.

`python -m benchmarks.fleets DIRECTORY NUMBER...` makes those of so many images, archives where `a` stands behind it.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECIPE: Final = 1
LAYERS: Final = 30
"""Of each image: those of one of a few bases, those of one of some teams on it, and its own."""
_OF_BASE, _OF_TEAM = 8, 10
_TEAMS_OF_BASE: Final = 6
_IMAGES_OF_TEAM: Final = 8
_COMMANDS: Final = (
    "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends {} # buildkit",
    "COPY {} /srv/ # buildkit",
    "RUN |1 VERSION={} /bin/sh -c curl -fsSL https://example.org/$VERSION.tar.gz | tar -xz -C /opt # buildkit",
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Some images, by their number: in one layout, or each in an archive."""

    images: int
    archives: bool = False

    @property
    def name(self) -> str:
        """Names it to this module as a command."""
        return f"{self.images}{'a' if self.archives else ''}"

    def path(self, directory: Path) -> Path:
        """Where the layout is kept, or the archives and `list`, which names them."""
        return directory / f"fleet-{self.name}-r{RECIPE}"


def ensure(fleets: Sequence[Fleet], directory: Path) -> None:
    """Make the layouts that are missing, in another process for the reason that `images.ensure` has."""
    missing = [fleet.name for fleet in dict.fromkeys(fleets) if not fleet.path(directory).exists()]
    if missing:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.fleets", str(directory.absolute()), *missing],
            cwd=Path(__file__).parents[1],
            check=True,
        )


def make(fleet: Fleet, directory: Path) -> None:
    """Make one fleet, whole or not at all."""
    made = fleet.path(directory).with_suffix(".making")
    shutil.rmtree(made, ignore_errors=True)
    if fleet.archives:
        _make_archives(fleet, made)
    else:
        _make_layout(range(fleet.images), made)
    made.replace(fleet.path(directory))
    if fleet.archives:
        paths = (str(fleet.path(directory) / f"{number}.tar") for number in range(fleet.images))
        (fleet.path(directory) / "list").write_text("\n".join(paths) + "\n")


def _make_archives(fleet: Fleet, made: Path) -> None:
    """Pack a layout for each image, with its layers."""
    made.mkdir(parents=True)
    for number in range(fleet.images):
        folder = made / "layout"
        _make_layout([number], folder, with_layers=True)
        with tarfile.open(made / f"{number}.tar", "w") as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, path.relative_to(folder), recursive=False)
        shutil.rmtree(folder)


def _make_layout(numbers: Iterable[int], folder: Path, *, with_layers: bool = False) -> None:
    (folder / "blobs/sha256").mkdir(parents=True)
    manifests = [_image(number, folder, with_layers=with_layers) for number in numbers]
    _write(folder / "index.json", {"schemaVersion": 2, "manifests": manifests})
    _write(folder / "oci-layout", {"imageLayoutVersion": "1.0.0"})


def _image(number: int, folder: Path, *, with_layers: bool) -> dict[str, Any]:
    """Write an image, and describe its manifest."""
    team = number // _IMAGES_OF_TEAM
    base = team // _TEAMS_OF_BASE
    seeds = [
        *(f"base {base} {depth}" for depth in range(_OF_BASE)),
        *(f"team {team} {depth}" for depth in range(_OF_TEAM)),
        *(f"own {number} {depth}" for depth in range(LAYERS - _OF_BASE - _OF_TEAM)),
    ]
    tars = [_tar(seed) for seed in seeds] if with_layers else []
    for tar in tars:
        (folder / "blobs" / _digest(tar).replace(":", "/")).write_bytes(tar)
    names = [_digest(tar) for tar in tars] or [_digest(f"diff {seed}".encode()) for seed in seeds]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["/srv/run"], "Labels": {"team": str(team)}},
        "history": [
            *({"created": "2024-01-01T00:00:00Z", "created_by": _command(seed)} for seed in seeds),
            *({"created_by": f"ENV A{each}=b", "empty_layer": True} for each in range(6)),
        ],
        "rootfs": {"type": "layers", "diff_ids": names},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob("application/vnd.oci.image.config.v1+json", config, folder),
        "layers": [_plain(tar) for tar in tars] or [_layer(seed) for seed in seeds],
    }
    described = _blob("application/vnd.oci.image.manifest.v1+json", manifest, folder)
    return described | {"annotations": {"org.opencontainers.image.ref.name": f"team{team}/app{number}:1"}}


def _tar(seed: str) -> bytes:
    """Make a layer of one file."""
    contents = f"{seed}\n".encode() * 20
    member = tarfile.TarInfo(f"srv/{seed.replace(' ', '-')}")
    member.size = len(contents)
    return member.tobuf() + contents.ljust(-(-len(contents) // 512) * 512, b"\0") + bytes(1024)


def _plain(tar: bytes) -> dict[str, Any]:
    return {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": _digest(tar), "size": len(tar)}


def _layer(seed: str) -> dict[str, Any]:
    return {
        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
        "digest": _digest(f"blob {seed}".encode()),
        "size": int(random.Random(seed).paretovariate(0.7) * 2000),
    }


def _command(seed: str) -> str:
    choice = random.Random(f"command {seed}")
    return choice.choice(_COMMANDS).format(seed.replace(" ", "-"))


def _blob(media_type: str, document: dict[str, Any], folder: Path) -> dict[str, Any]:
    data = json.dumps(document).encode()
    digest = _digest(data)
    (folder / "blobs" / digest.replace(":", "/")).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document))


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


if __name__ == "__main__":
    for images in sys.argv[2:]:
        make(Fleet(int(images.rstrip("a")), images.endswith("a")), Path(sys.argv[1]))
