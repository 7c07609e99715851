"""Rules on the command line: what they mean, and which of them look."""

from pathlib import Path

from conftest import Run


def test_every_rule_is_listed_with_what_it_finds(run: Run) -> None:
    done = run("explain")

    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines == sorted(lines)
    expected = ["removed-later", "medium", "Files that one instruction writes and a later one deletes."]
    assert expected in [line.split(maxsplit=2) for line in lines]


def test_the_page_of_a_rule(run: Run) -> None:
    done = run("explain", "removed-later")

    page = done.stdout.decode()
    assert page.startswith("removed-later\nseverity medium, confidence high\n\nFiles that one instruction writes")
    assert "Move the deletion to the end of the RUN" in page


def test_a_misspelt_rule_is_recognised(run: Run) -> None:
    done = run("explain", "removed-latr")

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"layerscope: 'removed-latr' is no rule\n  Did you mean removed-later?\n"


def test_a_rule_like_no_other(run: Run) -> None:
    assert run("explain", "zzz").stderr.endswith(b"  layerscope explain lists the rules.\n")


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
    assert done.stderr == b"layerscope: 'nonsense' names no rule\n  layerscope explain lists them.\n"


def test_small_findings_are_left_out(run: Run, image: Path) -> None:
    assert b"Findings" not in run("inspect", image, "--select", "overwritten-later", "--min-bytes", 5000).stdout
