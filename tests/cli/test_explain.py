"""Rules on the command line: what they mean, and which of them look."""

from pathlib import Path

from bare_process import Run
from test_process import on_terminal

from layerscope.rules import Severity, all_rules

PAGE = """\
removed-later
severity medium, confidence high

Files that one instruction writes and a later one deletes.

A layer is never changed by those above it: the deleting instruction adds a mark
that hides the file, and every pull carries the bytes on. Deleted in the
instruction that wrote it, a file never becomes part of a layer. What is moved
is deleted here and written once more there.

Move the deletion to the end of the RUN that writes the files; write what is
moved where it is wanted. What COPY brings and a later RUN only needs for itself
is better mounted there than copied: RUN --mount=type=bind.

Moved is what the deleting layer holds at another path with the same contents,
compared byte by byte. What a base image brought, no instruction of yours makes
smaller.
"""
LAST = "layerscope explain RULE tells what to do; patterns such as '*-cache' do."


def test_every_rule_is_listed_with_what_it_finds_those_that_matter_most_first(run: Run) -> None:
    column = max(len(each.name) for each in all_rules())
    rules = [
        f"{severity.capitalize()}\n"
        + "".join(f"  {each.name:{column}}  {each.summary}\n" for each in all_rules() if each.severity is severity)
        for severity in (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFORMATION)
    ]

    done = run("explain")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == "\n".join([*rules, f"{LAST}\n"])
    assert "Files that one instruction writes and a later one deletes.\n" in rules[1]


def test_on_a_terminal_the_list_is_as_wide_as_that() -> None:
    shown = on_terminal("explain", columns=60).splitlines()

    assert shown[0] == "\x1b[1mHigh\x1b[0m"
    assert any(line.startswith("  removed-later ") and line.endswith("…") and len(line) == 60 for line in shown)
    assert max(len(line) for line in shown if not line.startswith("\x1b")) <= 60


def test_the_page_of_a_rule_is_broken_into_lines(run: Run) -> None:
    assert run("explain", "removed-later", COLUMNS="80").stdout.decode() == PAGE


def test_commands_stay_whole_however_long(run: Run) -> None:
    narrow = run("explain", "poetry-cache", COLUMNS="40").stdout.decode().splitlines()

    assert "--mount=type=cache,target=/root/.cache/pypoetry/cache/repositories" in narrow
    assert max(len(line) for line in narrow if " " in line) <= 40


def test_where_the_terminal_knows_no_unicode_there_is_none(run: Run) -> None:
    done = run("explain", "pip-cache", PYTHONIOENCODING="ascii")

    assert done.stdout.isascii()
    assert b"pip install ...; or clean up" in b" ".join(done.stdout.split())


def test_several_names_and_patterns_each_page_once_in_the_order_asked_for(run: Run) -> None:
    pages = run("explain", "removed-later", "*-later", "apk-cache", COLUMNS="80").stdout.decode()

    assert pages.startswith(f"{PAGE}\noverwritten-later\n")
    assert pages.count("severity medium, confidence high") == 3
    assert pages.index("\n\noverwritten-later\n") < pages.index("\n\napk-cache\n")


def test_a_misspelt_rule_is_recognised(run: Run) -> None:
    done = run("explain", "removed-latr")

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"layerscope: 'removed-latr' is no rule\n  Did you mean removed-later?\n"


def test_a_part_of_a_name_names_the_first_that_have_it(run: Run) -> None:
    for arguments in (("explain", "apt"), ("inspect", "no-such-image.tar", "--select", "apt")):
        assert run(*arguments).stderr.endswith(b"Did you mean apt-archives or apt-lists or apt-recommends?\n")


def test_a_rule_like_no_other(run: Run) -> None:
    for name in ("zzz", "zzz*", ""):
        done = run("explain", "apt-lists", name)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode() == f"layerscope: {name!r} is no rule\n  layerscope explain lists the rules.\n"


def test_findings_stand_on_the_page_with_the_remedy_below(run: Run, image: Path) -> None:
    done = run("inspect", image, "--select", "overwritten-later", "--top", 1, LANG="C.UTF-8")

    page = done.stdout.decode()
    assert "  reclaimable   1.0 kB  by 1 finding\n" in page
    findings = page[page.index("Findings\n") : page.index("\n\nLargest folders")].splitlines()
    assert findings[1] == "  1.0 kB  overwritten-later  in 0 COPY"
    assert findings[2].startswith(
        "          Written by COPY app /app and overwritten by RUN configure; both copies are in"
    )
    assert findings[-2].startswith("          → ")


def test_an_unknown_rule_is_a_usage_error(run: Run, image: Path) -> None:
    done = run("inspect", image, "--select", "nonsense")

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"layerscope: 'nonsense' names no rule\n  layerscope explain lists the rules.\n"


def test_small_findings_are_left_out(run: Run, image: Path) -> None:
    assert b"Findings" not in run("inspect", image, "--select", "overwritten-later", "--min-bytes", 5000).stdout
