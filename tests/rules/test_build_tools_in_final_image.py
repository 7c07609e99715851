"""The rule that speaks of the multi-stage proposal: found where it saves enough, with its bytes; silent elsewhere."""

from pathlib import Path

import pytest
from builders import file
from looking import COPY, RUN, Step, archive_of
from splitting import base, debian, package, program

import layerscope
from layerscope.report import FindingReport
from layerscope.rules import Choice

RULE = "build-tools-in-final-image"
GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000}, Section="devel", Depends="libc6, cpp")
CPP = package("cpp", {"usr/bin/cpp": b"c" * 90_000}, Section="devel")
STEPS = (
    RUN("apt-get install gcc", *debian((GCC, CPP), ["cpp"]), file("var/lib/apt/lists/x", b"l" * 7_000)),
    COPY("main.c /src/", file("src/main.c", b"m" * 50)),
    RUN("gcc -o /opt/app /src/main.c", file("opt/app", program("libc.so.6"), mode=0o755)),
)


def found(tmp_path: Path, *steps: Step, packages: bool = True) -> tuple[FindingReport, ...]:
    reports = []
    for compressed in (False, True):
        path = tmp_path / "image.tar"
        path.write_bytes(archive_of(steps, {"Cmd": ["/opt/app"]}, compressed=compressed))
        reports.append(layerscope.inspect(str(path), rules=Choice(select=(RULE,)), packages=packages))
    assert reports[0].findings == reports[1].findings
    if reports[0].findings:
        assert reports[0].totals.reclaimable_bytes == layerscope.split(str(path)).proposals[0].saved_bytes
    return reports[0].findings


def test_what_only_the_building_needs_is_found_with_what_the_proposal_saves(tmp_path: Path) -> None:
    [finding] = found(tmp_path, *base(), *STEPS)

    assert finding.rule == RULE
    assert finding.severity == "medium"
    assert finding.layer == 1
    assert finding.in_base is False
    assert finding.message == "the image holds what only its building needs: gcc, cpp, /src"
    assert finding.paths[:3] == ("usr/bin/gcc", "usr/bin/cpp", "var/lib/apt/lists/x")
    assert 4_097_000 < finding.reclaimable_bytes < 4_098_000


@pytest.mark.parametrize(
    "steps",
    [
        [*base(), STEPS[2]],
        [*base([GCC, CPP]), STEPS[2]],
        STEPS,
    ],
    ids=["no tools", "tools of the base", "no base known"],
)
def test_where_there_is_nothing_to_leave_behind_nothing_is_said(tmp_path: Path, steps: list[Step]) -> None:
    assert found(tmp_path, *steps) == ()


def test_where_packages_are_not_looked_for_nothing_is_said(tmp_path: Path) -> None:
    assert found(tmp_path, *base(), *STEPS, packages=False) == ()
