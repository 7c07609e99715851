"""Words, quotes and variables: what BuildKit's lexer makes of them, patterns against their definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.dockerfile.heredocs import Heredoc, as_heredoc
from layerscope.build.dockerfile.lexer import UNKNOWN, LexError, expand, raw_words
from layerscope.build.dockerfile.patterns import without_fitting
from layerscope.build.dockerfile.texts import assignments, lines_of

VALUES = {"A": "bash", "NULL": "", "U": UNKNOWN, "HALF": f"a{UNKNOWN}.b", "DOTS": "1.2.3", "STARS": "a*b?c"}

EXPANDED = {
    "hello": "hello",
    "he'll'o": "hello",
    "he'llo \"x'": 'hello "x',
    "he\\'llo": "he'llo",
    "he\\\\'llo'": "he\\llo",
    "abc\\": "abc",
    '"a \\$A \\" \\\\ \\x"': 'a $A " \\ \\x',
    '"a\'b"': "a'b",
    "'a \\$A'": "a \\$A",
    "$A": "bash",
    "a$A-b": "abash-b",
    "$A_x": "",
    "${A}_x": "bash_x",
    "$$A": "A",
    "$": "$",
    "a$ b": "a$ b",
    "$1a": "a",
    "$@x": "x",
    '"$A"': "bash",
    "${N:-x}": "x",
    "${N-x}": "x",
    "${NULL:-x}": "x",
    "${NULL-x}": "",
    "${A:-x}": "bash",
    "${N:+x}": "",
    "${NULL+x}": "x",
    "${A:+x}": "x",
    "${A?x}": "bash",
    "${NULL?x}": "",
    "${N:-$A}": "bash",
    "${N:-'}'}": "}",
    '${N:-${M:-"x y"}}': "x y",
    "${U}": UNKNOWN,
    "${U:-x}": UNKNOWN,
    "${U:+x}": UNKNOWN,
    "${U#x}": UNKNOWN,
    "${HALF:-x}": f"a{UNKNOWN}.b",
    "${HALF%.*}": UNKNOWN,
    "${DOTS#*.}": "2.3",
    "${DOTS##*.}": "3",
    "${DOTS%.*}": "1.2",
    "${DOTS%%.*}": "1",
    "${DOTS%4}": "1.2.3",
    "${DOTS##?.?}": ".3",
    "${DOTS#$U}": UNKNOWN,
    "${STARS#a\\*}": "b?c",
    "${STARS%\\?c}": "a*b",
    "${STARS#\\a}": UNKNOWN,
    "${NULL#*}": "",
    "${DOTS/./-}": "1-2.3",
    "${DOTS//./-}": "1-2-3",
    "${DOTS/?/-}": UNKNOWN,
    "${DOTS//x}/y}": "1.2.3",
    "a < b << c": "a < b << c",
}


@pytest.mark.parametrize(("text", "expected"), EXPANDED.items())
def test_expanded(text: str, expected: str) -> None:
    assert expand(text, VALUES.get) == expected


def test_another_escape() -> None:
    assert expand('C:\\a`$A`` "`""', VALUES.get, "`") == 'C:\\a$A` "'


REFUSED = [
    "'a",
    '"a',
    '"a\\',
    "${",
    "${}",
    "${A",
    "${:x}",
    "${{A}}",
    "${A!x}",
    "${A:x}",
    "${N?why}",
    "${NULL:?}",
    "${N:-'}",
]


@pytest.mark.parametrize("text", [*REFUSED, "${DOTS/.}", "${a:-" * 40 + "}" * 40, "$A" * 5000])
def test_refused(text: str) -> None:
    with pytest.raises(LexError):
        expand(text, VALUES.get)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  a\t b ", ["a", "b"]),
        ("a 'b c' d\"e f\"g", ["a", "'b c'", 'd"e f"g']),
        ("a\\ b \\\\ c\\", ["a\\ b", "\\\\", "c\\"]),
        ("$a ${b} ${c:-d e} ${f/g/h} ${i%j}", ["$a", "${b}", "${c:-d", "e}", "${f/g/h}", "${i%j}"]),
        ('"a $b ${c} \\" \\x"', ['"a $b ${c} \\" \\\\x"']),
        ("<<EOF cat <<  E <x <<-\t'F g'", ["<<EOF", "cat", "<<  E", "<x", "<<-", "'F g'"]),
    ],
)
def test_raw_words(text: str, words: list[str]) -> None:
    assert raw_words(text) == words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("<<EOF", Heredoc("EOF", "", True, False)),
        ("<<-EOF", Heredoc("EOF", "", True, True)),
        ("<<'a b'", Heredoc("a b", "", False, False)),
        ("<<a\\'b", Heredoc("a'b", "", True, False)),
        ('3<<"E"F', Heredoc("EF", "", False, False)),
        ("<< E", Heredoc("E", "", True, False)),
        ("<<$E", Heredoc("$E", "", True, False)),
        ("<<", None),
        ("<<-", None),
        ("<<<E", None),
        ("a<<E", None),
        ("<<E F", None),
        ("<<'E", None),
        ("E", None),
    ],
)
def test_heredocs(word: str, expected: Heredoc | None) -> None:
    assert as_heredoc(word) == expected


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=b C='d e' F", [("A", "b"), ("C", "'d e'"), ("F", None)]),
        ('A="b \\" c" D=e\\ f=g', [("A", '"b \\" c"'), ("D", "e\\ f=g")]),
        ("A=", [("A", "")]),
        ("", []),
    ],
)
def test_assignments(text: str, pairs: list[tuple[str, str | None]]) -> None:
    assert assignments(text, "\\") == pairs


PATTERN = st.text(alphabet="ab*?", max_size=6)


@given(st.text(alphabet="ab", max_size=8), PATTERN, st.booleans())
def test_what_a_pattern_takes_off(value: str, pattern: str, longest: bool) -> None:
    """Against the definition: of all beginnings that fit, the shortest or the longest."""
    lengths = [length for length in range(len(value) + 1) if fits(pattern, value[:length])]
    length = (max if longest else min)(lengths, default=0)
    assert without_fitting(value, "#", "#" * longest + pattern) == value[length:]
    flipped = without_fitting(value[::-1], "%", "%" * longest + pattern[::-1])
    assert flipped == value[length:][::-1]


def fits(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


def test_a_pattern_that_is_none_or_too_much() -> None:
    assert without_fitting("a", "#", "\\") is None
    assert without_fitting("a" * 5000, "#", "*" * 5000) is None


@given(st.text())
def test_lines(text: str) -> None:
    assert "".join(lines_of(text)) == text
    assert all(line.endswith("\n") for line in lines_of(text)[:-1])


@given(st.text(alphabet="$A{}:-+?#%/'\"\\ <ab*", max_size=40))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    for read in (lambda: expand(text, VALUES.get), lambda: expand(text, VALUES.get, "`"), lambda: raw_words(text)):
        try:
            read()
        except LexError:
            continue
