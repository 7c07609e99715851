import pytest
from builders import file, whiteout
from looking import RUN, Step, looked, reclaimable

from layerscope.rules.kit.rule import Severity


@pytest.mark.parametrize(
    "path",
    [
        "var/lib/dpkg/status",
        "var/cache/debconf/templates.dat",
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "lib/apk/db/installed",
        "etc/ld.so.cache",
        "var/log/apt/term.log",
        "var/log/dnf.rpm.log",
    ],
)
def test_books_written_again_are_found(path: str) -> None:
    [found] = looked("package-db-churn", RUN("a", file(path, b"1" * 100)), RUN("b", file(path, b"2" * 120)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (path,), 100)
    assert found.rule.severity is Severity.LOW


def test_books_with_the_same_contents_are_of_the_same_kind() -> None:
    steps = RUN("a", file("etc/ld.so.cache", b"1")), RUN("b", file("etc/ld.so.cache", b"1", mtime=9))

    assert len(looked("package-db-churn", *steps)) == 1
    assert looked("metadata-rewrite", *steps) == []


def test_deleted_books_and_other_files_are_not() -> None:
    removed = RUN("a", file("var/lib/dpkg/status", b"1")), RUN("b", whiteout("var/lib/dpkg/status"))

    assert looked("package-db-churn", *removed) == []
    assert len(looked("removed-later", *removed)) == 1
    assert looked("package-db-churn", RUN("a", file("etc/passwd", b"1")), RUN("b", file("etc/passwd", b"12"))) == []


def test_what_the_base_wrote_the_first_installation_writes_again_in_any_case() -> None:
    base = Step("/bin/sh -c #(nop) ADD file:00 in / ", (file("var/lib/dpkg/status", b"1"),), "")
    first, second = RUN("a", file("var/lib/dpkg/status", b"22")), RUN("b", file("var/lib/dpkg/status", b"333"))

    [found] = looked("package-db-churn", base, first, second)
    assert (found.finding.layer, found.in_base) == (1, False)
