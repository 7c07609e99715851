"""Lines of a Dockerfile, through the front door."""

import json
from pathlib import Path

import pytest
from bare_process import Run

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "example"
DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG BASE=scratch
FROM $BASE AS app
ARG FROM_DIR=app
COPY --link $FROM_DIR \\
     /app
CMD ["/app/größe"]
RUN configure

FROM app AS debug
RUN debug
"""

INSTRUCTIONS = """\
Instructions
  #   bytes              wasted  line  instruction
  0  4.0 kB  ███████▌░░  1.0 kB  5-6   COPY app /app
  1                              7     CMD ["/app/größe"]
  2   500 B  █▎                  8     RUN configure
"""


@pytest.fixture(autouse=True)
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(DOCKERFILE, "utf-8")
    return path


def test_the_table(run: Run, image: Path, dockerfile: Path) -> None:
    done = run("inspect", image, "--dockerfile", dockerfile.name, "--target", "app")
    assert (done.stderr, done.returncode) == (b"", 0)
    assert INSTRUCTIONS in done.stdout.decode()
    assert b"note:" not in done.stdout


def test_findings(run: Run, tmp_path: Path) -> None:
    arguments = ("inspect", "image", "--dockerfile", "Dockerfile", "--select", "removed-later", "--top", "1")
    tmp_path.joinpath("image").symlink_to(EXAMPLE / "tidewatch.tar.xz")
    tmp_path.joinpath("Dockerfile").write_bytes((EXAMPLE / "Dockerfile").read_bytes())
    page = run(*arguments).stdout.decode()
    assert "\n  1.1 MB  removed-later  in 9 RUN  Dockerfile:15\n" in page


def test_json(run: Run, image: Path) -> None:
    done = run(
        "inspect", image, "--dockerfile", "Dockerfile", "--target", "0", "-f", "json", "--select", "overwritten-*"
    )
    report = json.loads(done.stdout)
    assert [each["dockerfile"] for each in report["instructions"]] == ["Dockerfile:5-6", "Dockerfile:7", "Dockerfile:8"]
    assert [(each["rule"], each["dockerfile"]) for each in report["findings"]] == [
        ("overwritten-later", "Dockerfile:5-6")
    ]


def test_without_a_dockerfile_nothing_has_a_line(run: Run, image: Path) -> None:
    report = json.loads(run("inspect", image, "-f", "json", "--select", "overwritten-*").stdout)
    assert [each["dockerfile"] for each in report["instructions"] + report["findings"]] == [None] * 4


def test_build_arguments(run: Run, image: Path) -> None:
    options = ("--dockerfile", "Dockerfile", "--target", "app", "-f", "json")
    other = json.loads(run("inspect", image, *options, "--build-arg", "FROM_DIR=src").stdout)
    assert [each["dockerfile"] for each in other["instructions"]] == [None, "Dockerfile:7", "Dockerfile:8"]
    assert other["notes"] == [
        (
            "Not found in the history, or not for sure: Dockerfile:5-6 COPY. "
            "Has the file changed since, or was a --build-arg given?"
        )
    ]
    same = json.loads(run("inspect", image, *options, "--build-arg", "FROM_DIR=app", "--build-arg", "X=a=b").stdout)
    assert same["notes"] == []


def test_another_stage(run: Run, image: Path) -> None:
    report = json.loads(run("inspect", image, "--dockerfile", "Dockerfile", "-f", "json").stdout)
    assert [each["dockerfile"] for each in report["instructions"]] == ["Dockerfile:5-6", "Dockerfile:7", "Dockerfile:8"]
    assert report["notes"] == [
        (
            "Not found in the history, or not for sure: Dockerfile:11 RUN. "
            "Has the file changed since, or was a --build-arg given?"
        )
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--dockerfile", "none"],
            "layerscope: cannot read none: No such file or directory\n  --dockerfile takes a file.\n",
        ),
        (["--dockerfile", "."], "layerscope: cannot read .: Is a directory\n  --dockerfile takes a file.\n"),
        (
            ["--dockerfile", "bad"],
            (
                "layerscope: bad:2: 'MAKE' is no Dockerfile instruction\n"
                "  Name the Dockerfile that the image was built from.\n"
            ),
        ),
        (
            ["--dockerfile", "Dockerfile", "--target", "web"],
            "layerscope: Dockerfile has no stage 'web'\n  Its stages: app, debug.\n",
        ),
        (
            ["--target", "app"],
            "layerscope: --target is about a Dockerfile, and none is named\n  Name it with --dockerfile FILE.\n",
        ),
        (
            ["--build-arg", "A=b"],
            "layerscope: --build-arg is about a Dockerfile, and none is named\n  Name it with --dockerfile FILE.\n",
        ),
        (
            ["--dockerfile", "Dockerfile", "--build-arg", "A"],
            "layerscope: --build-arg A: not NAME=VALUE\n  For example --build-arg VERSION=1.2\n",
        ),
    ],
)
def test_what_makes_no_sense(run: Run, dockerfile: Path, options: list[str], message: str) -> None:
    dockerfile.with_name("bad").write_text("FROM a\nMAKE b\n")
    done = run("inspect", "no-such-image.tar", *options)  # told before an image is looked for
    assert (done.stdout, done.stderr.decode(), done.returncode) == (b"", message, 2)
