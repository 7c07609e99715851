"""Debian packages: their files wherever they really stand, and why they are there."""

import pytest
from builders import file, folder, hardlink, long_name, symlink, whiteout
from owning import RUN, by_name, debian, inspected, packages_of, stanza

from layerscope.report import PackageReport

CURL_LIST = b"/.\n/usr\n/usr/bin\n/usr/bin/curl\n/usr/share/doc/curl/gone\n"


def test_a_package_with_its_files_and_its_books() -> None:
    [curl] = packages_of(
        RUN("debootstrap", folder("usr/bin"), file("etc/hostname", b"h")),
        RUN(
            "apt-get install curl",
            file("var/lib/dpkg/status", stanza("curl", Version="7.88.1-10").encode()),
            file("var/lib/dpkg/info/curl.list", CURL_LIST),
            file("var/lib/dpkg/info/curl.postinst", b"#!/bin/sh"),
            file("usr/bin/curl", b"c" * 900),
            file("usr/bin/other", b"o" * 5),
        ),
    )

    assert curl == PackageReport(
        manager="dpkg",
        name="curl",
        version="7.88.1-10",
        content_bytes=900 + len(CURL_LIST) + len("#!/bin/sh"),
        layer=1,
        requested=True,
        reason="apt did not note that another wanted it",
        wanted_by=None,
        development=False,
        record="var/lib/dpkg/info/curl.list",
    )


def weighed(*members: bytes, lists: dict[str, list[str]]) -> dict[str, int]:
    """Return package → content bytes of its files, without its books."""
    books = debian(*map(stanza, lists), lists=lists)
    packages = packages_of(RUN("apt-get install", *books, *members))
    own = {name: len("".join(f"/{path}\n" for path in paths)) for name, paths in lists.items()}
    return {package.name: package.content_bytes - own[package.name] for package in packages}


def test_lists_name_folders_that_are_links() -> None:
    """Since /usr was merged, /lib is a link; lists of older packages still say /lib."""
    merged = (symlink("lib", "usr/lib"), symlink("usr/lib64", "/lib"), symlink("var/run", "../run"))
    files = (file("usr/lib/libc.so.6", b"c" * 70), file("usr/lib/ld.so", b"l" * 30), file("run/motd", b"m" * 4))
    listed = ["lib/libc.so.6", "usr/lib64/ld.so", "var/run/motd", "lib"]

    assert weighed(*merged, *files, lists={"libc6": listed}) == {"libc6": 70 + 30 + 4 + len("usr/lib")}


def test_links_that_lead_nowhere_or_in_rings_are_passed_over() -> None:
    links = (
        symlink("a", "b"),
        symlink("b", "a"),
        symlink("up", "../../.."),
        long_name("x/" * 5000, flag=b"K") + symlink("long", "x"),
    )
    found = weighed(*links, file("srv/x", b"x" * 9), lists={"p": ["a/x", "up/srv/x", "long/x", "b/../srv/x"]})

    assert found == {"p": 9}


def test_a_file_that_two_packages_list_has_one_owner() -> None:
    lists = {"one": ["usr/share/both"], "two": ["usr/share/both"]}

    assert weighed(file("usr/share/both", b"b" * 10), lists=lists) == {"one": 10, "two": 0}


def test_hard_links_belong_to_who_owns_any_of_the_names() -> None:
    links = (file("usr/bin/perl", b"p" * 40), hardlink("usr/bin/perl5.36.0", "usr/bin/perl"))

    assert weighed(*links, lists={"perl": ["usr/bin/perl5.36.0"]}) == {"perl": 40}
    assert weighed(*links, lists={"perl": ["usr/bin/perl5.36.0", "usr/bin/perl"]}) == {"perl": 40}


def test_hard_links_whose_first_name_is_gone() -> None:
    [perl] = packages_of(
        RUN("one", file("first", b"p" * 40), hardlink("usr/bin/perl", "first")),
        RUN("two", whiteout("first"), *debian(stanza("perl"), lists={"perl": ["usr/bin/perl"]})),
    )

    assert perl.content_bytes == 40 + len("/usr/bin/perl\n")


def test_files_in_several_layers() -> None:
    """Bytes are those of the copies that stand; what is gone is not counted."""
    books = debian(stanza("p"), lists={"p": ["a", "b", "c"]})
    [package] = packages_of(
        RUN("install", *books, file("a", b"1" * 10), file("b", b"1" * 10), file("c", b"1" * 10)),
        RUN("change", file("a", b"2" * 25), whiteout("b")),
    )

    assert (package.content_bytes, package.layer) == (25 + 10 + len("/a\n/b\n/c\n"), 0)


def test_a_copy_of_the_books_does_not_install() -> None:
    """chown -R / writes all again; an upgrade writes another list."""
    books = debian(stanza("same"), stanza("up"), lists={"same": ["a"], "up": ["b"]})
    packages = packages_of(
        RUN("install", *books),
        RUN("chown -R", *debian(lists={"same": ["a"]})[1:]),
        RUN("upgrade", *debian(lists={"up": ["b", "new"]})[1:]),
    )

    assert {package.name: package.layer for package in packages} == {"same": 0, "up": 2}


def test_who_dragged_it_in() -> None:
    packages = by_name(
        packages_of(
            RUN(
                "apt-get install tool",
                *debian(
                    stanza("tool", Depends="library (>= 1) | other:any", Recommends="docs"),
                    stanza("library", Pre_Depends="virtual"),
                    stanza("provider", Provides="virtual (= 2)"),
                    stanza("docs", Depends="fonts"),
                    stanza("fonts"),
                    stanza("left"),
                    stanza("init", Priority="required"),
                    automatic=["library", "provider", "docs", "fonts", "left", "init"],
                ),
            )
        )
    )

    assert {name: (each.requested, each.reason, each.wanted_by) for name, each in packages.items()} == {
        "tool": (True, "asked for by name", None),
        "library": (False, "tool depends on it", "tool"),
        "provider": (False, "library depends on it, for tool", "library"),
        "docs": (False, "tool recommends it", "tool"),
        "fonts": (False, "docs depends on it, for tool", "docs"),
        "left": (False, "nothing installed wants it any more", None),
        "init": (False, "part of every system", None),
    }


def test_two_architectures_of_one_package() -> None:
    books = [stanza("libc6", Multi_Arch="same"), stanza("libc6", Multi_Arch="same", Architecture="i386")]
    lists = {"libc6:amd64": ["lib/amd64"], "libc6:i386": ["lib/i386"]}
    files = (file("lib/amd64", b"6" * 64), file("lib/i386", b"3" * 32))
    packages = packages_of(RUN("install", *debian(*books, lists=lists), *files))

    assert [(package.name, package.content_bytes) for package in packages] == [
        ("libc6", 64 + len("/lib/amd64\n")),
        ("libc6:i386", 32 + len("/lib/i386\n")),
    ]


def test_what_was_removed_is_not_there() -> None:
    removed = stanza("gone", Status="deinstall ok config-files")

    assert packages_of(RUN("purge", *debian(stanza("here"), removed)))[0].name == "here"
    assert len(packages_of(RUN("purge", *debian(stanza("here"), removed)))) == 1


def test_a_diverted_file_stands_elsewhere() -> None:
    diversions = file("var/lib/dpkg/diversions", b"/bin/sh\n/bin/sh.distrib\ndash\n")
    lists = {"bash": ["bin/sh"], "dash": ["bin/sh"]}

    assert weighed(diversions, file("bin/sh", b"d" * 3), file("bin/sh.distrib", b"b" * 8), lists=lists) == {
        "bash": 8,
        "dash": 3,
    }


def test_an_image_without_dpkg() -> None:
    """Distroless images say of each package what it says of itself, and nothing of what was asked for."""
    about = {"libc6": stanza("libc6"), "libssl3": stanza("libssl3", Depends="libc6 (>= 2.34)")}
    folder = "var/lib/dpkg/status.d"
    sums = b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/libc.so.6\n" + b"0" * 32 + b"  ./usr/lib/libm.so.6\n"
    packages = by_name(
        packages_of(
            RUN(
                "bazel",
                *(file(f"{folder}/{name}", text.encode()) for name, text in about.items()),
                file(f"{folder}/libc6.md5sums", sums),
                file("usr/lib/libc.so.6", b"c" * 60),
                file("usr/lib/libm.so.6", b"m" * 20),
            )
        )
    )

    assert packages["libc6"].content_bytes == 60 + 20 + len(sums) + len(about["libc6"])
    assert packages["libssl3"].content_bytes == len(about["libssl3"])
    assert (packages["libc6"].requested, packages["libc6"].reason) == (None, "libssl3 depends on it")
    assert (packages["libssl3"].requested, packages["libssl3"].reason) == (None, "")


@pytest.mark.parametrize("text", [b"\0" * 600, b"no stanza at all"])
def test_a_broken_database_costs_its_own_answer(text: bytes) -> None:
    report = inspected(RUN("break", file("var/lib/dpkg/status", text), file("usr/bin/x", b"x")))

    assert report.packages == ()
    assert report.totals.unowned_bytes == report.totals.kept_bytes
    [note] = report.notes
    assert note.startswith("Packages of dpkg were given up: dpkg's status ")
