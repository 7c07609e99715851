"""The base of images that real engines built on each other."""

from pathlib import Path

import pytest
from engines import Engine, base_image

import layerscope
from layerscope import Choice
from layerscope.report import Report

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

MIDDLE = 'FROM base:1\nRUN mkdir -p /srv/lib\nENV A=b\nRUN true\nCOPY tree/one /srv/lib/\nCMD ["sh"]\n'
APP = "FROM middle:1\nLABEL c=d\nCOPY tree /srv/tree\nRUN echo app > /srv/app\n"


def inspect(image: str, **more: str) -> Report:
    return layerscope.inspect(image, pull="never", rules=Choice(ignore=("*",)), **more)


def base_of(report: Report) -> tuple[object, ...] | None:
    base = report.image.base
    return base and (base.layers, base.method, base.confidence, base.reference)


@pytest.fixture(params=[False, True], ids=["classic", "buildkit"])
def built(request: pytest.FixtureRequest, reached: Engine, context: Path) -> bool:
    """Whether BuildKit built the images; the classic builder makes no layer of ``RUN true``."""
    reached.build("middle:1", MIDDLE, context, buildkit=request.param)
    reached.build("top:1", APP, context, buildkit=request.param)
    return bool(request.param)


def marks(own: int, below: int) -> list[bool]:
    return [True] * below + [False] * own


def test_the_image_that_it_was_built_from(built: bool) -> None:
    report = inspect("top:1")
    assert base_of(report) == (3 + built, "same-engine", "high", "middle:1")
    assert [each.in_base for each in report.layers] == marks(2, 3 + built)
    assert [each.in_base for each in report.instructions] == marks(3, 6)
    assert report.notes == ()


def test_the_image_below_that(built: bool) -> None:
    report = inspect("middle:1")
    # It has no CMD, so this may be chance; but where another builder went on, the history says so.
    assert base_of(report) == ((1, "history", "medium", None) if built else (1, "same-engine", "low", "base:1"))
    assert [each.in_base for each in report.layers] == (marks(3, 1) if built else [None] * 3)


@pytest.mark.usefixtures("built")
def test_what_was_imported_stands_on_nothing() -> None:
    assert inspect("base:1").image.base is None


@pytest.mark.usefixtures("built")
def test_a_base_that_is_named() -> None:
    report = inspect("top:1", base="base:1")
    assert base_of(report) == (1, "given", "high", "base:1")
    assert [each.in_base for each in report.instructions] == marks(8, 1)


def test_an_archive_and_its_base_in_the_engine(built: bool, reached: Engine, tmp_path: Path) -> None:
    archive = str(reached.save("top:1", tmp_path / "top.tar"))
    report = inspect(archive, base="middle:1")
    assert base_of(report) == (3 + built, "given", "high", "middle:1")
    assert [each.in_base for each in report.instructions] == marks(3, 6)


def test_the_same_repository_and_what_lost_its_name_are_no_base(reached: Engine, context: Path) -> None:
    """They may be what the image was before it grew."""
    reached.build("grown:1", "FROM base:1\nRUN mkdir /grown\n", context)
    reached.build("lost:1", "FROM grown:1\nRUN mkdir /lost\n", context)
    reached.build("grown:2", "FROM lost:1\nRUN mkdir /more\n", context)
    reached.build("lost:1", "FROM base:1\nRUN mkdir /other\n", context)
    assert base_of(inspect("grown:2")) == (1, "same-engine", "low", "base:1")


def test_podman(
    podman: Engine, reached: Engine, context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what it built itself it notes the base; of what came from elsewhere its other images tell."""
    podman.docker("import", base_image(tmp_path / "base.tar"), "localhost/base:1")
    for name, below in (("middle", "localhost/base:1"), ("top", "localhost/middle:1")):
        recipe = tmp_path / name
        recipe.write_text(f"FROM {below}\nCOPY tree /{name}\n")
        podman.docker("build", f"--file={recipe}", f"--tag=localhost/{name}:1", context, DOCKER_BUILDKIT="0")
    reached.build("from-docker:1", MIDDLE, context)
    reached.build("on-that:1", "FROM from-docker:1\nCOPY tree /srv/tree\n", context)
    for image in ("from-docker:1", "on-that:1"):
        podman.docker("load", f"--input={reached.save(image, tmp_path / image)}")
    monkeypatch.setenv("DOCKER_HOST", podman.host)
    assert base_of(inspect("localhost/top:1")) == (2, "buildah-comment", "high", "localhost/middle:1")
    assert base_of(inspect("localhost/on-that:1")) == (3, "same-engine", "high", "localhost/from-docker:1")
