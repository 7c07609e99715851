"""Files made from the code and kept with it; to remake them: ``LAYERSCOPE_UPDATE=1 pytest tests/cli``."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

import layerscope
from layerscope import __version__
from layerscope.cli.kit.app import application, run
from layerscope.render.json import schema

PACKAGE = Path(layerscope.__file__).parent


def help_text() -> str:
    """What ``layerscope --help`` says on a terminal of 80 columns."""
    command = typer.main.get_command(application())
    context = command.make_context("layerscope", [], resilient_parsing=True, terminal_width=80)
    return command.get_help(context) + "\n"


@pytest.mark.parametrize(
    ("path", "make"),
    [(PACKAGE / "cli" / "help.txt", help_text), (PACKAGE.parent / "docs" / "report-v1.schema.json", schema)],
    ids=["help", "schema"],
)
def test_generated_files_are_up_to_date(path: Path, make: Callable[[], str]) -> None:
    if os.environ.get("LAYERSCOPE_UPDATE"):
        path.write_text(make(), encoding="utf-8")
    assert path.read_text("utf-8") == make()


def test_the_help_fits_and_is_ascii() -> None:
    assert help_text().isascii()
    assert max(map(len, help_text().splitlines())) <= 80


def test_the_application_knows_the_version_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version", "inspect"]) == 0
    assert capsys.readouterr().out == f"layerscope {__version__}\n"
