"""A base that an engine is asked for: what it says of its layers, and never the layers themselves."""

from pathlib import Path
from typing import Any

import pytest
from builders import docker_archive, file, tar_of
from engines import layerscope_command
from fake_engine import IMAGE_ID, Talk, fake_engine, whole
from images import Json, Saved, as_tar, digest_of, docker_10

import layerscope
from layerscope import Choice
from layerscope.errors import EngineError, NotFoundError, UsageError
from layerscope.report import Report

LAYERS = [tar_of([file(name, name.encode())]) for name in "abc"]
DIFF_IDS = [digest_of(layer) for layer in LAYERS]


@pytest.fixture
def target(tmp_path: Path) -> str:
    path = tmp_path / "app.tar"
    path.write_bytes(docker_archive(LAYERS))
    return str(path)


def tells(**answer: object) -> dict[str, object]:
    """Make a fake engine's answer about any image; whatever else it is asked for has no route."""
    return {"/json": lambda talk: talk.say({"Id": IMAGE_ID, **answer})}


HISTORY = [{"created_by": text} for text in ("ADD a in /", "RUN b", "RUN c")]
"""Oldest first; an engine tells it the other way round."""


def tells_past(count: int, **changed: str) -> list[Json]:
    """Say what an engine says of the history of an image with the first ``count`` of the layers."""
    words = [{"CreatedBy": each["created_by"], "Comment": ""} | changed for each in HISTORY[:count]]
    return words[::-1]


@pytest.mark.parametrize(
    ("digests", "digest"),
    [
        (["corp/base@sha256:ab"], "sha256:ab"),
        (["corp/base@sha256:ab", "mirror/base@sha256:ab"], "sha256:ab"),
        (["corp/base@sha256:ab", "mirror/base@sha256:cd"], None),
        (None, None),
    ],
)
def test_the_engine_is_asked_for_what_is_no_path(
    digests: list[str] | None, digest: str | None, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = tells(RootFS={"Type": "layers", "Layers": DIFF_IDS[:2]}, RepoDigests=digests)
    with fake_engine(tmp_path, answer) as host:  # type: ignore[arg-type]
        monkeypatch.setenv("DOCKER_HOST", host)
        for name in ("base:bookworm", "docker-daemon:base:bookworm"):
            base = layerscope.inspect(target, base=name).image.base
            assert base is not None
            assert (base.reference, base.digest, base.layers) == ("base:bookworm", digest, 2)
            assert (base.method, base.confidence) == ("given", "high")


def test_what_the_engine_has_is_not_the_base(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tells(RootFS={"Layers": [DIFF_IDS[0], DIFF_IDS[2]]})
    with fake_engine(tmp_path, answer) as host:  # type: ignore[arg-type]
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(UsageError, match="made:latest is not built on base:1: layer 1 is the first to differ"):
            layerscope.inspect(target, base="base:1")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "tells of no layers"),
        ({"RootFS": {"Layers": None}}, "tells of no layers"),
        ({"RootFS": {"Layers": "none"}}, "talks nonsense: Expected `array | null`, got `str`"),
    ],
)
def test_an_engine_that_does_not_tell(
    answer: dict[str, object], words: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_engine(tmp_path, tells(**answer)) as host:  # type: ignore[arg-type]
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(EngineError, match=words):
            layerscope.inspect(target, base="base:1")


def test_the_policy_of_pulling_is_the_target_s(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(talk: Talk) -> None:
        talk.say({"message": "No such image: base:1"}, status=404)

    with fake_engine(tmp_path, {"/json": absent}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(NotFoundError, match="base:1: no such file, and no such image in the engine"):
            layerscope.inspect(target, base="base:1", pull="never")
        with pytest.raises(NotFoundError, match=r"base:1: no such file or image, and the engine at .* could not pull"):
            layerscope.inspect(target, base="base:1")


def test_the_command_takes_it_too(target: str, tmp_path: Path) -> None:
    answer = tells(RootFS={"Layers": DIFF_IDS[:1]})
    with fake_engine(tmp_path, answer) as host:  # type: ignore[arg-type]
        done = layerscope_command("inspect", target, "--base", "base:1", DOCKER_HOST=host)
    assert "base        1 layer  base:1, as given\n" in done.stdout
    assert (done.stderr, done.returncode) == ("", 0)


# --- Other images of the engine that a target is read from ---------------------------------------------------


class Other:
    """Another image of a fake engine: the first ``count`` of the target's layers, unless others are said."""

    def __init__(
        self, tags: list[str] | None, count: int, past: list[Json] | None = None, layers: list[str] | None = None
    ) -> None:
        self.image_id = digest_of(repr((tags, count)).encode())
        self.tags = tags
        self.layers = DIFF_IDS[:count] if layers is None else layers
        self.past = tells_past(count) if past is None else past


def read(folder: Path, monkeypatch: pytest.MonkeyPatch, *others: Other, **routes: Any) -> Report:
    """Read ``app:1`` from an engine that has some other images, too."""
    archive = as_tar(docker_10(Saved(LAYERS, ["app:1"], {"history": HISTORY})))
    own = {"Id": IMAGE_ID, "RepoTags": ["app:1", "registry.example/app:1"]}
    listed = [own, *({"Id": each.image_id, "RepoTags": each.tags} for each in others)]
    answers: Any = {
        "/json": lambda talk: talk.say({"Id": IMAGE_ID}),
        "/images/json": lambda talk: talk.say(listed),
        "/get": whole(archive),
    }
    for each in others:
        answer = {"Id": each.image_id, "RootFS": {"Layers": each.layers}, "RepoDigests": ["x@sha256:ab"]}
        answers[f"/{each.image_id}/json"] = lambda talk, answer=answer: talk.say(answer)
        answers[f"/{each.image_id}/history"] = lambda talk, past=each.past: talk.say(past)
    with fake_engine(folder, answers | routes) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        return layerscope.inspect("app:1", rules=Choice(ignore=("*",)))


def base_of(report: Report) -> tuple[object, ...] | None:
    base = report.image.base
    return base and (base.layers, base.method, base.confidence, base.reference, base.digest)


def test_the_largest_image_whose_history_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = read(tmp_path, monkeypatch, Other(["a:1"], 1), Other(["b:1", "b:latest"], 2))
    assert base_of(report) == (2, "same-engine", "low", "b:1", "sha256:ab")
    assert [each.in_base for each in report.instructions] == [None, None, None]
    assert report.notes == ()


@pytest.mark.parametrize(
    "other",
    [
        Other(["a:1"], 3),  # the same layers, and all of them
        Other(["a:1"], 2, layers=[DIFF_IDS[0], DIFF_IDS[2]]),
        Other(["a:1"], 0, layers=[]),
        Other(["a:1"], 2, past=tells_past(2, CreatedBy="another")),
        Other(["a:1"], 2, past=tells_past(2, Comment="another")),
        Other(["a:1"], 2, past=[*tells_past(1, CreatedBy="CMD x"), *tells_past(2)]),  # goes on otherwise
        Other(["a:1"], 2, past=[]),
        Other(["<none>:<none>"], 2),  # what had the name before
        Other(None, 2),
        Other(["app:0"], 2),
        Other(["b:1", "registry.example/app:0"], 2),
    ],
)
def test_what_is_not_the_base(other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = read(tmp_path, monkeypatch, other)
    assert (report.image.base, report.notes) == (None, ())


def test_an_engine_with_very_many_images_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [Other([f"b:{number}"], 2) for number in range(201)]
    for some, is_asked in ((others, False), (others[1:], True)):
        folder = tmp_path / str(len(some))
        folder.mkdir()
        assert (read(folder, monkeypatch, *some).image.base is not None) is is_asked


def test_an_image_that_is_removed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Other(["gone:1"], 2)
    route = {f"/{gone.image_id}/json": lambda talk: talk.say({"message": "No such image"}, status=404)}
    report = read(tmp_path, monkeypatch, gone, Other(["a:1"], 1), **route)
    assert (base_of(report), report.notes) == ((1, "same-engine", "low", "a:1", "sha256:ab"), ())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda talk: talk.say({"message": "out of order"}, status=500), "failed: out of order"),
        (lambda talk: talk.say({"no": "list"}), "talks nonsense: Expected `array`, got `object`"),
        (lambda talk: talk.say([{"Id": 7}]), "talks nonsense: Expected `str`, got `int`"),
        (lambda talk: talk.hang_up(), "failed: "),
    ],
)
def test_an_engine_that_does_not_tell_of_others_costs_a_note(
    answer: Any, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = read(tmp_path, monkeypatch, Other(["a:1"], 1), **{"/images/json": answer})
    assert report.image.base is None
    (note,) = report.notes
    assert note.startswith("Whether another image of the engine is the base cannot be told: app:1: the engine at ")
    assert why in note


def test_who_names_the_base_needs_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """Nor is an engine asked about an archive."""
    asked: list[str] = []
    archive = as_tar(docker_10(Saved(LAYERS, ["app:1"], {"history": HISTORY})))
    routes: Any = {"/images/json": lambda talk: asked.append(talk.path), "/get": whole(archive)}
    with fake_engine(tmp_path, routes) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert layerscope.inspect("app:1", base=target).totals.layers == 3
        assert layerscope.inspect(target).totals.layers == 3
    assert asked == []
