"""Held against BuildKit's own parser, where its wheel can be installed (docs/decisions/0008-dockerfile-parser.md)."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from layerscope.build.dockerfile.syntax import Statement, parse
from layerscope.errors import UsageError

reference = pytest.importorskip("dockerfile", reason="the package dockerfile has no wheel for this system")

FIXTURES = Path(__file__).parents[2] / "fixtures"
PIECES = [
    *("\nRUN ", "\nCOPY ", "\nADD a ", "\nENV A=", "\nLABEL a ", "\nCMD ", "\nVOLUME ", "\nONBUILD RUN ", "\nuser x"),
    *("\n", "\r\n", "\n\n", "\n  ", " \\\n", "\\ \n", "\\", "\\\\\n", "`", "`\n", "\n# x\n", "#", "\n#x\\\n"),
    *(
        " ",
        "\t",
        "a",
        "\u00e9",
        "--from=a ",
        "--x ",
        "--a='b c' ",
        '--a="b\\"" ',
        "-- ",
        "=",
        "$a",
        "${a}",
        "${a:-b}",
        "${a%b}",
    ),
    *(
        " <<E ",
        " <<-E ",
        " <<'E' ",
        ' 3<<"E" ',
        " <<E",
        "<<<",
        "\nE\n",
        "\n\tE\n",
        "\nE\r\n",
        "'",
        '"',
        '["a", "b"]',
        "[",
    ),
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=16).map("".join)
HEADS = st.sampled_from(
    ["", "FROM a", "# escape=`\nFROM a", "# x\n# escape=`\nFROM a", "\n# escape=`\nFROM a", "#syntax=a"]
)


def theirs(text: str) -> list[tuple[Any, ...]]:
    return [
        (
            (each.cmd or "").upper(),
            each.flags,
            each.start_line,
            each.end_line,
            tuple((heredoc.name, heredoc.content) for heredoc in each.heredocs),  # not those of an ONBUILD
        )
        for each in reference.parse_string(text)
    ]


def ours(each: Statement) -> tuple[Any, ...]:
    shown = () if each.keyword == "ONBUILD" else each.heredocs
    heredocs = tuple((heredoc.name, heredoc.body) for heredoc in shown)
    return each.keyword, each.flags, each.first_line, each.last_line, heredocs


@given(HEADS, BODIES)
def test_statements_flags_lines_and_heredocs(head: str, body: str) -> None:
    text = head + body
    assume("<< " not in text)  # newer than that parser
    expected = None
    with suppress(reference.GoParseError):
        expected = theirs(text)
    actual = None
    with suppress(UsageError):
        actual = [ours(each) for each in parse(text.encode()).statements]
    # They take unknown keywords, and refuse what each instruction's own parser does; both refuse what has no end.
    if actual is not None and expected is not None:
        assert actual == expected


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/**/*ockerfile*")), ids=lambda path: path.parent.name)
def test_kept_files(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [ours(each) for each in parse(text.encode()).statements] == theirs(text)
