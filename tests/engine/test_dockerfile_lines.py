"""An image just built aligns with all lines of its Dockerfile, whoever built it.

What only newer builders know (heredocs, --link) is tested on images that are kept, in tests/build.
"""

from pathlib import Path

import pytest
from engines import Engine, base_image

import layerscope
from layerscope import Choice, Recipe

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

EVERYTHING = r"""# every instruction, in the forms that people write it
ARG BASE=base:1
FROM $BASE AS Tools
ARG PREFIX=/opt
ENV PREFIX=$PREFIX PATH="/opt/bin:$PATH"
RUN mkdir -p /opt/bin \
    # a comment, and an empty line

    && echo tool > $PREFIX/bin/tool

FROM tools
ARG VERSION=1.2
ARG GIVEN
ENV RELEASE=${VERSION:-0}-r1 QUOTED="a  b" \
    PLAIN=c\ d
ENV LEGACY some value
LABEL version="$RELEASE" "with space"='$VERSION' given=$GIVEN
LABEL single=1
WORKDIR /srv
WORKDIR app/
COPY --from=0 --chown=1000:1000 ["/opt/bin/tool", "a copy"]
COPY tree/one tree/sub/two ./files-${VERSION}/
COPY tree /srv/tree
ADD odd.tar odd
USER ${NOBODY:-1000}:1000
USER 0:0
RUN echo "$VERSION $GIVEN"   >   version
RUN ["sh", "-c", "echo exec > exec-form"]
SHELL ["/bin/sh", "-e", "-c"]
RUN echo $0 > shell
RUN true
RUN true
EXPOSE 8080 53/udp 9000-9002
VOLUME /data /more
STOPSIGNAL SIGINT
HEALTHCHECK --interval=90s --retries=2 CMD test -f /srv/app/version || exit 1
ENTRYPOINT exec sh -c
CMD ["echo", "a \"quoted\" word"]
"""
LINES = ["4", "5", "6-9", "12", "13", "14-15", *map(str, range(16, 39))]


def found(image: str, dockerfile: str, folder: Path, **build_args: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of those instructions that have some, and the notes."""
    path = folder / "Dockerfile"
    path.write_text(dockerfile)
    report = layerscope.inspect(
        image, pull="never", rules=Choice(ignore=("*",)), recipe=Recipe(str(path), build_args=build_args)
    )
    places = [each.dockerfile.rpartition(":")[2] for each in report.instructions if each.dockerfile]
    return places, report.notes


@pytest.mark.parametrize("buildkit", [False, True], ids=["classic", "buildkit"])
def test_every_instruction(reached: Engine, context: Path, tmp_path: Path, *, buildkit: bool) -> None:
    image = reached.build(f"lines:{buildkit:d}", EVERYTHING, context, "--build-arg=GIVEN=x y", buildkit=buildkit)
    assert found(image, EVERYTHING, tmp_path, GIVEN="x y") == (LINES, ())


def test_a_build_argument(reached: Engine, context: Path, tmp_path: Path) -> None:
    dockerfile = "FROM base:1\nARG DIR=tree\nCOPY $DIR /srv\nRUN true\nRUN echo\n"
    image = reached.build("lines:given", dockerfile, context, "--build-arg=DIR=tree/sub", buildkit=True)
    lines, notes = found(image, dockerfile, tmp_path, DIR="tree/sub")
    assert (lines, notes) == (["2", "3", "4", "5"], ())


def test_podman(podman: Engine, context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    podman.docker("import", base_image(tmp_path / "base.tar"), "localhost/base:1")
    dockerfile = EVERYTHING.replace("base:1", "localhost/base:1").replace("Tools", "tools")
    dockerfile = dockerfile.replace("ARG GIVEN", "# Podman 4 records an ARG without a value by another's name")
    podman.docker(
        "build", "--file", _written(tmp_path, dockerfile), "--tag=localhost/lines:podman", context, DOCKER_BUILDKIT="0"
    )
    monkeypatch.setenv("DOCKER_HOST", podman.host)
    lines = [line for line in LINES if line != "13"]
    assert found("localhost/lines:podman", dockerfile, tmp_path) == (lines, ())


def _written(folder: Path, dockerfile: str) -> Path:
    path = folder / "recipe"
    path.write_text(dockerfile)
    return path
