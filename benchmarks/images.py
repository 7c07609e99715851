"""Make image archives and keep them: `python -m benchmarks.images DIRECTORY NAME...` makes the named ones.

The bytes depend on nothing but the plans and the code here, so an archive that exists is never made again.
Change `RECIPE` when a change here makes other bytes of the same plan.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal

from benchmarks import plans
from benchmarks.contents import Contents
from benchmarks.layers import Tree, WrittenLayer, write_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.plans import ImagePlan, LayerPlan

RECIPE: Final = 1
SMALL_FACTOR: Final = 0.05

_CREATED: Final = "2023-11-14T22:13:20Z"
_CHUNK: Final = 1 << 20
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class Image:
    """An archive to make: the image's plan and the archive's layout.

    `docker` is what `docker save` of Docker 24 and older writes (uncompressed layers); `oci` is an OCI image
    layout in a tar (gzip layers).
    """

    name: str
    plan: ImagePlan
    layout: Literal["docker", "oci"] = "docker"

    def path(self, directory: Path) -> Path:
        """Where the archive is kept."""
        return directory / f"{self.name}-r{RECIPE}.{self.layout}.tar"

    @property
    def reference(self) -> str:
        """The reference that the archive names."""
        return f"layerscope-bench/{self.plan.name}:latest"


APP = Image("app", plans.APP)
APP_OCI = Image("app", plans.APP, "oci")
ENTRIES_150K = Image("entries-150k", plans.ENTRIES_150K)
ENTRIES_300K = Image("entries-300k", plans.ENTRIES_300K)
WHITEOUTS_NONE = Image("whiteouts-none", plans.WHITEOUTS_NONE)
WHITEOUTS_10K = Image("whiteouts-10k", plans.WHITEOUTS_10K)


def small(image: Image) -> Image:
    """Scale the image to a twentieth of its size."""
    return Image(f"{image.name}-small", image.plan.scaled(SMALL_FACTOR), image.layout)


_FULL: Final = (APP, APP_OCI, ENTRIES_150K, ENTRIES_300K, WHITEOUTS_NONE, WHITEOUTS_10K)
_BY_KEY: Final[Mapping[str, Image]] = {f"{image.name}.{image.layout}": image for image in (*_FULL, *map(small, _FULL))}


def ensure(images: Sequence[Image], directory: Path) -> None:
    """Make the archives that are missing, in another process.

    Another process, because a measured command's peak memory is never reported below that of the process
    that starts it.
    """
    missing = [image for image in dict.fromkeys(images) if not image.path(directory).exists()]
    if missing:
        keys = [f"{image.name}.{image.layout}" for image in missing]
        subprocess.run(
            [sys.executable, "-m", "benchmarks.images", str(directory.absolute()), *keys],
            cwd=Path(__file__).parents[1],
            check=True,
        )


def _check_room(image: Image, directory: Path) -> None:
    """Stop when the disk cannot hold the layers and the archive, and as much again for safety."""
    needed, free = 3 * image.plan.size, shutil.disk_usage(directory).free
    if free < needed:
        raise SystemExit(f"{directory}: {needed / 1e9:.1f} GB needed for {image.name}, {free / 1e9:.1f} GB free")


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a small file to an archive."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file to an archive and remove it from the disk."""
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    with path.open("rb") as file:
        archive.addfile(info, file)
    path.unlink()


def _add_directory(archive: tarfile.TarFile, name: str) -> None:
    """Add a directory to an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(info)


def _encode(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _config(layers: Sequence[tuple[LayerPlan, WrittenLayer]]) -> bytes:
    """Make the image's configuration: a history step for each layer, and some that made none."""
    history: list[dict[str, Any]] = []
    for number, (plan, _) in enumerate(layers):
        history.append({"created": _CREATED, "created_by": f"/bin/sh -c #(nop) {plan.created_by}"})
        if number in (0, len(layers) - 1):
            step = 'CMD ["bash"]' if number == 0 else "WORKDIR /srv/app"
            history.append({"created": _CREATED, "created_by": f"/bin/sh -c #(nop) {step}", "empty_layer": True})
    return _encode(
        {
            "architecture": "amd64",
            "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["bash"], "WorkingDir": "/srv/app"},
            "created": _CREATED,
            "history": history,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}" for _, layer in layers]},
        }
    )


def _write_docker(image: Image, path: Path) -> None:
    """Write the archive that Docker 24 would save: members by name, so the manifest comes last."""
    contents, tree = Contents("benchmarks"), Tree()
    layers = [
        (plan, write_layer(plan, number, tree, contents, path.with_name(f"layer{number}.tar")))
        for number, plan in enumerate(image.plan.layers)
    ]
    config = _config(layers)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    directories: dict[str, tuple[WrittenLayer, str]] = {}
    parent = ""
    for _, layer in layers:
        identity = hashlib.sha256(f"{parent} {layer.digest}".encode()).hexdigest()
        directories[identity] = layer, parent
        parent = identity
    repository, tag = image.reference.split(":")
    manifest = [
        {
            "Config": config_name,
            "RepoTags": [image.reference],
            "Layers": [f"{identity}/layer.tar" for identity in directories],
        }
    ]
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted([*directories, config_name]):
            if name == config_name:
                _add_bytes(archive, name, config)
                continue
            layer, below = directories[name]
            described = {"id": name, "created": _CREATED, "os": "linux", "layer_size": layer.size}
            _add_directory(archive, name)
            _add_bytes(archive, f"{name}/VERSION", b"1.0")
            _add_bytes(archive, f"{name}/json", _encode(described | ({"parent": below} if below else {})))
            _add_file(archive, f"{name}/layer.tar", layer.path)
        _add_bytes(archive, "manifest.json", _encode(manifest))
        _add_bytes(archive, "repositories", _encode({repository: {tag: parent}}))


@dataclass(frozen=True, slots=True)
class _Blob:
    """A compressed layer in a file, its SHA-256 (hexadecimal) and its size in bytes."""

    path: Path
    digest: str
    size: int


def _compress(source: Path, member: str, path: Path) -> _Blob:
    """Compress one member of an archive to a gzip file."""
    deflate, sha, size = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31), hashlib.sha256(), 0
    with tarfile.open(source, "r:") as archive, path.open("wb") as out:
        layer = archive.extractfile(member)
        if layer is None:
            raise SystemExit(f"{source}: {member} is no file")
        while True:
            chunk = layer.read(_CHUNK)
            data = deflate.compress(chunk) if chunk else deflate.flush()
            out.write(data)
            sha.update(data)
            size += len(data)
            if not chunk:
                return _Blob(path, sha.hexdigest(), size)


def _write_oci(image: Image, source: Path, path: Path) -> None:
    """Write the OCI archive of the docker archive `source`: the same configuration, the layers compressed."""
    with tarfile.open(source, "r:") as archive:
        manifest_file = archive.extractfile("manifest.json")
        manifest = json.load(manifest_file)[0] if manifest_file else {}
        config_file = archive.extractfile(manifest["Config"])
        config = config_file.read() if config_file else b""
    with ThreadPoolExecutor(2) as pool:
        layers = list(
            pool.map(
                lambda job: _compress(source, job[1], path.with_name(f"layer{job[0]}.gz")),
                enumerate(manifest["Layers"]),
            )
        )
    prefix = "application/vnd.oci.image"
    oci_manifest = _encode(
        {
            "schemaVersion": 2,
            "mediaType": f"{prefix}.manifest.v1+json",
            "config": _descriptor(f"{prefix}.config.v1+json", config),
            "layers": [
                {
                    "mediaType": f"{prefix}.layer.v1.tar+gzip",
                    "digest": f"sha256:{blob.digest}",
                    "size": blob.size,
                }
                for blob in layers
            ],
        }
    )
    entry = _descriptor(f"{prefix}.manifest.v1+json", oci_manifest) | {
        "annotations": {"org.opencontainers.image.ref.name": image.reference},
        "platform": {"architecture": "amd64", "os": "linux"},
    }
    index = {"schemaVersion": 2, "mediaType": f"{prefix}.index.v1+json", "manifests": [entry]}
    documents = {hashlib.sha256(document).hexdigest(): document for document in (config, oci_manifest)}
    blobs = {blob.digest: blob for blob in layers}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        _add_directory(archive, "blobs")
        _add_directory(archive, "blobs/sha256")
        for digest in sorted([*documents, *blobs]):
            if digest in documents:
                _add_bytes(archive, f"blobs/sha256/{digest}", documents[digest])
            else:
                _add_file(archive, f"blobs/sha256/{digest}", blobs[digest].path)
        _add_bytes(archive, "index.json", _encode(index))
        _add_bytes(archive, "oci-layout", _encode({"imageLayoutVersion": "1.0.0"}))


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    """Make the OCI descriptor of a document."""
    digest = hashlib.sha256(data).hexdigest()
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def make(image: Image, directory: Path) -> None:
    """Make one archive, whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    _check_room(image, directory)
    print(f"making {image.path(directory)}", file=sys.stderr, flush=True)
    with TemporaryDirectory(dir=directory, prefix=".making-") as scratch:
        made = Path(scratch) / "archive.tar"
        if image.layout == "docker":
            _write_docker(image, made)
        else:
            source = Image(image.name, image.plan)
            ensure([source], directory)
            _write_oci(image, source.path(directory), made)
        made.replace(image.path(directory))


if __name__ == "__main__":
    for key in sys.argv[2:]:
        make(_BY_KEY[key], Path(sys.argv[1]))
