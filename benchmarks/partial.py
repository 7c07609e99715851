"""How much of a layer with a table of contents is fetched from a registry: shares of its bytes, not times.

The layers are made on first use and kept; `docker-registry` serves them on the loopback. `python -m benchmarks.partial
DIRECTORY FACTOR` makes them, scaled by a factor.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tabulate import tabulate

from benchmarks.contents import Contents
from benchmarks.images import SMALL_FACTOR
from benchmarks.layers import Tree, write_layer
from benchmarks.plans import LayerPlan
from benchmarks.seekable import Made, estargz, zstd_chunked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "partial"
RECIPE: Final = 1
_OCI: Final = "application/vnd.oci.image"
_FORMATS: Final[dict[str, Callable[[bytes], Made]]] = {"estargz": estargz, "zstd-chunked": zstd_chunked}
_NO_CONTENTS: Final = ("--ignore", "*", "--no-packages")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer to be made in each format, and the most that may be fetched with all rules on, as a share."""

    name: str
    about: str
    plan: LayerPlan
    most: float | None


_LAYERS: Final = (
    Layer(
        "application",
        "an application's: 50,000 files, 1 % of them executable",
        LayerPlan("COPY . /srv/app", "app", 1_250, 50_000, executables=0.01),
        0.05,
    ),
    Layer(
        "programs",
        "the same, 10 % of them executable: whether programs have symbols stands at their ends",
        LayerPlan("COPY . /opt", "app", 1_250, 50_000),
        None,
    ),
)
_LEAST: Final = 0.01
"""The share that may be fetched where nothing asks for contents."""


class _Read(NamedTuple):
    """What one run of the command gave."""

    seconds: float
    fetched: int
    blob: int


def table(directory: Path, layerscope: tuple[str, ...], *, small: bool, markdown: bool) -> str:
    """Measure all, and return the table."""
    if not shutil.which("docker-registry"):
        return f"{NAME}: skipped, no docker-registry"
    factor = SMALL_FACTOR if small else 1.0
    _ensure(directory, factor)
    rows = []
    with TemporaryDirectory(dir=directory, prefix=".registry-") as storage, _registry(Path(storage)) as address:
        for layer in _LAYERS:
            for form in _FORMATS:
                layout = _path(directory, layer, form, factor)
                _push(layout, address, form)
                for what, options, most in (("no contents", _NO_CONTENTS, _LEAST), ("all rules", (), layer.most)):
                    read = _run(layerscope, f"docker://{address}/{form}:1", options)
                    whole = _run(layerscope, f"oci:{layout}", options)
                    rows.append(_row((layer.name, form, what), read, whole.seconds, most))
    heads = [
        "layer",
        "format",
        "asked for",
        "blob MB",
        "fetched MB",
        "share",
        "target",
        "",
        "s",
        "whole, file s",
    ]
    style = "github" if markdown else "simple"
    notes = "\n".join(f"- {layer.name}: {layer.about}" for layer in _LAYERS)
    alignment = (*["left"] * 3, *["right"] * 4, "left", "right", "right")
    return "\n".join(["", tabulate(rows, heads, style, disable_numparse=True, colalign=alignment), "", notes])


def _row(names: tuple[str, ...], read: _Read, whole: float, most: float | None) -> list[str]:
    share = read.fetched / read.blob
    target = ("-", "") if most is None else (f"< {most:.0%}", "met" if share < most else "MISSED")
    sizes = (f"{read.blob / 1e6:.1f}", f"{read.fetched / 1e6:.1f}", f"{share:.2%}")
    return [*names, *sizes, *target, f"{read.seconds:.2f}", f"{whole:.2f}"]


def _run(layerscope: tuple[str, ...], target: str, options: tuple[str, ...]) -> _Read:
    begun = time.perf_counter()
    done = subprocess.run(
        [*layerscope, "inspect", target, "--format", "json", *options], stdout=subprocess.PIPE, check=True
    )
    report = json.loads(done.stdout)
    fetched = report["image"]["fetched_bytes"] or 0
    return _Read(time.perf_counter() - begun, fetched, report["totals"]["blob_bytes"])


# --- Making -------------------------------------------------------------------------------------------------


def _path(directory: Path, layer: Layer, form: str, factor: float) -> Path:
    return directory / f"partial-{layer.name}-{form}-{factor:g}-r{RECIPE}"


def _ensure(directory: Path, factor: float) -> None:
    """Make the layouts that are missing, in another process, which gives its memory back."""
    if not all(_path(directory, layer, form, factor).exists() for layer in _LAYERS for form in _FORMATS):
        command = [sys.executable, "-m", "benchmarks.partial", str(directory.absolute()), str(factor)]
        subprocess.run(command, cwd=Path(__file__).parents[1], check=True)


def _make(directory: Path, factor: float) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    contents = Contents("benchmarks")
    for number, layer in enumerate(_LAYERS):
        print(f"making {directory}/partial-{layer.name}", file=sys.stderr, flush=True)
        with TemporaryDirectory(dir=directory, prefix=".making-") as scratch:
            path = Path(scratch) / "layer.tar"
            plan = layer.plan.scaled(factor)
            diff_id = write_layer(plan, number, Tree(), contents, path).digest
            tar = path.read_bytes()
            for form, make in _FORMATS.items():
                made = Path(scratch) / form
                _write_layout(made, make(tar), f"sha256:{diff_id}", plan.created_by)
                made.replace(_path(directory, layer, form, factor))


def _write_layout(path: Path, layer: Made, diff_id: str, created_by: str) -> None:
    """Write an OCI layout of one layer. Its diff ID is that of the tar before, which nothing here is held against."""
    blobs = path / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": f"{_OCI}.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": created_by}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": put(json.dumps(config).encode(), "config.v1+json"),
        "layers": [{**put(layer.blob, "layer.v1.tar"), "annotations": layer.annotations}],
    }
    listed = put(json.dumps(manifest).encode(), "manifest.v1+json")
    (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [listed]}))
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


# --- A registry ---------------------------------------------------------------------------------------------


@contextmanager
def _registry(storage: Path) -> Iterator[str]:
    """Run a registry; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    settings = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}},
        "http": {"addr": address},
    }
    path = storage / "registry.yml"
    path.write_text(json.dumps(settings))  # which is YAML, too
    process = subprocess.Popen(
        ["docker-registry", "serve", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _push(layout: Path, address: str, repository: str) -> None:
    """Push the image of a layout, as it is."""
    base = f"http://{address}/v2/{repository}"

    def blob_of(descriptor: dict[str, Any]) -> bytes:
        return (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()

    [listed] = json.loads((layout / "index.json").read_bytes())["manifests"]
    manifest = json.loads(blob_of(listed))
    for descriptor in (manifest["config"], *manifest["layers"]):
        with urlopen(Request(f"{base}/blobs/uploads/", method="POST")) as answer:
            place = answer.headers["Location"]
        place += ("&" if "?" in place else "?") + urlencode({"digest": descriptor["digest"]})
        _put(place, blob_of(descriptor), "application/octet-stream")
    _put(f"{base}/manifests/1", blob_of(listed), manifest["mediaType"])


def _put(url: str, data: bytes, kind: str) -> None:
    urlopen(Request(url, data, {"Content-Type": kind}, method="PUT")).close()


if __name__ == "__main__":
    _make(Path(sys.argv[1]), float(sys.argv[2]))
