"""Which commands a shell would start, told from the text of an instruction."""

import shlex
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.shell import Command, commands, operands, script_of, subcommand


def words(text: str) -> list[str]:
    return [" ".join(command.words) for command in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apt-get update && apt-get install -y curl", ["apt-get update", "apt-get install -y curl"]),
        ("a; b\nc || d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("a \\\n  b", ["a b"]),
        ("A=1 B='x y' make", ["make"]),
        ("if ! test -f x; then make; fi", ["test -f x", "make"]),
        ("sudo -E env -i A=1 make", ["make"]),
        ("for x in a b; do make $x; done", ["for x in a b", "make $x"]),
        ("(cd a && b)", ["cd a", "b"]),
        ("a # not; this\nb#this", ["a", "b#this"]),
        ("#a\n;#b", []),
        ("echo 'a; b' \"c && d\" e\\ f", ["echo a; b c && d e f"]),
        ("a 2>&1 >b <c 3>>d e", ["a e"]),
        ("exec java $(cat opts) -jar x", ["cat opts", "exec java $(…) -jar x"]),
        ("a $(b $(c) d) && e", ["c", "b $(…) d", "a $(…)", "e"]),
        ("a $(b", ["b", "a $(…)"]),
        ("case x in y) a;; esac", ["case x in y", "a", "esac"]),
        ("cat <<EOF >x && a\nno command\nEOF\nb", ["cat", "a", "b"]),
        ("cat <<-'A' <<B\nx\n\tA\ny\nB\nb", ["cat", "b"]),
        ("cat <<EOF\nnever ended", ["cat"]),
        ("sh <<EOF\na\nEOF", ["sh", "a", "EOF"]),
        ("cat <<<x\na", ["cat", "a"]),
        ('bash -euo pipefail -c "a && b" && c', ["a", "b", "c"]),
        ("bash -c apt-get update && c", ["apt-get update", "c"]),
        ("bash -c 'bash -c \"a\"'", ["bash -c a"]),
        ("bash x.sh", ["bash x.sh"]),
        ("it's", ["it s"]),
        ("", []),
    ],
)
def test_commands_are_found_with_their_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_what_ends_a_command_and_where_it_writes() -> None:
    assert commands("sh -c 'a >x' | /bin/b 2>>y &\n(c)") == (
        Command(("a",), "|", ("x",)),
        Command(("/bin/b",), "&", ("y",)),
        Command(("c",), ")"),
    )
    assert commands("/bin/b")[0].program == "b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("apt-get install -y curl", True),
        ("apt-get -y -o Acquire::Retries=3 install curl", True),
        ("npm --prefix app install", True),
        ("apt-get update install", False),
        ("npm run install", False),
        ("apt-get -y", False),
    ],
)
def test_what_a_program_is_told_to_do(text: str, told: bool) -> None:
    [command] = commands(text)

    assert subcommand(command, {"install"}) is told


def test_operands_are_no_options() -> None:
    assert operands(commands("pip install -q --no-cache-dir a b")[0]) == ["install", "a", "b"]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (["/bin/sh", "-c", "x"], 2),
        (["/bin/bash", "-o", "pipefail", "-c", "x", "y"], 4),
        (["bash", "-lc", "x"], 2),
        (["/bin/sh", "-c"], None),
        (["bash", "script.sh"], None),
        (["node", "-c", "x"], None),
        ([], None),
    ],
)
def test_where_a_shells_script_stands(line: list[str], at: int | None) -> None:
    assert script_of(line) == at


@given(st.lists(st.text(), max_size=6))
def test_quoted_words_come_back_as_they_were(given_words: list[str]) -> None:
    [command] = commands(shlex.join(["program", *given_words]))

    assert command.words == ("program", *given_words)


@given(st.text(alphabet=" ab=-\\\n\t\r\"'`#&|;()<>$2{}!é\x00\ud800", max_size=200))
def test_any_text_is_read(text: str) -> None:
    for command in commands(text):
        assert command.words
        assert command.after in ("&&", "||", ";;", ";", "|", "|&", "&", "\n", "(", ")", "")


@pytest.mark.parametrize(
    "piece", ['"', "'", "\\", "`", "<<a\n", "<<a ", "$(", "a$(", "(", "bash -c ", "'\\\"", "0", "-"]
)
def test_hostile_text_takes_time_by_its_length(piece: str) -> None:
    started = process_time()
    commands(piece * 100_000)

    assert process_time() - started < 3
