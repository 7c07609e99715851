"""The command is freed of shell and arguments, and never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.command import (
    DEFAULT_SHELLS,
    build_arguments,
    declared_shell,
    is_bare_shell,
    is_shell_command,
    without_arguments,
    without_shell,
)

BASH = "/bin/bash -o pipefail -c"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("|0 /bin/sh -c ls", "/bin/sh -c ls"),
        ("|1 A=b /bin/sh -c ls", "/bin/sh -c ls"),
        ("|1 A= /bin/sh -c ls", "/bin/sh -c ls"),
        ("|1 A=b c d /bin/sh -c ls", "/bin/sh -c ls"),
        ("|2 A=b c B=d e /bin/sh -c ls", "/bin/sh -c ls"),
        # A shell in a value: with too few pairs before it, it cannot be the command's.
        ("|2 A=x /bin/sh -c y B=2 /bin/sh -c ls", "/bin/sh -c ls"),
        # In the last value it can: the text is too long, and nothing is lost.
        ("|1 A=x /bin/sh -c y /bin/sh -c ls", "/bin/sh -c y /bin/sh -c ls"),
        # A shell in the command is not mistaken for the one before it.
        ("|1 A=b /bin/sh -c su -c /bin/sh -c ls", "/bin/sh -c su -c /bin/sh -c ls"),
        ("|1 A=b c /bin/sh -c B=1 su -c /bin/sh -c ls", "/bin/sh -c B=1 su -c /bin/sh -c ls"),
        # buildah counts words.
        (
            "|3 A=b c d /bin/sh -c X=1 Y=2 Z=3 su -c /bin/sh -c ls",
            "/bin/sh -c X=1 Y=2 Z=3 su -c /bin/sh -c ls",
        ),
        ("|2 A=b  /bin/sh -c ls", "/bin/sh -c ls"),
        # Several shells may stand there; the first one counts.
        (f"|1 A=b c {BASH} x | /bin/sh -c ls", f"{BASH} x | /bin/sh -c ls"),
        # Exec form: no shell, so that only the words can be counted.
        ("|1 A=b apt-get update", "apt-get update"),
        ("|1 A=b c apt-get update", "c apt-get update"),
        # No arguments.
        ("/bin/sh -c ls", "/bin/sh -c ls"),
        ("| grep x", "| grep x"),
        ("|x A=b ls", "|x A=b ls"),
        ("|-1 A=b ls", "|-1 A=b ls"),
        ("|² A=b c ls", "|² A=b c ls"),
        ("|\u0661 A=b ls", "|\u0661 A=b ls"),  # a digit to Unicode, not to Go
        ("|12345 A=b ls", "|12345 A=b ls"),
        ("|3 A=b c", "|3 A=b c"),
        ("|1", "|1"),
        ("", ""),
    ],
)
def test_arguments(command: str, expected: str) -> None:
    assert without_arguments(command, (BASH, *DEFAULT_SHELLS)) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", {}),
        ("|0 ", {}),
        ("|1 A= ", {"A": ""}),
        ("|2 A=b c B=d=e ", {"A": "b c", "B": "d=e"}),
        ("|1 CFLAGS=-O2 -DX=1 --y=2  ", {"CFLAGS": "-O2 -DX=1 --y=2 "}),
        ("|3 A=b c B=d ", {"A": "b c", "B": "d"}),  # buildah counts words
        # Which of the three are two would be a guess.
        ("|2 A=b C=c B=d ", {"": "A=b C=c B=d"}),
        ("|1 b A=c ", {"": "b A=c"}),
    ],
)
def test_names_and_values(before: str, expected: dict[str, str]) -> None:
    assert build_arguments(before) == expected


@pytest.mark.parametrize("count_words", [False, True], ids=["pairs", "words"])
@given(
    values=st.lists(st.text(alphabet="ab= /"), max_size=4) | st.lists(st.just("/bin/sh -c x"), max_size=3),
    command=st.text(alphabet="xy= |") | st.just("A=1 B=2 C=3 su -c /bin/sh -c ls"),
)
def test_no_command_is_ever_cut(*, count_words: bool, values: list[str], command: str) -> None:
    arguments = " ".join(f"K{index}={value}" for index, value in enumerate(values))
    number = len(arguments.split(" ")) if count_words and values else len(values)
    line = f"|{number} {arguments} /bin/sh -c {command}" if values else f"|0 /bin/sh -c {command}"
    rest = without_arguments(line, DEFAULT_SHELLS)
    assert rest.endswith(f"/bin/sh -c {command}")
    assert not values or len(rest) < len(line)
    if count_words and not any("/bin/sh" in value for value in values):
        assert rest == f"/bin/sh -c {command}"


def test_a_shell_is_taken_off_once_and_whole() -> None:
    assert without_shell("/bin/sh -c /bin/sh -c ls", DEFAULT_SHELLS) == "/bin/sh -c ls"
    assert without_shell("/bin/sh -cx", DEFAULT_SHELLS) == "/bin/sh -cx"
    assert without_shell("/bin/sh -c ", DEFAULT_SHELLS) == ""
    assert without_shell(f"{BASH} ls", (BASH,)) == "ls"


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        ("[/bin/bash -o pipefail -c]", BASH),
        ('["/bin/bash", "-o", "pipefail", "-c"]', BASH),
        ('["cmd", "/S", "/C"', None),
        ("[]", ""),
        ('["a" "b"]', '"a" "b"'),
        ("[\ud800]", "\ud800"),
        ("/bin/bash -c", None),
        ("", None),
    ],
)
def test_declared_shell(text: str, shell: str | None) -> None:
    assert declared_shell(text) == shell


@pytest.mark.parametrize(
    ("command", "runs", "bare"),
    [
        ("/bin/bash -o errexit -o nounset -o pipefail -c ls", True, False),
        ("/bin/sh -c", False, True),
        ("bash -l", False, True),
        ("pwsh.exe -NoProfile -Command Get-Item x", True, False),
        (r"C:\Windows\System32\cmd.exe /C dir", True, False),
        ("cmd /k", False, True),
        ("bash /install.sh", False, False),
        ("gcc -c x.c", False, False),
        ("grep -c x /bin/bash", False, False),
        ("bashful", False, False),
        ("", False, False),
    ],
)
def test_shells(command: str, *, runs: bool, bare: bool) -> None:
    assert (is_shell_command(command), is_bare_shell(command)) == (runs, bare)
