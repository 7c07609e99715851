"""Settings from files, as a person meets them: the command, in a folder."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bare_process import BARE

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

Ask = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def ask(image: Path) -> Ask:
    """Inspect the image in a folder; what the command says of rules is in the settings alone."""

    def asks(folder: Path, *arguments: str, home: Path | str = "/nonexistent") -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "layerscope", "inspect", str(image), "--format", "json", *arguments]
        env = BARE | {"HOME": str(home)}
        return subprocess.run(command, capture_output=True, env=env, cwd=folder, check=False)

    return asks


def found(done: "subprocess.CompletedProcess[bytes]") -> list[str]:
    assert (done.returncode, done.stderr) == (0, b"")
    return [each["rule"] for each in json.loads(done.stdout)["findings"]]


def put(folder: Path, text: str, name: str = "layerscope.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


IGNORED = 'ignore = ["overwritten-*"]\n'
OURS = "[tool.layerscope]\n" + IGNORED
OTHERS = "[tool.other]\nabout = 'layerscope'\n"


def test_without_a_file_every_rule_looks(ask: Ask, tmp_path: Path) -> None:
    assert found(ask(tmp_path)) == ["overwritten-later"]


@pytest.mark.parametrize(("name", "text"), [("layerscope.toml", IGNORED), ("pyproject.toml", OURS)])
def test_a_file_of_the_folder_or_above_is_read(ask: Ask, tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, text, name)
    below = put(tmp_path / "a" / "b", OTHERS, "pyproject.toml")

    assert found(ask(tmp_path)) == []
    assert found(ask(below)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('select = ["overwritten-later"]', 1),
        ('select = ["removed-later"]', 0),
        ("min-bytes = 1000", 1),
        ("min-bytes = 1001", 0),
        ("", 1),
    ],
)
def test_every_key_does_what_its_option_does(ask: Ask, tmp_path: Path, text: str, told: int) -> None:
    assert len(found(ask(put(tmp_path, text)))) == told


def test_the_nearest_file_counts_and_no_other(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, IGNORED)

    assert found(ask(put(tmp_path / "a", "min-bytes = 1"))) == ["overwritten-later"]


def test_in_one_folder_the_file_of_our_own_wins(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, OURS, "pyproject.toml")
    assert found(ask(put(tmp_path, "min-bytes = 1"))) == ["overwritten-later"]


@pytest.mark.parametrize("stop", [".git", ".hg"])
def test_nothing_is_read_from_outside_the_repository(ask: Ask, tmp_path: Path, stop: str) -> None:
    put(tmp_path, IGNORED)
    (tmp_path / "repository" / "a").mkdir(parents=True)
    (tmp_path / "repository" / stop).touch()  # of a submodule or a worktree it is a file

    assert found(ask(tmp_path / "repository" / "a")) == ["overwritten-later"]
    put(tmp_path / "repository", IGNORED)
    assert found(ask(tmp_path / "repository" / "a")) == []


def test_nothing_is_read_from_above_the_home(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, IGNORED)
    (tmp_path / "home" / "a").mkdir(parents=True)

    assert found(ask(tmp_path / "home" / "a", home=tmp_path / "home")) == ["overwritten-later"]
    put(tmp_path / "home", IGNORED)
    assert found(ask(tmp_path / "home" / "a", home=tmp_path / "home")) == []


def test_the_command_line_wins_key_by_key(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, 'select = ["removed-later"]\nignore = ["overwritten-later"]\nmin-bytes = 5000')

    assert found(ask(tmp_path, "--select", "*-later")) == []
    assert found(ask(tmp_path, "--select", "*-later", "--ignore", "removed-later")) == []
    assert found(ask(tmp_path, "--select", "*-later", "--ignore", "removed-later", "--min-bytes", "0")) == [
        "overwritten-later"
    ]


def test_a_file_that_is_named_is_read_instead(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, "broken")
    put(tmp_path, IGNORED, "other.toml")
    put(tmp_path / "a", OURS, "pyproject.toml")

    assert found(ask(tmp_path, "--config", "other.toml")) == []
    assert found(ask(tmp_path, "--config", "a/pyproject.toml")) == []
    assert found(ask(tmp_path, "--config", "/dev/null")) == ["overwritten-later"]
    assert found(ask(tmp_path, "--no-config")) == ["overwritten-later"]


OTHERWISE = "Name another file with --config FILE, or read none with --no-config."
EACH = 'For example ignore = ["apt-lists", "*-cache"], min-bytes = 100_000, include-base = true.'


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("min_bytes = 3", ": min_bytes is no setting", "Did you mean min-bytes?"),
        ("ignroe = []", ": ignroe is no setting", "Did you mean ignore?"),
        ("[colours]", ": colours is no setting", "There are select, ignore, min-bytes, include-base."),
        ('select = "apt-lists"', ": select: expected a list, got a text", EACH),
        ('ignore = ["apt-lists", 3]', ": ignore[1]: expected a text, got a whole number", EACH),
        ("min-bytes = '1 MB'", ": min-bytes: expected a whole number, got a text", EACH),
        ("min-bytes = -1", ": min-bytes: expected a whole number >= 0", EACH),
        ("min-bytes = true", ": min-bytes: expected a whole number, got bool", EACH),
        ("min-bytes = 1979-05-27", ": min-bytes: expected a whole number, got date", EACH),
        ('ignore = ["apt-lsits"]', ": 'apt-lsits' names no rule", "Did you mean apt-lists?"),
        ("select =", " is no TOML: invalid value (at end of document)", OTHERWISE),
        ("a = " + "[" * 99_999, " is no TOML: it is nested too deeply", OTHERWISE),
        ("#" * (1 << 20) + "#", " is larger than settings are (1,048,576 bytes)", OTHERWISE),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(
    ask: Ask, tmp_path: Path, text: str, complaint: str, hint: str
) -> None:
    done = ask(put(tmp_path, text))

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"layerscope: {tmp_path}/layerscope.toml{complaint}\n  {hint}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tool.layerscope = 3", "pyproject.toml: tool.layerscope: expected a table, got a whole number"),
        (
            "[tool.layerscope]\nmin-bytes = ''",
            "pyproject.toml: tool.layerscope.min-bytes: expected a whole number, got",
        ),
        ("[tool.layerscope.a]", "pyproject.toml: tool.layerscope.a is no setting"),
        ("layerscope", "pyproject.toml is no TOML: "),
    ],
)
def test_in_a_shared_file_the_whole_key_is_named(ask: Ask, tmp_path: Path, text: str, complaint: str) -> None:
    done = ask(put(tmp_path, text, "pyproject.toml"))

    assert done.returncode == 2
    assert complaint in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--config", "none.toml"], "cannot read none.toml: No such file or directory\n  " + OTHERWISE),
        (["--config", "."], "cannot read .: Is a directory\n  " + OTHERWISE),
        (["--config", "pyproject.toml"], "pyproject.toml has no [tool.layerscope]\n  " + OTHERWISE),
        (["--config", "latin.toml"], "latin.toml is no TOML: it is not UTF-8\n  " + OTHERWISE),
        (["--config", "a", "--no-config"], "--config and --no-config exclude each other\n  Leave one of them out."),
    ],
)
def test_a_file_that_was_named_must_be_one(ask: Ask, tmp_path: Path, arguments: list[str], complaint: str) -> None:
    put(tmp_path, OTHERS, "pyproject.toml")
    (tmp_path / "latin.toml").write_bytes(b"# gr\xf6\xdfe")

    done = ask(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"layerscope: {complaint}\n"


def test_files_of_others_may_be_broken(ask: Ask, tmp_path: Path) -> None:
    put(tmp_path, "[tool.other", "pyproject.toml")
    os.mkfifo(tmp_path / "layerscope.toml")  # nobody will ever write to it

    assert found(ask(tmp_path)) == ["overwritten-later"]


def test_a_folder_that_is_gone_has_no_settings(ask: Ask, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"mkdir '{gone}'; cd '{gone}'; rmdir '{gone}'; exec \"$@\""

    done = ask(tmp_path)
    command = ["sh", "-c", script, "sh", *done.args]
    told = subprocess.run(command, capture_output=True, env=BARE, cwd=tmp_path, check=False)

    assert found(told) == ["overwritten-later"]


def test_the_examples_of_the_page_hold(ask: Ask, tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    examples = re.findall(r"```toml\n# (\S+)\n(.*?)```", page, re.DOTALL)

    told = [found(ask(put(tmp_path / str(at), text, name))) for at, (name, text) in enumerate(examples)]

    assert [name for name, _ in examples] == ["layerscope.toml", "pyproject.toml"]
    assert told == [[], []]
    assert re.findall(r"^\| `(\S+)`", page, re.MULTILINE) == ["select", "ignore", "min-bytes", "include-base"]


def test_whether_the_base_counts_is_said_by_file_or_command_line(tmp_path: Path) -> None:
    from layerscope.cli.kit.options import RuleOptions
    from layerscope.cli.kit.settings import chosen_rules

    path = tmp_path / "layerscope.toml"
    path.write_text("include-base = true")
    for option, counts in ((None, True), (False, False), (True, True)):
        assert chosen_rules(RuleOptions(include_base=option, config=str(path))).include_base is counts
    assert chosen_rules(RuleOptions(no_config=True)).include_base is False
