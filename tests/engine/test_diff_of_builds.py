"""Two builds of one Dockerfile with one changed line, or another build argument: told with the engine's own bytes."""

from pathlib import Path

import pytest
from engines import Engine

import layerscope
from layerscope.changes import DifferenceReport

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

DOCKERFILE = r"""
FROM base:1
COPY tree /srv/tree
RUN mkdir /out && head -c {size} /dev/zero > /out/app
ENV A=b
RUN echo built > /out/stamp
CMD ["sh"]
"""


@pytest.fixture(params=[False, True], ids=["classic", "buildkit"])
def built(request: pytest.FixtureRequest, reached: Engine, context: Path) -> Engine:
    """An engine with both builds; what is above the changed line is the cache's."""
    for name, size in (("diff-old:1", 300_000), ("diff-new:1", 420_000)):
        recipe = reached.folder / f"{name.replace(':', '-')}.dockerfile"
        recipe.write_text(DOCKERFILE.format(size=size))
        options = ("--quiet", "--network=none", f"--file={recipe}", f"--tag={name}", context)
        reached.docker("build", *options, DOCKER_BUILDKIT=str(int(request.param)))
    return reached


def changed(report: DifferenceReport) -> list[tuple[str, str, int, int]]:
    return [
        (each.change, each.new.text, each.old.content_bytes, each.new.content_bytes)
        for each in report.instructions
        if each.old and each.new and each.change == "changed"
    ]


def history(engine: Engine, image: str) -> int:
    """Ask the engine how many bytes the changed line has."""
    lines = engine.docker("history", "--no-trunc", "--human=false", "--format={{.Size}} {{.CreatedBy}}", image)
    [size] = [int(line.split()[0]) for line in lines.splitlines() if "/dev/zero > /out/app" in line]
    return size


def test_one_changed_line(built: Engine, tmp_path: Path) -> None:
    sizes = history(built, "diff-old:1"), history(built, "diff-new:1")
    assert sizes == (300_000, 420_000)
    report = layerscope.diff("diff-old:1", "diff-new:1").diff
    line = "mkdir /out && head -c 420000 /dev/zero > /out/app"
    assert changed(report) == [("changed", line, *sizes)]
    assert {each.change for each in report.instructions} <= {"same", "changed", "rebuilt"}
    assert report.totals.instructions.rebuilt.old_bytes == report.totals.instructions.rebuilt.new_bytes
    assert report.totals.content_bytes.new - report.totals.content_bytes.old == 120_000
    assert [(each.path, each.change) for each in report.paths] == [("out/app", "changed")]
    assert report.totals.only_new.layers == 2
    assert report.totals.shared.layers == report.totals.layers.new - 2

    back = layerscope.diff("docker-daemon:diff-new:1", "docker-daemon:diff-old:1").diff
    assert [each[2:] for each in changed(back)] == [sizes[::-1]]
    assert back.totals.only_old == report.totals.only_new
    assert layerscope.diff("diff-new:1", "diff-new:1").diff.identical

    archive = tmp_path / "both.tar"
    built.docker("save", "--output", archive, "diff-old:1", "diff-new:1")
    read = layerscope.diff(f"{archive}:diff-old:1", f"{archive}:diff-new:1").diff
    assert (read.instructions, read.paths) == (report.instructions, report.paths)


ARGUMENTS = r"""
FROM base:1
ARG SIZE
ARG API_TOKEN
RUN mkdir /out && head -c $SIZE /dev/zero > /out/app
"""


@pytest.mark.parametrize("buildkit", ["0", "1"], ids=["classic", "buildkit"])
def test_another_build_argument(buildkit: str, reached: Engine, context: Path) -> None:
    recipe = reached.folder / "diff-arguments.dockerfile"
    recipe.write_text(ARGUMENTS)
    for name, size in (("diff-argument-old:1", 300_000), ("diff-argument-new:1", 420_000)):
        arguments = (f"--build-arg=SIZE={size}", f"--build-arg=API_TOKEN=hunter2secret {size}")
        options = ("--quiet", "--network=none", *arguments, f"--file={recipe}", f"--tag={name}", context)
        reached.docker("build", *options, DOCKER_BUILDKIT=buildkit)
    report = layerscope.diff("diff-argument-old:1", "diff-argument-new:1").diff
    [rebuilt] = [each for each in report.instructions if each.change == "rebuilt"]
    assert [(each.what, each.old, each.new) for each in rebuilt.arguments] == [
        ("ARG API_TOKEN", "***", "***"),
        ("ARG SIZE", "300000", "420000"),
    ]
