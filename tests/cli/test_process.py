"""The command as a process: what it prints where, and how it ends."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from bare_process import BARE, Run

from layerscope.render import formats

TABLE = """\
app:latest  linux/amd64  f8707bae72e1

  content      4.5 kB  3 instructions, 2 layers, 3 entries
  stored      20.5 kB  as blobs
  wasted       1.0 kB  1.0 kB overwritten
  efficiency    77.8%

Instructions
  #   bytes              wasted  instruction
  0  4.0 kB  ███████▌░░  1.0 kB  COPY app /app
  1                              CMD ["/app/größe"]
  2   500 B  █▎                  RUN configure

Largest folders
  3.5 kB  /app

Largest files
  3.0 kB  0 COPY  /app/größe\\xff.bin
   500 B  2 RUN   /app/conf

Most wasted
  written by 0 COPY app /app, overwritten by 2 RUN configure
    1.0 kB  /app/conf
"""


def on_terminal(*arguments: object, columns: int = 80, **environment: str) -> str:
    """Run the command with a terminal for its standard output."""
    ours, theirs = pty.openpty()
    env = BARE | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environment
    subprocess.run([sys.executable, "-m", "layerscope", *map(str, arguments)], stdout=theirs, env=env, check=True)
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65536):
            written += piece
    except OSError:  # how Linux tells that the other side is closed
        pass
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def test_the_table(run: Run, image: Path) -> None:
    done = run("inspect", image)
    assert (done.stdout.decode(), done.stderr, done.returncode) == (TABLE, b"", 0)


@pytest.mark.parametrize("environment", [{"LANG": "C"}, {"LC_ALL": "C"}, {"PYTHONUTF8": "1"}])
def test_a_poor_locale_changes_nothing(run: Run, image: Path, environment: dict[str, str]) -> None:
    assert run("inspect", image, **environment).stdout.decode() == TABLE


def test_where_only_ascii_can_be_shown(run: Run, image: Path) -> None:
    done = run("inspect", image, PYTHONIOENCODING="ascii")
    assert (done.stderr, done.returncode) == (b"", 0)
    assert b'CMD ["/app/gr\\u00f6\\u00dfe"]' in done.stdout.splitlines()[10]
    assert done.stdout.isascii()


@pytest.mark.parametrize("environment", [{}, {"PYTHONIOENCODING": "ascii"}, {"LANG": "C"}])
def test_json_is_utf8_everywhere(run: Run, image: Path, environment: dict[str, str]) -> None:
    report = json.loads(run("inspect", image, "--format", "json", **environment).stdout.decode("utf-8"))
    assert report["files"][0]["path"] == "app/größe\ufffdff.bin"
    assert report["instructions"][1]["text"] == '["/app/größe"]'


@pytest.mark.parametrize("columns", [40, 200])
def test_the_terminal_decides_the_width(image: Path, columns: int) -> None:
    text = on_terminal("inspect", image, "--no-trunc", columns=columns, NO_COLOR="1")
    assert ("█" * 8 in text) == (columns == 200)


def test_colour_on_a_terminal(image: Path) -> None:
    assert "\x1b[1mapp:latest\x1b[0m" in on_terminal("inspect", image)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(image: Path, environment: dict[str, str]) -> None:
    assert on_terminal("inspect", image, "--ignore", "*", columns=100, **environment) == TABLE


def test_a_row_is_a_line_on_the_narrowest_terminal() -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "example" / "tidewatch.tar.xz"
    page = on_terminal("inspect", fixture, columns=40, NO_COLOR="1").partition("Instructions\n")[2]
    rows = page.partition("\n\n")[0].splitlines()
    assert len(rows) == 17
    assert max(map(len, rows)) <= 40


def test_an_empty_no_color_means_nothing(image: Path) -> None:
    assert "\x1b[1m" in on_terminal("inspect", image, NO_COLOR="")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["bogus"], "No such command 'bogus'.", "Try 'layerscope --help'."),
        (["app.tar"], "No such command 'app.tar'.", "Try 'layerscope inspect app.tar'."),
        (["-a.b"], "No such option: -a", "Try 'layerscope --help'."),
        (["inspect"], "Missing argument 'TARGET'.", "Try 'layerscope inspect --help'."),
        (["inspect", "x", "--nonsense"], "No such option: --nonsense", "Try 'layerscope inspect --help'."),
        (
            ["inspect", "x", "--format", "x\x1b[31m"],
            rf"Invalid value for '--format' / '-f': 'x\x1b[31m' is none of {', '.join(formats())}",
            "Try 'layerscope inspect --help'.",
        ),
        (
            ["why", "x", "/", "--top"],
            "Option '--top' requires an argument.",
            "Try 'layerscope why --help'.",
        ),
        (
            ["inspect", "x", "--top", "few"],
            "Invalid value for '--top': 'few' is not a whole number.",
            "Try 'layerscope inspect --help'.",
        ),
        (
            ["cache"],
            "Missing argument 'info|clear|prune'. Choose from: info, clear, prune",
            "Try 'layerscope cache --help'.",
        ),
        (
            ["inspect", "x", "-o", "no/such/file"],
            "cannot write no/such/file: there is no such folder",
            "Choose another place with --output FILE.",
        ),
        (
            ["inspect", "x", "-o", "."],
            "cannot write .: it is a folder",
            "Choose another place with --output FILE.",
        ),
    ],
)
def test_usage_errors_are_two_lines(run: Run, arguments: list[str], message: str, hint: str) -> None:
    done = run(*arguments)
    assert (done.stdout, done.stderr.decode(), done.returncode) == (
        b"",
        f"layerscope: {message}\n  {hint}\n",
        2,
    )


def test_an_image_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "\x1b[31m\nx.tar").write_bytes(b"nothing of an image" * 100)
    done = run("inspect", "./\x1b[31m\nx.tar")
    assert (done.stdout, done.returncode) == (b"", 3)
    assert len(done.stderr.splitlines()) <= 2
    assert done.stderr.startswith(rb"layerscope: ")
    assert rb"\x1b[31m\nx.tar" in done.stderr
    assert b"\x1b" not in done.stderr


def test_standard_input(run: Run, image: Path) -> None:
    done = run("inspect", "-", "--format", "json", stdin=image.read_bytes())
    assert json.loads(done.stdout)["totals"]["content_bytes"] == 4500


@pytest.mark.parametrize("arguments", [["inspect", "app.tar"], ["inspect", "app.tar", "-f", "json"], ["--help"]])
def test_a_reader_that_leaves(image: Path, arguments: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "layerscope", *arguments]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, env=BARE, cwd=image.parent, check=False)
    os.close(theirs)
    assert (done.stderr, done.returncode) == (b"", 128 + signal.SIGPIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk(image: Path) -> None:
    command = [sys.executable, "-m", "layerscope", "inspect", str(image)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=BARE, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"layerscope: cannot write to standard output: No space left on device\n")


def test_closed_streams(image: Path) -> None:
    command = f'"{sys.executable}" -m layerscope inspect "{image}"'
    done = subprocess.run(["sh", "-c", f"{command} >&-"], capture_output=True, env=BARE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"layerscope: cannot write to standard output: it is closed\n  Send it to a file: > FILE\n"
    image.write_bytes(b"no image")
    done = subprocess.run(["sh", "-c", f"{command} 2>&-"], capture_output=True, env=BARE, check=False)
    assert (done.stdout, done.returncode) == (b"", 3)


def test_output_goes_to_the_file_whole(run: Run, image: Path, tmp_path: Path) -> None:
    old = tmp_path / "report.txt"
    old.write_text("old")
    old.chmod(0o640)
    (tmp_path / "link").symlink_to(old)
    done = run("inspect", image, "--output", "link", PYTHONIOENCODING="ascii")
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)
    assert old.read_text("utf-8") == TABLE
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.tar", "link", "report.txt"]


def test_a_device_is_written_not_replaced(run: Run, image: Path) -> None:
    assert run("inspect", image, "--output", "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()
    assert run("inspect", image, "--output", "/dev/stdout").stdout.decode() == TABLE
    assert run("inspect", image, "--output", "-").stdout.decode() == TABLE


def test_nothing_is_left_of_a_failed_output(run: Run, image: Path, tmp_path: Path) -> None:
    image.write_bytes(b"no image")
    assert run("inspect", image, "--output", "report.txt").returncode == 3
    assert [path.name for path in tmp_path.iterdir()] == ["app.tar"]


IMPORTED = "import sys; from layerscope.__main__ import main; main(); sys.stderr.write(' '.join(sys.modules))"


def imported(image: Path, *arguments: str) -> set[str]:
    """Names of the modules that a command line loads."""
    command = [sys.executable, "-c", IMPORTED, *arguments]
    env = {name: value for name, value in BARE.items() if not name.startswith("COV")}
    done = subprocess.run(command, capture_output=True, env=env, cwd=image.parent, check=True)
    return {name.partition(".")[0] for name in done.stderr.decode().split()}


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"], ["--version"]])
def test_plain_questions_load_nothing(image: Path, arguments: list[str]) -> None:
    heavy = {"typer", "rich", "msgspec", "docker", "tabulate", "humanize", "pathlib"}
    assert not imported(image, *arguments) & heavy


def test_json_loads_nothing_of_the_table(image: Path) -> None:
    assert not imported(image, "inspect", "app.tar", "--format", "json") & {
        "tabulate",
        "humanize",
        "rich",
        "docker",
    }


def test_the_table_loads_neither_progress_nor_engine(image: Path) -> None:
    assert not imported(image, "inspect", "app.tar") & {"rich", "docker"}


def test_completion(run: Run) -> None:
    done = run(_LAYERSCOPE_COMPLETE="complete_bash", COMP_WORDS="layerscope insp", COMP_CWORD="1")
    assert done.stdout == b"inspect\n"
    done = run(_LAYERSCOPE_COMPLETE="complete_bash", COMP_WORDS="layerscope inspect --format js", COMP_CWORD="3")
    assert done.stdout == b"json\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_help_on_a_full_disk() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "layerscope", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=BARE, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_packages_on_demand(run: Run, image: Path) -> None:
    with_packages = run("inspect", image, "--packages").stdout.decode()
    assert "\nIn no package  3.5 kB\n  3.5 kB  /app\n" in with_packages

    report = json.loads(run("inspect", image, "--format", "json").stdout)
    assert (report["packages"], report["totals"]["unowned_bytes"]) == ([], report["totals"]["kept_bytes"])
    report = json.loads(run("inspect", image, "--format", "json", "--no-packages").stdout)
    assert (report["packages"], report["unowned"], report["totals"]["unowned_bytes"]) == ([], [], None)
