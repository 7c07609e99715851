"""Statements, their lines, flags, heredocs; as BuildKit's own parser has them; and the file can be written again."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.dockerfile import Dockerfile, Heredoc, Statement, load, parse
from layerscope.build.dockerfile.syntax import LIMIT
from layerscope.errors import UsageError

FIXTURES = Path(__file__).parents[2] / "fixtures"
KEPT = sorted(
    [
        *FIXTURES.glob("contexts/*/*ockerfile*"),
        *FIXTURES.glob("contexts/*/Containerfile"),
        *FIXTURES.glob("example/Dockerfile"),
    ]
)


def plain(keyword: str, text: str, first: int, last: int | None = None) -> Statement:
    """A statement without flags and heredocs."""
    return Statement(keyword, (), text, text, (), first, last or first)


def parsed(text: str) -> Dockerfile:
    return parse(text.encode("utf-8", "surrogateescape"))


def statements(text: str) -> tuple[Statement, ...]:
    return parsed(text).statements


CASES = {
    "keyword in any case, blanks around": ("  fRoM \t a \n", (plain("FROM", "a", 1),)),
    "no newline at the end": ("FROM a", (plain("FROM", "a", 1),)),
    "windows": ("FROM a\r\nRUN b \\\r\n  c\r\n", (plain("FROM", "a", 1), plain("RUN", "b   c", 2, 3))),
    "a byte order mark": ("\ufeffFROM a\n", (plain("FROM", "a", 1),)),
    "comments and empty lines": (
        "\n# x\nFROM a\n\n  # y\nRUN b # no comment\n",
        (plain("FROM", "a", 3), plain("RUN", "b # no comment", 6)),
    ),
    "lines that go on": ("RUN a \\\n  && b \\  \n&& c\n", (plain("RUN", "a   && b && c", 1, 3),)),
    "a comment within": ("RUN a \\\n # x\n# y \\\n b\nRUN c\n", (plain("RUN", "a  b", 1, 4), plain("RUN", "c", 5))),
    "empty lines within": ("RUN a \\\n\n  \n b\n", (plain("RUN", "a  b", 1, 4),)),
    "an escaped escape goes on nowhere": ("RUN a \\\\\nRUN b\n", (plain("RUN", "a \\\\", 1), plain("RUN", "b", 2))),
    "going on past the end": ("RUN a \\\n", (plain("RUN", "a", 1),)),
    "an escape alone on the first line": ("\\\nRUN a\n", (plain("RUN", "a", 1, 2),)),
    "another escape": (
        "# escape=`\nRUN a `\n  b\\\nRUN c\n",
        (plain("RUN", "a   b\\", 2, 3), plain("RUN", "c", 4)),
    ),
    "a directive after a comment is a comment": (
        "# x\n# escape=`\nRUN a `\nRUN b\n",
        (plain("RUN", "a `", 3), plain("RUN", "b", 4)),
    ),
    "a directive after an unknown one is a comment": (
        "# a=b\n# escape=`\nRUN a `\nRUN b\n",
        (plain("RUN", "a `", 3), plain("RUN", "b", 4)),
    ),
    "flags": (
        "COPY --from=build --chown='a b' \\\n  --link a b\n",
        (
            Statement(
                "COPY",
                ("--from=build", "--chown=a b", "--link"),
                "a b",
                "--from=build --chown='a b'   --link a b",
                (),
                1,
                2,
            ),
        ),
    ),
    "flags end at two dashes": ("RUN -- --x a\n", (Statement("RUN", (), "--x a", "-- --x a", (), 1, 1),)),
    "flags end at the first word": ("RUN a --x\n", (plain("RUN", "a --x", 1),)),
    "a heredoc": (
        "RUN <<EOF\na\n  # no comment \\\n\nEOF\nRUN b\n",
        (
            Statement("RUN", (), "<<EOF", "<<EOF", (Heredoc("EOF", "a\n  # no comment \\\n\n", True, False),), 1, 5),
            plain("RUN", "b", 6),
        ),
    ),
    "a heredoc with tabs": (
        "RUN <<-EOF\n\ta\n\t\tEOF\n",
        (Statement("RUN", (), "<<-EOF", "<<-EOF", (Heredoc("EOF", "\ta\n", True, True),), 1, 3),),
    ),
    "a heredoc after a space": (
        "RUN << EOF\na\nEOF\n",
        (Statement("RUN", (), "<< EOF", "<< EOF", (Heredoc("EOF", "a\n", True, False),), 1, 3),),
    ),
    "several heredocs": (
        'COPY --chmod=1 <<X <<"Y" /d/\nY\nX\nb\r\nY\r\n',
        (
            Statement(
                "COPY",
                ("--chmod=1",),
                '<<X <<"Y" /d/',
                '--chmod=1 <<X <<"Y" /d/',
                (Heredoc("X", "Y\n", True, False), Heredoc("Y", "b\r\n", False, False)),
                1,
                5,
            ),
        ),
    ),
    "a heredoc of a file descriptor": (
        "RUN 3<<'E' cat <&3\na\nE\n",
        (Statement("RUN", (), "3<<'E' cat <&3", "3<<'E' cat <&3", (Heredoc("E", "a\n", False, False),), 1, 3),),
    ),
    "a heredoc announced on a line that goes on": (
        "RUN cat <<E && \\\n  ls\na\nE\n",
        (Statement("RUN", (), "cat <<E &&   ls", "cat <<E &&   ls", (Heredoc("E", "a\n", True, False),), 1, 4),),
    ),
    "a heredoc on build": (
        "ONBUILD RUN <<E\na\nE\n",
        (Statement("ONBUILD", (), "RUN <<E", "RUN <<E", (Heredoc("E", "a\n", True, False),), 1, 3),),
    ),
    "no heredoc elsewhere": ("ENV A=<<E\nUSER a\n", (plain("ENV", "A=<<E", 1), plain("USER", "a", 2))),
    "no heredoc in a list": (
        'RUN ["cat", "<<E"]\nUSER a\n',
        (plain("RUN", '["cat", "<<E"]', 1), plain("USER", "a", 2)),
    ),
    "no heredoc in quotes": ('RUN echo "<<E"\nUSER a\n', (plain("RUN", 'echo "<<E"', 1), plain("USER", "a", 2))),
    "no heredoc within a word": ("RUN cat<<E\nUSER a\n", (plain("RUN", "cat<<E", 1), plain("USER", "a", 2))),
    "no heredoc but a here-string": ("RUN cat <<<E\nUSER a\n", (plain("RUN", "cat <<<E", 1), plain("USER", "a", 2))),
    "no heredoc but arithmetic": (
        "RUN echo $((1 << 2))\nUSER a\n",
        (plain("RUN", "echo $((1 << 2))", 1), plain("USER", "a", 2)),
    ),
    "no heredoc where quotes stay open": (
        "RUN echo ' <<E\nUSER a\n",
        (plain("RUN", "echo ' <<E", 1), plain("USER", "a", 2)),
    ),
    "bytes that are no UTF-8": ("RUN \udce9\n", (plain("RUN", "\udce9", 1),)),
    "nothing": ("", ()),
    "nothing after the keyword": ("RUN\n", (plain("RUN", "", 1),)),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_statements(text: str, expected: tuple[Statement, ...]) -> None:
    assert statements(text) == expected
    assert "".join(parsed(text).lines) == text


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_kept_files_are_read_from_disk(path: Path) -> None:
    dockerfile = load(str(path))
    assert dockerfile.name == str(path)
    assert "".join(dockerfile.lines).encode() == path.read_bytes()
    assert "FROM" in {each.keyword for each in dockerfile.statements[:2]}
    for statement in dockerfile.statements:
        assert dockerfile.source(statement).lstrip().startswith(statement.keyword)


def test_a_place() -> None:
    dockerfile = parse(b"FROM a\nRUN b \\\n  c\n", "docker/web.Dockerfile")
    places = [str(dockerfile.location(each)) for each in dockerfile.statements]
    assert places == ["docker/web.Dockerfile:1", "docker/web.Dockerfile:2-3"]


def test_directives() -> None:
    dockerfile = parsed("# syntax = docker/dockerfile:1\n#Escape=`\n# check=skip=all\nFROM a\n")
    assert dockerfile.directives == (("syntax", "docker/dockerfile:1"), ("escape", "`"), ("check", "skip=all"))
    assert dockerfile.escape == "`"


@pytest.mark.parametrize(
    ("text", "words", "listed"),
    [
        ('CMD ["a", "b c"]', ("a", "b c"), True),
        ("CMD []", (), True),
        ('COPY ["a b", "/c"]', ("a b", "/c"), True),
        ("COPY a \t b", ("a", "b"), False),
        ("RUN ['a']", ("['a']",), False),
        ('RUN ["a", 1]', ('["a",', "1]"), False),
        ('RUN ["\udce9"]', ('["\udce9"]',), False),
        ('USER ["a"]', ('["a"]',), False),
    ],
)
def test_lists(text: str, words: tuple[str, ...], *, listed: bool) -> None:
    (statement,) = statements(text)
    assert statement.words == words
    assert (statement.exec_form is not None) == listed


def test_the_contents_of_a_heredoc() -> None:
    (statement,) = statements("RUN <<-A <<B\n\t\ta\n b\n\tA\n\tc\nB\n")
    assert [each.contents for each in statement.heredocs] == ["a\n b\n", "\tc\n"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"FROM a\n\nFOO b\n", "Dockerfile:3: 'FOO' is no Dockerfile instruction"),
        (b"FROM a\nRUN b\nline\n", "Dockerfile:3: 'line' is no Dockerfile instruction"),
        (b"\\\n", "Dockerfile:1: '' is no Dockerfile instruction"),
        (b"FROM a\nRUN <<EOF\nb\n", "Dockerfile:2: the heredoc 'EOF' has no end"),
        (b"# escape=x\n", "Dockerfile: the escape character may be \\ or `, not 'x'"),
        (b"# escape=`\n# ESCAPE=`\n", "Dockerfile:2: only one escape directive can be used"),
        ("FROM a\n".encode("utf-16"), "Dockerfile: holds a NUL byte, so it is no text in UTF-8"),
        (b"#" * (LIMIT + 1), "Dockerfile: larger than a Dockerfile may be (1,048,576 bytes)"),
    ],
)
def test_what_no_builder_takes(data: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "why"), [("", "Is a directory"), ("none", "No such file or directory"), ("a\0b", "embedded null")]
)
def test_what_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        load(str(tmp_path / name))


# --- Laws ---------------------------------------------------------------------------------------------------

PIECES = [
    *("FROM a", "RUN ", "COPY ", "ADD ", "ONBUILD ", "ENV A=b", "CMD ", "# escape=`", "# syntax=x", "#", "\\", "`"),
    *("\n", "\r\n", " ", "\t", "<<EOF", "<<-E", "<<'E'", '<<"E"', "EOF", "E", "<", "$", "${", "}", "'", '"'),
    *("--from=a", "--", "[", '["a"]', "\ufeff", "\udcff"),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=24).map("".join)


def as_file(text: str) -> bytes:
    return (
        text.encode("utf-8", "surrogatepass")
        if any("\ud800" <= char < "\udc80" for char in text)
        else text.encode("utf-8", "replace")
    )


@given(TEXTS)
def test_the_lines_are_the_file(text: str) -> None:
    data = as_file(text)
    try:
        dockerfile = parse(data)
    except UsageError:
        return
    assert "".join(dockerfile.lines).encode("utf-8", "surrogateescape") == data
    last = 0
    for statement in dockerfile.statements:
        assert last < statement.first_line <= statement.last_line <= len(dockerfile.lines)
        assert dockerfile.source(statement)
        last = statement.last_line


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(UsageError):
        assert "".join(parse(data).lines).encode("utf-8", "surrogateescape") == data


LARGE = {
    "instructions": b"RUN\n" * 250_000,
    "heredocs that never end": b"RUN << a\n" * 100_000,
    "heredocs": b"RUN <<a\na\n" * 90_000,
    "heredocs on a line": b"RUN " + b"<< a " * 200_000,
    "a line that goes on": b"RUN a \\\n" * 100_000,
    "quotes": b"RUN <<a " + b"'" * 1_000_000 + b"\na\n",
    "variables": b"RUN <<a " + b"${a:-" * 200_000 + b"\na\n",
    "flags": b"RUN " + b"--a " * 250_000,
    "lists": b"RUN " + b"[" * 1_000_000,
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE.keys())
def test_hostile_files_take_no_time(data: bytes) -> None:
    start = time.process_time()
    with suppress(UsageError):
        parse(data)
    assert time.process_time() - start < 10
