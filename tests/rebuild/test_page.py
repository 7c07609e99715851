"""The page of measured rebuilds against the pairs: none is missing there, and none is there that nobody builds."""

from pathlib import Path

from pairs import COLUMNS, PAIRS

PAGE = Path(__file__).parents[2] / "docs" / "rebuilds.md"


def test_the_page_has_every_pair() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert rows[:2] == [list(COLUMNS), ["---"] * len(COLUMNS)]
    assert {name: tuple(rules.split(", ")) for name, rules, *_ in rows[2:]} == {
        name: pair.rules for name, pair in PAIRS.items()
    }
