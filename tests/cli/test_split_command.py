"""``layerscope split`` as a person uses it: where the proposal goes, and what is said where there is none."""

from pathlib import Path

import pytest
from builders import file
from looking import archive_of
from splitting import RUN, base, debian, package, program

from layerscope.cli.kit.app import run

GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000}, Section="devel")
INSTALL = RUN("apt-get install gcc", *debian((GCC,)))
RECIPE = b"# caf\xe9\nFROM debian:12\nRUN apt-get install gcc\nRUN make\n"
LAST = b"\nFROM debian:12\nCOPY --from=build /opt /opt\n"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    steps = [*base(), INSTALL, RUN("make", file("opt/app", program("libc.so.6"), mode=0o755))]
    (tmp_path / "image.tar").write_bytes(archive_of(steps, {"Cmd": ["/opt/app"]}))
    (tmp_path / "Dockerfile").write_bytes(RECIPE)
    return tmp_path / "image.tar"


def test_a_file_is_the_dockerfile_byte_by_byte(image: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    made = image.parent / "made"
    recipe = image.parent / "Dockerfile"
    assert run(["split", str(image), "--dockerfile", str(recipe), "--output", str(made)]) == 0

    assert made.read_bytes() == RECIPE.replace(b"debian:12", b"debian:12 AS build") + LAST
    assert capsysbinary.readouterr() == (b"", b"")


def test_standard_output_is_for_people_or_in_the_format_that_is_asked_for(
    image: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["split", str(image)]) == 0
    assert b"\nmulti-stage  " in capfdbinary.readouterr().out
    recipe = str(image.parent / "Dockerfile")
    assert run(["split", str(image), "--dockerfile", recipe, "--format", "dockerfile"]) == 0
    assert capfdbinary.readouterr().out.endswith(LAST)


def test_where_nothing_is_proposed_one_sentence_says_why_and_no_file_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "image.tar").write_bytes(archive_of([*base(), RUN("make", file("opt/app", b"a"))]))
    arguments = ["split", str(tmp_path / "image.tar")]

    assert run(arguments) == 0
    assert "Nothing in the user's layers serves building alone" in capsys.readouterr().out
    assert run([*arguments, "--output", str(tmp_path / "made")]) == 0
    out, error = capsys.readouterr()
    assert (out, error[:70]) == ("", "layerscope: Nothing in the user's layers serves building alone: no com")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("kind", "told", "left_out"),
    [("multi-stage", "Left behind", "On scratch"), ("multi-stage-scratch", "On scratch", "Left behind")],
)
def test_only_one_kind_has_the_notes_of_that_alone(
    kind: str, told: str, left_out: str, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["split", str(image)]) == 0
    notes = capsys.readouterr().out.partition("\nNotes\n")[2]
    assert told in notes
    assert left_out in notes

    assert run(["split", str(image), "--kind", kind]) == 0
    notes = capsys.readouterr().out.partition("\nNotes\n")[2]
    assert told in notes
    assert left_out not in notes


def test_a_kind_that_is_not_proposed_is_said_to_be_none(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", str(image), "--kind", "multi-stage-scratch"]) == 0
    assert "\nmulti-stage-scratch  " in capsys.readouterr().out

    steps = (INSTALL, RUN("make", file("opt/app", program("libc.so.6"), mode=0o755)))
    image.write_bytes(archive_of([*base(), *steps], {"Cmd": ["/bin/sh", "-c", "/opt/app"]}))
    assert run(["split", str(image), "--kind", "multi-stage-scratch"]) == 0
    shown = capsys.readouterr().out.partition("\nNotes\n")[0]
    assert shown.endswith("\nNo multi-stage-scratch is proposed for this image.\n")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--format", "xml"], 2, "'xml' is none of dockerfile, "),
        (["--target", "x"], 2, "--target is about a Dockerfile, and none is named"),
        (["--dockerfile", "/nowhere"], 2, "cannot read /nowhere"),
    ],
)
def test_what_makes_no_sense_is_refused(
    image: Path, options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["split", str(image), *options]) == code
    assert message in capsys.readouterr().err
