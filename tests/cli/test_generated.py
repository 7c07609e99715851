"""Files made from the code and kept with it; to remake them: ``LAYERSCOPE_UPDATE=1 pytest tests/cli``.

The page of rules alone: ``make docs``.
"""

import os
import re
import runpy
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import typer

import layerscope
from layerscope import CompareReport, DiffReport, SplitReport, StoredReport, WhyReport, __version__
from layerscope.cli.kit.app import application, run
from layerscope.render.json import schema
from layerscope.rules import all_rules

PACKAGE = Path(layerscope.__file__).parent
DOCS = PACKAGE.parent / "docs"


def help_text() -> str:
    """What ``layerscope --help`` says on a terminal of 80 columns."""
    command = typer.main.get_command(application())
    context = command.make_context("layerscope", [], resilient_parsing=True, terminal_width=80)
    return command.get_help(context) + "\n"


def rules() -> str:
    """What ``make docs`` writes."""
    return str(runpy.run_path(str(DOCS / "rules.py"))["page"]())


@pytest.mark.parametrize(
    ("path", "make"),
    [
        (PACKAGE / "cli" / "help.txt", help_text),
        (DOCS / "report-v1.schema.json", schema),
        (DOCS / "split-v1.schema.json", partial(schema, SplitReport)),
        (DOCS / "why-v1.schema.json", partial(schema, WhyReport)),
        (DOCS / "compare-v1.schema.json", partial(schema, CompareReport)),
        (DOCS / "diff-v1.schema.json", partial(schema, DiffReport)),
        (DOCS / "layers-v1.schema.json", partial(schema, StoredReport)),
        (DOCS / "rules.md", rules),
    ],
    ids=["help", "report", "split", "why", "compare", "diff", "layers", "rules"],
)
def test_generated_files_are_up_to_date(path: Path, make: Callable[[], str]) -> None:
    if os.environ.get("LAYERSCOPE_UPDATE"):
        path.write_text(make(), encoding="utf-8")
    assert path.read_text("utf-8") == make(), "remake it: make docs, or LAYERSCOPE_UPDATE=1 pytest tests/cli"


def test_the_help_fits_and_is_ascii() -> None:
    assert help_text().isascii()
    assert max(map(len, help_text().splitlines())) <= 80
    assert "..." not in help_text().partition("Commands:")[2], "what a command does is cut off: say it in fewer words"


def test_the_application_knows_the_version_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version", "inspect"]) == 0
    assert capsys.readouterr().out == f"layerscope {__version__}\n"


def test_every_rule_has_a_section_that_its_list_leads_to() -> None:
    page = (DOCS / "rules.md").read_text("utf-8")
    names = [rule.name for rule in all_rules()]

    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == names
    assert sorted(re.findall(r"^- \[(\S+)\]\(#\1\): ", page, re.MULTILINE)) == names
