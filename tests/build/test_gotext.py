"""Go's formatting undone, and left alone where it is not exactly Go's."""

import pytest

from layerscope.build.gotext import as_written

TIMING = r""""30s" "0s" "0s" '\x00'}"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"""&{["CMD-SHELL" "a \"b\"\tc\\n"] "0s" "0s" "0s" '\x00'}""", 'CMD a "b"\tc\\n'),
        (r"""&{["CMD" "curl" "x"] "9s" "3s" "5s" "1s" '\x03'}""",
         '--interval=9s --timeout=3s --start-period=5s --start-interval=1s --retries=3 CMD ["curl", "x"]'),
        (rf"""&{{["NONE"] {TIMING}""", "--interval=30s NONE"),
        (rf"""&{{[] {TIMING}""", "--interval=30s"),
        (r"""&{["NONE"] "0s" "0s" "0s" '0'}""", "--retries=48 NONE"),
        (r"""&{["NONE"] "0s" "0s" "0s" '\''}""", "--retries=39 NONE"),
        (r"""&{["NONE"] "0s" "0s" "0s" '\u0100'}""", "--retries=256 NONE"),
        (rf"""&{{["CMD-SHELL" "\u00e9\U0001f600\x41"] {TIMING}""", "--interval=30s CMD é😀A"),
        # Not text: a byte that was no UTF-8, half a surrogate pair, beyond Unicode.
        (rf"""&{{["CMD-SHELL" "\xff\ud8ff\U00110000"] {TIMING}""",
         r"--interval=30s CMD \xff\ud8ff\U00110000"),
        ("NONE", "NONE"),
        ("--interval=5s CMD x", "--interval=5s CMD x"),
        (rf"""&{{["CMD-SHELL" "x] {TIMING}""", rf"""&{{["CMD-SHELL" "x] {TIMING}"""),
        (rf"""["CMD-SHELL" "x"] {TIMING}""", rf"""["CMD-SHELL" "x"] {TIMING}"""),
        (r"""&{["NONE"] "0s" '\x00'}""", r"""&{["NONE"] "0s" '\x00'}"""),
    ],
)  # fmt: skip
def test_health_check(text: str, expected: str) -> None:
    assert as_written("HEALTHCHECK", text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("CMD", '["a" "b c"]', '["a", "b c"]'),
        ("CMD", '["a", "b"]', '["a", "b"]'),
        ("CMD", "[./allo]", "[./allo]"),
        ("CMD", '["a" ]', '["a" ]'),
        ("ENTRYPOINT", '&{["a" "b"]}', '["a", "b"]'),
        ("ENTRYPOINT", "&{[]", "&{[]"),
        ("EXPOSE", "map[80/tcp:{}]", "80/tcp"),
        ("EXPOSE", "map[]", ""),
        ("EXPOSE", "80", "80"),
        ("VOLUME", "[/a", "[/a"),
        ("VOLUME", "/a", "/a"),
        ("LABEL", '["a" "b"]', '["a" "b"]'),
        ("SHELL", "[/bin/bash -c]", "[/bin/bash -c]"),
    ],
)
def test_the_other_kinds(kind: str, text: str, expected: str) -> None:
    assert as_written(kind, text) == expected
