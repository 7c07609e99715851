"""The documentation as a whole: its links lead somewhere, and it knows every option."""

import re
from pathlib import Path

import pytest
import typer

from layerscope.cli.kit.app import application, commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("*/README.md"))]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SAID_BY_HELP = {"--help", "-h"}


def anchors(page: Path) -> set[str]:
    """The anchors that a page has for its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("name", commands())
def test_every_option_is_documented(name: str) -> None:
    words = set(re.findall(r"--?[a-z][a-z-]*", "\n".join(page.read_text("utf-8") for page in PAGES)))
    command = typer.main.get_command(application(name)).commands[name]  # type: ignore[attr-defined]
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts) if option[0] == "-"}
    assert options - SAID_BY_HELP <= words
