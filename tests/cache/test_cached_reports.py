"""A report from the cache is the report that there would be without one, byte for byte; and a fresh one where it would
not be.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import file, tar_of
from images import GZIP, LAYERS, Saved, as_folder, as_tar, docker_10, docker_25, docker_v1, oci
from keeping import Telling, entries_of, nothing_walked, settled

import layerscope
from layerscope import Choice, Recipe
from layerscope.cache import Cache
from layerscope.errors import DigestError, LayerscopeError, NotFoundError
from layerscope.image import ReadImage
from layerscope.render import json
from layerscope.render.kit.view import View
from layerscope.report import Report

FIXTURES = Path(__file__).parents[2] / "fixtures"
SEVERAL = {"docker-20.10-multi.tar": ":web:1", "podman-docker-archive-multi.tar": ":@0", "docker-26-two-tags.tar": ""}
ARCHIVES = sorted(path.name for path in (FIXTURES / "archives").iterdir())


def written(report: Report) -> str:
    view = View(width=100, colour=False, unicode=True, top=10, sort="order", truncate=False)
    return json.render(report, view)


def outcome(call: Callable[..., object], *arguments: object, **more: object) -> object:
    """Return what a call returns, or the error that it raises."""
    try:
        return call(*arguments, **more)
    except LayerscopeError as error:
        return type(error), str(error), error.hint


def target_of(name: str) -> str:
    return f"{FIXTURES / 'archives' / name}{SEVERAL.get(name, '')}"


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_same_report_of_every_fixture(name: str, tmp_path: Path) -> None:
    target, cache = target_of(name), Cache(tmp_path)
    without = layerscope.inspect(target)
    assert written(layerscope.inspect(target, cache=cache)) == written(without)
    with nothing_walked():
        assert written(layerscope.inspect(target, cache=cache)) == written(without)
    # Another wish: no report is known, and all layers are.
    other = layerscope.inspect(target, top=3, packages=False)
    with nothing_walked():
        assert layerscope.inspect(target, top=3, packages=False, cache=cache) == other


@pytest.mark.parametrize("name", [name for name in ARCHIVES if "rootfs" not in name])
def test_the_same_answers_of_every_fixture(name: str, tmp_path: Path) -> None:
    target, cache = target_of(name), Cache(tmp_path)
    layerscope.inspect(target, cache=cache)
    for what in ("etc", "/bin/sh", "absent"):
        without = outcome(layerscope.why, target, what)
        with nothing_walked():
            assert outcome(layerscope.why, target, what, cache=cache) == without
    others = [target_of(each) for each in ("docker-20.10-classic.tar", "skopeo-oci-archive.tar")]
    for old, new in ((target, others[0]), (others[1], target)):
        without = outcome(layerscope.diff, old, new)
        for _ in range(2):
            assert outcome(layerscope.diff, old, new, cache=cache) == without
    without = outcome(layerscope.split, target)
    assert outcome(layerscope.split, target, cache=cache) == without
    assert outcome(layerscope.split, target, cache=cache) == without
    without = outcome(layerscope.compare, [target], walk="all")
    with nothing_walked():
        assert outcome(layerscope.compare, [target], walk="all", cache=cache) == without


def test_the_same_report_of_the_corpus(corpus: Path, tmp_path: Path) -> None:
    targets = sorted((corpus / "images").iterdir())
    assert targets
    compared = 0
    for target in targets:
        without = outcome(layerscope.inspect, str(target))
        for _ in range(2):
            assert outcome(layerscope.inspect, str(target), cache=Cache(tmp_path)) == without, target
        compared += isinstance(without, Report)
    assert compared


@pytest.mark.parametrize("files", [oci(), docker_10(), docker_25(), docker_v1()], ids=["oci", "1.10", "25", "v1"])
def test_the_same_report_of_a_folder(files: Mapping[str, Any], tmp_path: Path) -> None:
    folder = settled(as_folder(files, tmp_path / "image"))
    without = layerscope.inspect(str(folder))
    assert layerscope.inspect(str(folder), cache=Cache(tmp_path / "cache")) == without
    with nothing_walked():
        assert layerscope.inspect(str(folder), cache=Cache(tmp_path / "cache")) == without


# --- Everything that a report depends on ----------------------------------------------------------------------

BASE = [*LAYERS[:1]]
IMAGE = docker_10(Saved(tags=("app:1", "app:2")), Saved(BASE, ("base:1",)), Saved(LAYERS[:2], ("other:1",)))
DOCKERFILE = "FROM scratch\nCOPY app /app\nRUN configure\nRUN clean\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "Dockerfile.longer").write_text(f"# what is above moves all lines\n{DOCKERFILE}")
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar(IMAGE))
    return settled(path)


WISHES: dict[str, dict[str, Any]] = {
    "none": {},
    "top": {"top": 2},
    "no packages": {"packages": False},
    "one rule": {"rules": Choice(select=("removed-later",))},
    "all rules but one": {"rules": Choice(ignore=("removed-later",))},
    "no rules": {"rules": Choice(ignore=("*",))},
    "large findings": {"rules": Choice(min_bytes=750)},
    "findings of the base": {"rules": Choice(include_base=True), "base": "{folder}/image.tar:base:1"},
    "base": {"base": "{folder}/image.tar:base:1"},
    "another base": {"base": "{folder}/image.tar:other:1"},
    "Dockerfile": {"recipe": ("{folder}/Dockerfile", None, {})},
    "another Dockerfile": {"recipe": ("{folder}/Dockerfile.longer", None, {})},
    "platform": {"platform": "linux/amd64"},
}
SEEN = {"platform": "none"}
"""Wishes by which nothing becomes different here."""


def _asked(archive: Path, wish: str, cache: Cache | None) -> Report:
    given = {
        key: value.format(folder=archive.parent) if isinstance(value, str) else value
        for key, value in WISHES[wish].items()
    }
    if "recipe" in given:
        path, stage, arguments = given["recipe"]
        given["recipe"] = Recipe(path.format(folder=archive.parent), stage, arguments)
    return layerscope.inspect(f"{archive}:app:1", cache=cache, **given)


def test_each_wish_has_a_report_of_its_own(archive: Path, tmp_path: Path) -> None:
    without = {wish: _asked(archive, wish, None) for wish in WISHES}
    different = {written(without[wish]) for wish in WISHES}
    assert len(different) == len(WISHES) - len(SEEN)
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        for wish in WISHES:
            assert _asked(archive, wish, cache) == without[wish], wish


def test_every_keyword_is_thought_of() -> None:
    """Whoever adds one decides whether a report depends on it: then it goes into the key, and among WISHES."""
    known = {"target", "platform", "base", "top", "rules", "packages", "recipe"}
    without_effect = {
        "pull",
        "progress",
        "cache",
        "source",
        "tls_verify",
        "mirrors",
    }  # an image is known by its digests
    assert inspect.signature(layerscope.inspect).parameters.keys() == known | without_effect
    assert set(Choice.__struct_fields__) == {"select", "ignore", "min_bytes", "include_base"}
    assert ReadImage.__struct_fields__ == ("image", "facts")


@pytest.mark.parametrize("build_args", [{}, {"A": "app"}, {"A": "other"}], ids=str)
@pytest.mark.parametrize("stage", [None, "first"])
def test_what_a_build_was_given_counts(
    archive: Path, stage: str | None, build_args: dict[str, str], tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache")
    path = tmp_path / "Dockerfile.args"
    path.write_text(f"ARG A\nFROM scratch AS first\n{DOCKERFILE[13:]}FROM first\nRUN configure\n")
    _asked(archive, "Dockerfile", cache)
    for given in ({}, {"A": "x"}, build_args):
        recipe = Recipe(str(path), stage, given)
        without = outcome(layerscope.inspect, f"{archive}:app:1", recipe=recipe)
        assert outcome(layerscope.inspect, f"{archive}:app:1", recipe=recipe, cache=cache) == without


def test_the_name_that_is_shown_counts(archive: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for choice in ("app:1", "app:2", "@0", "base:1"):
        target = f"{archive}:{choice}"
        assert layerscope.inspect(target, cache=cache) == layerscope.inspect(target)
    link = tmp_path / "link.tar"
    link.symlink_to(archive)
    assert layerscope.inspect(f"{link}:@0", cache=cache).image.reference == f"{link}:@0"


CHANGES: dict[str, dict[str, Any]] = {
    "created": {"created": "2025-01-01T00:00:00Z"},
    "environment": {"config": {"Env": ["TOKEN=abcdefgh12345678"]}},
    "history": {"history": [{"created_by": "RUN something else"}] * 3},
    "platform": {"architecture": "arm64"},
    "health check": {"config": {"Healthcheck": {"Test": ["CMD", "true"]}}},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("make", [docker_10, docker_25, oci])
def test_what_the_documents_say_counts(make: Callable[..., Any], change: str, tmp_path: Path) -> None:
    """The file stays the same to all appearances but for its documents: a layout's blobs are other files."""
    more = CHANGES[change]
    one, other = (oci(), oci(**more)) if make is oci else (make(), make(Saved(config=more)))
    cache, reports = Telling(tmp_path / "cache"), []
    for number, files in enumerate((one, other, one)):
        folder = settled(as_folder(files, tmp_path / str(number)))
        without = layerscope.inspect(str(folder))
        assert layerscope.inspect(str(folder), cache=cache) == without
        reports.append(written(without).replace(str(folder), ""))
    assert reports[0] == reports[2] != reports[1]


def test_annotations_and_attestations_count(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for name in ("docker-26-provenance-max.tar", "docker-26-provenance-base.tar", "docker-26-classic-store.tar"):
        target = target_of(name)
        assert layerscope.inspect(target, cache=cache) == layerscope.inspect(target)
        assert layerscope.inspect(target, cache=cache) == layerscope.inspect(target)


def test_a_file_that_was_changed_in_place_is_read_anew(tmp_path: Path) -> None:
    cache, path = Cache(tmp_path / "cache"), tmp_path / "image.tar"
    one, other = (as_tar(docker_10(Saved([tar_of([file("a", text)])]))) for text in (b"x" * 9, b"y" * 9))
    assert len(one) == len(other)
    path.write_bytes(one)
    times = settled(path).stat()
    layerscope.inspect(str(path), cache=cache)
    start = other.index(b"y" * 9) - 512
    with path.open("r+b") as archive:  # a longer file in the place of a shorter one, the archive as long as before
        archive.seek(start)
        archive.write(file("b", b"y" * 8))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    settled(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert [each.path for each in layerscope.inspect(str(path), cache=cache).files] == ["b"]
    with pytest.raises(NotFoundError):
        layerscope.why(str(path), "a", cache=cache)


def test_a_file_that_is_still_being_changed_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    for text in (b"x" * 9, b"y" * 8):
        path.write_bytes(as_tar(docker_10(Saved([tar_of([file("a", text)])]))))
        report = layerscope.inspect(str(path), cache=Cache(tmp_path / "cache"))
        assert report.totals.content_bytes == len(text)


def test_another_program_believes_nothing(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Telling(tmp_path / "cache")
    layerscope.inspect(f"{archive}:app:1", cache=cache)
    first = set(cache.put_there)
    for module in ("remembered", "cache.layers"):
        monkeypatch.setattr(f"layerscope.{module}.fingerprint", lambda: b"another")
    layerscope.inspect(f"{archive}:app:1", cache=cache)
    assert len(set(cache.put_there) - first) == len(first)


# --- What is not believed --------------------------------------------------------------------------------------


def test_an_archive_cannot_speak_for_the_layers_of_another(tmp_path: Path) -> None:
    """It claims another's diff IDs, and holds what it likes."""
    cache = Cache(tmp_path / "cache")
    honest, hostile = tmp_path / "honest.tar", tmp_path / "hostile.tar"
    files = docker_10()
    honest.write_bytes(as_tar(files))
    evil = tar_of([file("app/evil", b"e" * 4000)])
    hostile.write_bytes(
        as_tar({n: evil if n.endswith("layer.tar") and isinstance(c, bytes) else c for n, c in files.items()})
    )
    settled(hostile)
    first = layerscope.inspect(str(hostile), cache=cache)
    assert first.files[0].path == "app/evil"
    assert layerscope.inspect(str(honest), cache=cache) == layerscope.inspect(str(honest))
    assert layerscope.inspect(str(hostile), cache=cache) == first


def test_a_blob_cannot_speak_for_another_digest(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    files = oci()
    digest = next(name for name, blob in files.items() if blob == GZIP(LAYERS[0]))
    evil = GZIP(tar_of([file("app/evil", os.urandom(4000))]))
    honest = settled(as_folder(files, tmp_path / "honest"))
    hostile = settled(
        as_folder({**files, digest: evil.ljust(len(GZIP(LAYERS[0])), b"\0")[: len(evil)]}, tmp_path / "hostile")
    )
    with pytest.raises(DigestError):
        layerscope.inspect(str(hostile), cache=cache)
    assert not entries_of(tmp_path / "cache")
    assert layerscope.inspect(str(honest), cache=cache) == layerscope.inspect(str(honest))
    with pytest.raises(DigestError):  # of another length than was promised
        layerscope.inspect(str(hostile), cache=cache)


def test_a_verified_layer_serves_every_source(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    archive = tmp_path / "image.tar"
    archive.write_bytes(as_tar(oci()))
    folder = as_folder(oci(created="2020-01-01T00:00:00Z"), tmp_path / "folder")
    with archive.open("rb") as stdin, pytest.MonkeyPatch.context() as patch:  # what passes by is verified, too
        patch.setattr("sys.stdin", stdin)
        reader, writer = os.pipe()
        os.write(writer, stdin.read())
        os.close(writer)
        with os.fdopen(reader) as pipe:
            patch.setattr("sys.stdin", pipe)
            piped = layerscope.inspect("-", cache=cache)
    assert piped.totals == layerscope.inspect(str(archive)).totals
    without = layerscope.inspect(str(folder))
    with nothing_walked():
        assert layerscope.inspect(str(folder), cache=cache) == without


@pytest.mark.parametrize("budget", [0, 10_000, 60_000, 10**9])
def test_contents_are_compared_as_far_as_without(budget: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known from an earlier run costs no reading, and yet no more is compared."""
    monkeypatch.setattr("layerscope.difference.paths._READING", budget)
    cache, sides = Cache(tmp_path / "cache"), []
    for side in (b"old", b"new"):
        contents = [file(f"file {n}", side + bytes(n * 1000) if n % 2 else bytes(n * 1000 + 3)) for n in range(20)]
        path = tmp_path / f"{side.decode()}.tar"
        path.write_bytes(as_tar(docker_10(Saved([tar_of([*contents, file("side", side)])]))))
        sides.append(str(settled(path)))
    without = layerscope.diff(*sides)
    layerscope.inspect(sides[0], cache=cache, rules=Choice(select=("duplicate-content",)))
    for _ in range(2):
        assert layerscope.diff(*sides, cache=cache) == without
