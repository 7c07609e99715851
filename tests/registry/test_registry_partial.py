"""Layers with tables of contents in a registry: the same report, of a part of the bytes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import file, tar_of
from elf_files import elf
from fake_registry import Route, fake_registry, in_turn, say, served, whole
from images import Files
from msgspec.structs import replace
from partially import layout_of, without_tar_bytes
from registries import name_of, push

import layerscope
from benchmarks.seekable import TOC_DIGEST, Made, estargz, zstd_chunked
from layerscope.cache import Cache
from layerscope.report import Report
from layerscope.rules import Choice
from layerscope.sources.registry import blob, client, connections, transport

NOTHING_OF_CONTENTS: dict[str, Any] = {"rules": Choice(ignore=("*",)), "packages": False}
PROGRAM = elf(between=150_000)


def noise(name: str, size: int) -> bytes:
    return file(name, Random(name).randbytes(size))


TARS = (
    tar_of([file("usr/bin/app", PROGRAM, mode=0o755), noise("srv/a", 1_800_000), noise("srv/z", 900)]),
    tar_of([file("usr/bin/app", PROGRAM, mode=0o700), noise("opt/a", 800_000), noise("opt/z", 400)]),
)
CREATED_BY = ("COPY base / # buildkit", "RUN /bin/sh -c chmod 700 /usr/bin/app # buildkit")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for less than people would."""
    for module in (transport, blob, client):
        monkeypatch.setattr(module, "PAUSES", (0.0, 0.02, 0.04))


def files_of(path: Path) -> Files:
    return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}


def made(path: Path, *layers: Made) -> tuple[Files, Report]:
    """Return an image of these layers, and its report when it is read whole."""
    layout_of(path, layers, CREATED_BY)
    return files_of(path), layerscope.inspect(str(path))


def same(report: Report, expected: Report) -> bool:
    """Compare all but the way there."""
    image = replace(expected.image, reference="", source="")
    assert replace(report.image, reference="", source="", fetched_bytes=None) == image
    assert replace(without_tar_bytes(report), image=image) == replace(without_tar_bytes(expected), image=image)
    return True


@pytest.mark.engine
@pytest.mark.xdist_group("registry")
@pytest.mark.parametrize("make", [estargz, zstd_chunked])
def test_a_real_registry(make: Callable[[bytes], Made], plain: str, tmp_path: Path) -> None:
    files, expected = made(tmp_path / "layout", *map(make, TARS))
    push(plain, f"partial/{make.__name__.replace('_', '-')}", files, "1")
    target = f"docker://{plain}/partial/{make.__name__.replace('_', '-')}:1"

    report = layerscope.inspect(target)
    assert same(report, expected)
    assert {"debug-symbols", "metadata-rewrite"} <= {each.rule for each in report.findings}

    size = expected.totals.blob_bytes or 0
    fetched = report.image.fetched_bytes
    bare = layerscope.inspect(target, **NOTHING_OF_CONTENTS).image.fetched_bytes
    assert fetched is not None
    assert bare is not None
    assert bare < fetched < 0.1 * size
    expected_layers = layerscope.why(str(tmp_path / "layout"), "/usr/bin/app").path
    assert layerscope.why(target, "/usr/bin/app").path == expected_layers


def test_fetched_bytes_are_those_that_were_sent(tmp_path: Path) -> None:
    files, _ = made(tmp_path / "layout", estargz(TARS[0]))
    with fake_registry(served(files)) as fake:
        report = layerscope.inspect(fake.target)
    ranges = [headers["Range"] for _, _, headers in fake.heard if "Range" in headers]
    asked = sum(int(end) - int(start) + 1 for start, end in (each[6:].split("-") for each in ranges))
    config = json.loads(document(files, manifest_of(files)))["config"]
    documents = len(document(files, manifest_of(files))) + config["size"]
    assert report.image.fetched_bytes == asked + documents


def without_ranges(data: bytes) -> Route:
    return lambda talk: talk.say(200, data)


def layers_of(files: Files) -> list[str]:
    """List the digests of the layers."""
    return [layer["digest"] for layer in json.loads(document(files, manifest_of(files)))["layers"]]


def manifest_of(files: Files) -> str:
    [descriptor] = json.loads(document(files, "index.json"))["manifests"]
    return name_of(descriptor)


def document(files: Files, name: str) -> bytes:
    contents = files[name]
    assert isinstance(contents, bytes)
    return contents


def answering(files: Files, make: Callable[[bytes], Route]) -> dict[str, Route]:
    """Let the layers be answered for in another way."""
    routes = served(files)
    for digest in layers_of(files):
        routes[f"blobs/{digest}"] = make(document(files, name_of({"digest": digest})))
    return routes


def test_a_registry_that_ignores_ranges(tmp_path: Path) -> None:
    """Layers are read whole, and the report is the same; the tars' sizes are known then."""
    files, expected = made(tmp_path / "layout", *map(zstd_chunked, TARS))
    with fake_registry(answering(files, without_ranges)) as fake:
        report = layerscope.inspect(fake.target)
    assert same(report, expected)
    assert report.totals.tar_bytes == expected.totals.tar_bytes
    assert (report.image.fetched_bytes or 0) >= (expected.totals.blob_bytes or 0)


def test_a_registry_that_refuses_ranges(tmp_path: Path) -> None:
    files, expected = made(tmp_path / "layout", *map(estargz, TARS))

    def refusing(data: bytes) -> Route:
        return lambda talk: say(416)(talk) if talk.headers.get("Range") else talk.say(200, data)

    with fake_registry(answering(files, refusing)) as fake:
        assert same(layerscope.inspect(fake.target), expected)


def test_a_table_that_does_not_verify(tmp_path: Path) -> None:
    """The layer is what its digest says, the table is not what the manifest says: it is read whole."""
    lying = [Made(each.blob, {**each.annotations, TOC_DIGEST: "sha256:" + "0" * 64}) for each in map(estargz, TARS)]
    files, expected = made(tmp_path / "layout", *lying)
    with fake_registry(served(files)) as fake:
        report = layerscope.inspect(fake.target)
    assert same(report, expected)
    assert (report.image.fetched_bytes or 0) >= (expected.totals.blob_bytes or 0)


def test_layers_of_every_kind(tmp_path: Path) -> None:
    """One layer by its table, one whole: what is in both is compared."""
    files, expected = made(tmp_path / "layout", estargz(TARS[0]), Made(TARS[1], {}))
    with fake_registry(served(files)) as fake:
        report = layerscope.inspect(fake.target)
    assert same(report, expected)
    assert "metadata-rewrite" in {each.rule for each in report.findings}


def test_ranges_that_stop_coming(tmp_path: Path) -> None:
    """The registry is gone after the tables were read: what needs contents is given up, all else is told, soon."""
    files, expected = made(tmp_path / "layout", *map(estargz, TARS))

    def stopping(data: bytes) -> Route:
        return in_turn(whole(data), say(500))

    with fake_registry(answering(files, stopping)) as fake:
        report = layerscope.inspect(fake.target)
    assert report.layers == tuple(expected.layers)
    given_up = [note for note in report.notes if "given up" in note]
    assert any("debug-symbols" in note and "500" in note for note in given_up)


def test_what_could_not_be_had_for_now_is_not_remembered(tmp_path: Path) -> None:
    """A report that had to give something up is not that of the image: the next time the registry may answer."""
    files, expected = made(tmp_path / "layout", *map(estargz, TARS))

    cache = Cache(tmp_path / "cache")
    routes = answering(files, lambda data: in_turn(whole(data), say(500)))
    with fake_registry(routes) as fake:
        assert "given up" in str(layerscope.inspect(fake.target, cache=cache).notes)
        routes.update(served(files))
        assert same(layerscope.inspect(fake.target, cache=cache), expected)
        assert same(layerscope.inspect(fake.target, cache=cache), expected)


def test_a_registry_that_stalls_at_ranges_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of many layers; those are read whole."""
    monkeypatch.setattr(connections, "PATIENCE", 1)
    tars = [tar_of([noise(f"srv/{number}", 200_000)]) for number in range(12)]
    files, expected = made(tmp_path / "layout", *map(estargz, tars))

    def stalling(data: bytes) -> Route:
        return lambda talk: talk.wait() if talk.headers.get("Range") else talk.say(200, data)

    with fake_registry(answering(files, stalling)) as fake:
        begun = time.monotonic()
        assert same(layerscope.inspect(fake.target), expected)
    assert time.monotonic() - begun < 3


def test_a_manifest_that_is_not_what_its_digest_says(tmp_path: Path) -> None:
    """Its annotations vouch for nothing, even where another manifest names the same layer."""
    honest, expected = made(tmp_path / "layout", *[Made(each.blob, {}) for each in map(estargz, TARS)])
    lying, _ = made(tmp_path / "lying", *map(estargz, TARS))
    [said] = json.loads(document(honest, "index.json"))["manifests"]
    false = {**said, "digest": "sha256:" + "1" * 64, "size": len(document(lying, manifest_of(lying)))}
    routes = served(honest)
    routes["manifests/1"] = whole(json.dumps({"schemaVersion": 2, "manifests": [false, said]}).encode())
    routes[f"manifests/{false['digest']}"] = whole(document(lying, manifest_of(lying)))
    with fake_registry(routes) as fake:
        assert same(layerscope.inspect(fake.target), expected)
        assert fake.asked(false["digest"])
        assert not [headers for _, _, headers in fake.heard if "Range" in headers]


def test_diff_of_one_image_in_two_ways(tmp_path: Path) -> None:
    """From a registry by its tables, and from a folder whole: nothing has changed."""
    files, _ = made(tmp_path / "layout", *map(estargz, TARS))
    other, _ = made(tmp_path / "other", *[Made(tar, {}) for tar in TARS])
    assert other
    with fake_registry(served(files)) as fake:
        report = layerscope.diff(fake.target, str(tmp_path / "other")).diff
    assert report.old.fetched_bytes
    assert report.new.fetched_bytes is None
    assert report.totals.kept_bytes.old == report.totals.kept_bytes.new
    assert report.paths == ()
