"""Images read by tables of contents, of something that counts what it is asked for; the same images read whole."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from builders import image_config
from msgspec.structs import replace

from benchmarks.seekable import Made
from layerscope.analysis import analyse
from layerscope.image import read_image
from layerscope.layers import read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.partial import is_likely, read_partially
from layerscope.layers.windows import BytesWindow, Window
from layerscope.model import Entry, EntryKind
from layerscope.packages import all_managers
from layerscope.packages import probes_of as probes_of_managers
from layerscope.progress import Silence
from layerscope.report import Report
from layerscope.rules import all_rules, judge, probes_of
from layerscope.rules.kit.evidence import Evidence
from layerscope.sources.layout import Folder
from layerscope.summary import summarise

PROBES = (*(probes_of(all_rules()) or ()), *(probes_of_managers(all_managers()) or ()))


class Local:
    """A blob that is asked for ranges, and counts them."""

    def __init__(self, blob: bytes) -> None:
        self.size = len(blob)
        self.blob = blob
        self.asked: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.blob[offset : offset + length]

    @property
    def share(self) -> float:
        """Bytes that were asked for, of all."""
        return sum(length for _, length in self.asked) / self.size


class Seekable(Folder):
    """A layout whose layers are read by their tables of contents, where they have one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Silence(), PROBES)
        self.blobs: dict[str, Local] = {}

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        said = {f"blobs/sha256/{each['digest'][7:]}": each.get("annotations", {}) for each in self._descriptors()}
        likely = [name for name in names if is_likely(said[name])]
        self.blobs = {name: Local((self._root / name).read_bytes()) for name in likely}
        told = {name: read_partially(blob, said[name], "here") for name, blob in self.blobs.items()}
        return {**super().layers([name for name in names if name not in told]), **told}

    def _descriptors(self) -> list[dict[str, Any]]:
        index = json.loads((self._root / "index.json").read_bytes())
        manifest = (self._root / "blobs/sha256" / index["manifests"][0]["digest"][7:]).read_bytes()
        layers: list[dict[str, Any]] = json.loads(manifest)["layers"]
        return layers


def told_of(path: Path, *, partially: bool, rules: bool = True) -> tuple[Report, list[Local]]:
    """Return the report, and what was asked of each layer that was not read whole."""
    with closing(Seekable(path) if partially else Folder(path, Silence(), PROBES)) as medium:
        analysis = analyse(read_image(medium, "", None), all_managers() if rules else None)
        judgement = judge(Evidence(analysis), all_rules() if rules else ())
        blobs = list(medium.blobs.values()) if isinstance(medium, Seekable) else []
        return summarise(analysis, judgement, 10), blobs


def without_tar_bytes(report: Report) -> Report:
    """Leave out what a table of contents does not tell."""
    layers = tuple(replace(layer, tar_bytes=None) for layer in report.layers)
    return replace(report, layers=layers, totals=replace(report.totals, tar_bytes=None))


def bare(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out where contents stand in the tar."""
    return [replace(entry, offset=-1, stored=0) for entry in entries]


def layout_of(path: Path, layers: Sequence[Made], created_by: Sequence[str] = ()) -> Path:
    """Write an OCI layout of layers as they are."""
    blobs = path / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, kind: str) -> dict[str, object]:
        digest = sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    config = put(
        json.dumps(image_config([each.blob for each in layers], created_by=created_by)).encode(), "config.v1+json"
    )
    listed = [{**put(each.blob, "layer.v1.tar"), "annotations": each.annotations} for each in layers]
    manifest = put(json.dumps({"schemaVersion": 2, "config": config, "layers": listed}).encode(), "manifest.v1+json")
    (path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return path


class All:
    """Takes everything, a few bytes at a time, and some of it twice."""

    name = "all"
    finds = bytes

    def wants(self, entry: Entry) -> bool:
        return entry.kind is EntryKind.FILE

    def look(self, window: Window, size: int) -> bytes:  # noqa: ARG002 - as the interface has it
        start = window.peek(3)
        parts = []
        while part := window.take(700):
            parts.append(part)
        assert b"".join(parts)[:3] == start
        return b"".join(parts)


def hold(made: Made, *, tar_bytes: bool) -> None:
    """Hold a layer read by its table against the same layer read whole."""
    probe = All()
    whole = read_layer(BytesWindow(made.blob), (probe,))
    told = read_partially(Local(made.blob), made.annotations, "here")
    assert bare(told.entries) == bare(whole.entries)
    assert told.stored_bytes == whole.stored_bytes
    assert told.compression is whole.compression
    assert told.tar_bytes == (whole.tar_bytes if tar_bytes else None)
    for index, entry in enumerate(told.entries):
        assert told.facts.find(probe, index, entry) == whole.facts.find(probe, index, whole.entries[index])
        if entry.kind is EntryKind.FILE:
            assert told.facts.read_digest(index, entry) == whole.facts.digest(index, whole.entries[index])
    _hold_digests(told, probe)


def _hold_digests(told: Contents, probe: All) -> None:
    """Equal contents have equal digests, others have others."""
    of_digest: dict[bytes, object] = {}
    for index, entry in enumerate(told.entries):
        digest = told.facts.digest(index, entry)
        if digest is not None:
            contents = told.facts.find(probe, index, entry)
            assert of_digest.setdefault(digest, contents) == contents
    assert len(of_digest) == len(set(of_digest.values()))
