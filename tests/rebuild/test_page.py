"""The pages of measured rebuilds against what is rebuilt: each has all of it, and nothing that nobody builds."""

from pathlib import Path

import apps
import pairs

DOCS = Path(__file__).parents[2] / "docs"


def rows_of(page: str, columns: tuple[str, ...]) -> list[list[str]]:
    """Return the rows of a page's only table."""
    rows = [line.strip("| ").split(" | ") for line in (DOCS / page).read_text().splitlines() if line.startswith("| ")]
    assert rows[:2] == [list(columns), ["---"] * len(columns)]
    return rows[2:]


def test_the_page_has_every_pair() -> None:
    assert {name: tuple(rules.split(", ")) for name, rules, *_ in rows_of("rebuilds.md", pairs.COLUMNS)} == {
        name: pair.rules for name, pair in pairs.PAIRS.items()
    }


def test_the_page_has_every_application() -> None:
    text = (DOCS / "split-rebuilds.md").read_text()
    rows = rows_of("split-rebuilds.md", apps.COLUMNS)
    assert {name for name, *_ in rows} == {each.name for each in apps.APPLICATIONS.values() if each.by_hand}
    assert [name for name in apps.APPLICATIONS if f"**{name}**" not in text] == []
