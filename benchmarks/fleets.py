"""Make many images that share parents: OCI layouts of manifests and configurations, whose layers are not there.

`python -m benchmarks.fleets DIRECTORY NUMBER...` makes those of so many images.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Some images, by their number."""

    images: int

    def path(self, directory: Path) -> Path:
        """Where the layout is kept."""
        return directory / f"fleet-{self.images}-r{RECIPE}"


def ensure(fleets: Sequence[Fleet], directory: Path) -> None:
    """Make the layouts that are missing, in another process for the reason that `images.ensure` has."""
    missing = [str(fleet.images) for fleet in dict.fromkeys(fleets) if not fleet.path(directory).exists()]
    if missing:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.fleets", str(directory.absolute()), *missing],
            cwd=Path(__file__).parents[1],
            check=True,
        )


def make(fleet: Fleet, directory: Path) -> None:
    """Make one layout, whole or not at all."""
    made = fleet.path(directory).with_suffix(".making")
    shutil.rmtree(made, ignore_errors=True)
    (made / "blobs/sha256").mkdir(parents=True)
    manifests = [_image(number, made) for number in range(fleet.images)]
    _write(made / "index.json", {"schemaVersion": 2, "manifests": manifests})
    _write(made / "oci-layout", {"imageLayoutVersion": "1.0.0"})
    made.replace(fleet.path(directory))


def _image(number: int, folder: Path) -> dict[str, Any]:
    """Write an image, and describe its manifest."""
    team = number // _IMAGES_OF_TEAM
    base = team // _TEAMS_OF_BASE
    seeds = [
        *(f"base {base} {depth}" for depth in range(_OF_BASE)),
        *(f"team {team} {depth}" for depth in range(_OF_TEAM)),
        *(f"own {number} {depth}" for depth in range(LAYERS - _OF_BASE - _OF_TEAM)),
    ]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["/srv/run"], "Labels": {"team": str(team)}},
        "history": [
            *({"created": "2024-01-01T00:00:00Z", "created_by": _command(seed)} for seed in seeds),
            *({"created_by": f"ENV A{each}=b", "empty_layer": True} for each in range(6)),
        ],
        "rootfs": {"type": "layers", "diff_ids": [_digest(f"diff {seed}".encode()) for seed in seeds]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob("application/vnd.oci.image.config.v1+json", config, folder),
        "layers": [_layer(seed) for seed in seeds],
    }
    described = _blob("application/vnd.oci.image.manifest.v1+json", manifest, folder)
    return described | {"annotations": {"org.opencontainers.image.ref.name": f"team{team}/app{number}:1"}}


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
        make(Fleet(int(images)), Path(sys.argv[1]))
