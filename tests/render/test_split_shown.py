"""Proposals for a person, as JSON, and as the Dockerfile itself."""

import json

from layerscope.proposals import ProposalReport, SplitReport, StepReport
from layerscope.render import formats, renderer
from layerscope.render.kit.view import View
from layerscope.report import ImageReport, PlatformReport

LINUX = PlatformReport("linux", "amd64", "")
IMAGE = ImageReport("app:1\x1b", "docker-archive", "sha256:" + "ab" * 32, None, LINUX, None, None)
STEPS = (
    StepReport("keep", "debian:12", 70_000_000, "the base as it is (1 layer)"),
    StepReport("install", "libz1", 2_000_000, "/opt/app needs /usr/lib/libz.so.1"),
    StepReport("install", "small", 20, "libz1 depends on it"),
    StepReport("install", "smaller", 10, "libz1 depends on it"),
    StepReport("copy", "/opt/", 5_000_000, "the container starts it"),
    StepReport("make", "useradd app", 0, "as it is in the image"),
    StepReport("carry", "ENV, CMD", 0, "the image's own configuration"),
    StepReport("drop", "gcc", 100_000_000, "a tool for development"),
    StepReport("drop", "tiny", 1, "a tool for development"),
)
DOCKERFILE = "FROM debian:12 AS build\n# caf\udce9\n\nFROM debian:12\n"
PROPOSAL = ProposalReport("multi-stage", 77_000_030, 100_000_001, STEPS, DOCKERFILE, ("Something is uncertain.",))
REPORT = SplitReport(1, IMAGE, 177_000_031, (PROPOSAL,), "", ("Something is uncertain.",))
NOTHING = SplitReport(1, IMAGE, 177_000_031, (), "Nothing serves building alone.", ())


def render(name: str, report: SplitReport, view: View | None = None) -> str:
    return renderer(name, "split")(report, view or View())


def test_there_are_three_formats() -> None:
    assert {"dockerfile", "json", "text"} <= set(formats("split"))


def test_text() -> None:
    assert render("text", REPORT) == (
        "app:1\\x1b  linux/amd64  abababababab\n"
        "177.0 MB of content\n"
        "\n"
        "multi-stage  77.0 MB, saves 100.0 MB (56.5%)\n"
        "  keep      70.0 MB  debian:12: the base as it is (1 layer)\n"
        "  install    2.0 MB  libz1: /opt/app needs /usr/lib/libz.so.1\n"
        "  install      30 B  2 more: small, smaller\n"
        "  copy       5.0 MB  /opt/: the container starts it\n"
        "  make               useradd app: as it is in the image\n"
        "  carry              ENV, CMD: the image's own configuration\n"
        "  drop     100.0 MB  gcc: a tool for development\n"
        "  drop          1 B  tiny: a tool for development\n"
        "\n"
        "Notes\n"
        "  Something is uncertain.\n"
        "\n"
        "--format dockerfile writes the Dockerfile (--output FILE: into a file).\n"
    )


def test_text_on_a_narrow_coloured_terminal() -> None:
    text = render("text", REPORT, View(width=40, colour=True))

    assert "\x1b[36m  install    2.0 MB  \x1b[0mlibz1: /opt/app needs\n" in text
    assert "                     /usr/lib/libz.so.1\n" in text
    assert "\x1b[31m  drop     100.0 MB  \x1b[0mgcc: a tool for\n" in text


def test_text_where_nothing_is_proposed() -> None:
    assert render("text", NOTHING) == (
        "app:1\\x1b  linux/amd64  abababababab\n177.0 MB of content\n\nNothing serves building alone.\n"
    )


def test_the_dockerfile_is_written_as_it_is() -> None:
    assert render("dockerfile", REPORT) == DOCKERFILE
    assert render("dockerfile", NOTHING) == ""


def test_json() -> None:
    told = json.loads(render("json", REPORT))

    assert list(told) == ["schema_version", "image", "content_bytes", "proposals", "reason", "notes"]
    assert told["proposals"][0]["steps"][1] == {
        "action": "install",
        "what": "libz1",
        "content_bytes": 2_000_000,
        "reason": "/opt/app needs /usr/lib/libz.so.1",
    }
    assert told["proposals"][0]["dockerfile"] == DOCKERFILE.replace("\udce9", "\ufffde9")
