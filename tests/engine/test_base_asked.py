"""A base that an engine is asked for: what it says of its layers, and never the layers themselves."""

from pathlib import Path

import pytest
from builders import docker_archive, file, tar_of
from engines import layerscope_command
from fake_engine import IMAGE_ID, Talk, fake_engine
from images import digest_of

import layerscope
from layerscope.errors import EngineError, NotFoundError, UsageError

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
