import pytest
from builders import file, hardlink, whiteout
from looking import COPY, RUN, looked, reclaimable

PAGE = b"p" * 120_000


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/bash/README",
        "usr/share/man/man1/bash.1.gz",
        "usr/share/info/bash.info.gz",
        "usr/share/locale/de/LC_MESSAGES/bash.mo",
        "usr/share/lintian/overrides/bash",
        "usr/share/gnome/help/gedit/de/a.xml",
    ],
)
def test_what_slim_images_leave_out_is_found(path: str) -> None:
    [found] = looked("docs-and-locales", RUN("apt-get install", file(path, PAGE), file("usr/bin/bash", PAGE)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (path,), 120_000)


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/bash/copyright",
        "usr/share/doc/packages/bash/LICENSE.txt",
        "usr/share/locale/locale.alias",
        "usr/share/locale/currency/EUR",
        "usr/share/gnome/help/gedit/C/a.xml",
        "usr/share/perl/5.36/a.pm",
    ],
)
def test_what_slim_images_keep_is_not(path: str) -> None:
    assert looked("docs-and-locales", RUN("apt-get install", file(path, PAGE))) == []


def test_little_is_not_worth_a_word_and_what_is_gone_is_others_matter() -> None:
    assert looked("docs-and-locales", RUN("a", file("usr/share/man/a", b"p" * 99_000))) == []
    assert (
        looked("docs-and-locales", RUN("a", file("usr/share/man/a", PAGE)), RUN("b", whiteout("usr/share/man"))) == []
    )


def test_a_page_that_is_linked_from_elsewhere_frees_nothing() -> None:
    members = file("usr/share/man/a", PAGE), hardlink("opt/a", "usr/share/man/a")

    assert looked("docs-and-locales", RUN("a", *members)) == []


def test_the_remedy_is_the_package_managers() -> None:
    page = file("usr/share/man/man1/a.1", PAGE)

    def remedy(*others: bytes) -> str:
        return looked("docs-and-locales", RUN("a", page, *others))[0].finding.remedy

    assert "path-exclude=/usr/share/%s/*" in remedy(file("var/lib/dpkg/status", b"s"))
    assert "tsflags=nodocs" in remedy(file("var/lib/rpm/rpmdb.sqlite", b"s"))
    assert remedy().endswith("RUN … && rm -rf /usr/share/man.")
    dpkg, groff = file("var/lib/dpkg/status", b"s"), file("usr/share/groff/a", b"g")
    assert r"/%s/*\n' doc groff info locale man >" in remedy(dpkg, groff)
    assert "what is copied" in looked("docs-and-locales", COPY("a /usr", page, dpkg))[0].finding.remedy
    assert "what is copied" in looked("docs-and-locales", COPY("a /usr", page))[0].finding.remedy


def test_what_no_package_brought_no_setting_of_dpkg_keeps_out() -> None:
    page, dpkg = file("usr/local/share/man/man1/a.1", PAGE), file("var/lib/dpkg/status", b"s")
    [found] = looked("docs-and-locales", RUN("make install", page, dpkg))

    assert found.finding.remedy.endswith("RUN … && rm -rf /usr/local/share/man.")
