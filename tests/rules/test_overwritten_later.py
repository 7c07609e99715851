from builders import file, folder, header, padded, symlink
from looking import COPY, RUN, Step, looked, reclaimable

from layerscope.rules.kit.rule import Confidence


def test_other_contents_at_the_same_path_are_found_with_both_layers() -> None:
    [found] = looked(
        "overwritten-later",
        COPY("app.conf /etc/", file("etc/app.conf", b"1" * 100), file("etc/kept", b"k")),
        RUN("sed -i s/1/2/ /etc/app.conf", file("etc/app.conf", b"2" * 100)),
    )

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, ("etc/app.conf",), 100)
    assert "COPY app.conf /etc/" in found.finding.message
    assert "RUN sed -i" in found.finding.message
    assert found.finding.confidence is None


def test_each_pair_of_layers_is_a_finding_of_its_own() -> None:
    found = looked(
        "overwritten-later",
        RUN("a", file("a", b"1" * 10), file("b", b"1" * 20)),
        RUN("b", file("a", b"22")),
        RUN("c", file("a", b"333"), file("b", b"3")),
    )

    assert sorted((each.finding.layer, reclaimable(each)) for each in found) == [(0, 10), (0, 20), (1, 2)]


def test_what_became_a_folder_or_another_link_is_overwritten_too() -> None:
    [found] = looked(
        "overwritten-later",
        RUN("a", file("a", b"1" * 10), symlink("link", "target")),
        RUN("b", folder("a"), symlink("link", "tarball")),
    )

    assert reclaimable(found) == 16


def test_what_cannot_be_compared_is_less_sure() -> None:
    # GNU's sparse format: one stretch of 5 bytes in a file of 10.
    raw = {386: b"%011o\0%011o\0" % (5, 5), 483: b"%011o\0" % 10}
    sparse = header("a", flag=b"S", size=5, magic=b"ustar  \0", raw=raw) + padded(b"12345")

    [found] = looked("overwritten-later", RUN("a", sparse), RUN("chown 1 a", sparse))

    assert found.finding.confidence is Confidence.MEDIUM


def test_the_same_contents_and_the_books_of_package_managers_are_others_matter() -> None:
    before = RUN("a", file("a", b"1" * 10), file("var/lib/dpkg/status", b"1"), symlink("link", "target"))
    after = RUN("b", file("a", b"1" * 10, uid=1), file("var/lib/dpkg/status", b"22"), symlink("link", "target"))

    assert looked("overwritten-later", before, after) == []


def test_the_remedy_fits_who_wrote() -> None:
    one, other = file("a", b"1"), file("a", b"22")

    assert ".dockerignore" in looked("overwritten-later", COPY("a /", one), COPY(". /", other))[0].finding.remedy
    assert "do not let RUN" in looked("overwritten-later", RUN("a", one), COPY(". /", other))[0].finding.remedy
    assert "RUN … && …" in looked("overwritten-later", RUN("a", one), RUN("b", other))[0].finding.remedy
    assert "--from=" in looked("overwritten-later", COPY("a /", one), RUN("b", other))[0].finding.remedy


def test_what_the_base_brought_cannot_be_joined_with_what_overwrites_it() -> None:
    base = Step("/bin/sh -c #(nop) ADD file:00 in / ", (file("usr/lib/a", b"1" * 50),), "")
    [found] = looked("overwritten-later", base, RUN("apt-get upgrade", file("usr/lib/a", b"22")))

    assert (found.in_base, found.finding.layer) == (True, 0)
    assert found.finding.remedy.startswith("Leave it as it is, or begin with a base image that has it in this form")


def test_nor_can_what_an_engine_imported() -> None:
    [found] = looked(
        "overwritten-later",
        Step("", (file("etc/a", b"1" * 50),), "Imported from -"),
        RUN("a", file("etc/a", b"22")),
    )

    assert found.finding.remedy.startswith("Leave it as it is, or begin with a base image that has it in this form")
