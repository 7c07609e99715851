"""Alpine packages: their files, and why they are there, by apk's database and the world that was asked for."""

from pathlib import Path

import pytest
from builders import file, symlink
from hypothesis import given
from hypothesis import strategies as st
from owning import RUN, by_name, contents_at, inspected, packages_of

import layerscope
from layerscope.errors import DamagedError
from layerscope.packages.kit.alpine import parse_installed, parse_world, who_wants
from layerscope.report import PackageReport
from layerscope.rules import Choice

INSTALLED = "lib/apk/db/installed"
NO_RULES = Choice(ignore=("*",))


def told(name: str, *lines: str, version: str = "1.0-r0") -> str:
    return "\n".join((f"P:{name}", f"V:{version}", "A:x86_64", *lines)) + "\n"


def alpine(*packages: str, world: str | None = None, path: str = INSTALLED) -> list[bytes]:
    """Make apk's database."""
    members = [file(path, "\n".join(packages).encode())]
    return members if world is None else [*members, file("etc/apk/world", world.encode())]


def test_a_package_with_its_files() -> None:
    busybox = told("busybox", "F:bin", "R:busybox", "a:0:0:755", "Z:Q1x=", "R:sh", "F:", "R:motd", "F:etc", "R:gone")
    [package] = packages_of(
        RUN(
            "apk add busybox",
            *alpine(busybox, world="busybox\n"),
            file("bin/busybox", b"b" * 900),
            symlink("bin/sh", "/bin/busybox"),
            file("motd", b"m" * 7),
            file("etc/hostname", b"h"),
        )
    )

    assert package == PackageReport(
        manager="apk",
        name="busybox",
        version="1.0-r0",
        content_bytes=900 + len("/bin/busybox") + 7,
        layer=0,
        requested=True,
        reason="asked for by name",
        wanted_by=None,
        development=False,
        record=INSTALLED,
    )


def test_since_usr_was_merged_the_database_is_elsewhere_and_lists_name_links() -> None:
    [package] = packages_of(
        RUN(
            "apk add musl",
            *alpine(told("musl", "F:lib", "R:ld-musl.so.1"), path="usr/lib/apk/db/installed"),
            symlink("lib", "usr/lib"),
            file("usr/lib/ld-musl.so.1", b"m" * 60),
        )
    )

    assert (package.content_bytes, package.record) == (60, "usr/lib/apk/db/installed")


def test_who_dragged_it_in() -> None:
    packages = by_name(
        packages_of(
            RUN(
                "apk add …",
                *alpine(
                    told("curl", "D:so:libcurl.so.4 so:libc.so !busybox"),
                    told("libcurl", "D:brotli>=1 ca-certificates-bundle@edge", "p:so:libcurl.so.4=4.8"),
                    told("brotli"),
                    told("ca-certificates-bundle"),
                    told("musl", "p:so:libc.so=1"),
                    told("curl-doc", "i:curl=1.0-r0 docs"),
                    told("docs"),
                    told("curl-bash", "i:curl=1.0-r0 bash"),
                    told("busybox", "p:/bin/sh cmd:sh=1"),
                    world="curl=1.0-r0 docs@edge /bin/sh",
                ),
            )
        )
    )

    assert {name: (each.requested, each.reason, each.wanted_by) for name, each in packages.items()} == {
        "curl": (True, "asked for by name", None),
        "docs": (True, "asked for by name", None),
        "busybox": (True, "asked for by name", None),
        "libcurl": (False, "curl depends on it", "curl"),
        "musl": (False, "curl depends on it", "curl"),
        "brotli": (False, "libcurl depends on it, for curl", "libcurl"),
        "ca-certificates-bundle": (False, "libcurl depends on it, for curl", "libcurl"),
        "curl-doc": (False, "curl brings it along", "curl"),
        "curl-bash": (False, "nothing installed wants it any more", None),
    }
    assert not any(each.development for each in packages.values())


def test_what_only_building_needed() -> None:
    """``apk add --virtual`` makes a package that stands for all that was asked for with it."""
    packages = by_name(
        packages_of(
            RUN(
                "apk add python3 && apk add --virtual .build-deps gcc && apk add --virtual .run-deps libffi",
                *alpine(
                    told(".build-deps", "T:virtual meta package", "D:gcc zlib", version="20240102.030405"),
                    told(".run-deps", "T:virtual meta package", "D:libffi"),
                    told("gcc", "D:binutils zlib"),
                    told("binutils"),
                    told("zlib"),
                    told("python3", "D:zlib"),
                    told("libffi"),
                    world=".build-deps=20240102.030405 python3 .run-deps=1.0-r0",
                ),
            )
        )
    )

    assert {name: (each.requested, each.development, each.reason) for name, each in packages.items()} == {
        ".build-deps": (True, True, "asked for by name"),
        "gcc": (True, True, ".build-deps names it"),
        "binutils": (False, True, "gcc depends on it, for .build-deps"),
        "python3": (True, False, "asked for by name"),
        "zlib": (True, False, "python3 depends on it"),
        ".run-deps": (True, False, "asked for by name"),
        "libffi": (True, False, ".run-deps names it"),
    }


def test_where_nobody_noted_what_was_asked_for() -> None:
    packages = by_name(packages_of(RUN("apko", *alpine(told("app", "D:lib"), told("lib")))))

    assert (packages["app"].requested, packages["app"].reason) == (None, "")
    assert (packages["lib"].requested, packages["lib"].reason) == (None, "app depends on it")


def test_the_layer_is_that_which_first_told_of_the_version() -> None:
    """Each ``apk add`` writes the database anew."""
    packages = packages_of(
        RUN("base", *alpine(told("musl"), told("zlib"), told("gone"))),
        RUN("damage", *alpine("nothing")),
        RUN("upgrade zlib", *alpine(told("musl"), told("zlib", version="2.0-r0"))),
        RUN("add curl", *alpine(told("musl"), told("zlib", version="2.0-r0"), told("curl"))),
    )

    assert {package.name: package.layer for package in packages} == {"musl": 0, "zlib": 2, "curl": 3}


def test_a_database_that_lists_itself_is_no_package_of_another() -> None:
    packages = packages_of(RUN("x", *alpine(told("one", "F:lib/apk/db", "R:installed"), told("two"))))

    assert {package.name: package.content_bytes for package in packages} == {"one": 0, "two": 0}


@pytest.mark.parametrize(
    "text",
    [
        b"\0" * 600,
        b"no package at all",
        b"V:1\n\nP:\n",
        # One long name of a folder, and many files in it.
        b"P:a\nF:" + b"x" * 5_000 + b"\n" + b"R:y\n" * 1_000,
    ],
    ids=["no text", "no record", "no name", "paths without end"],
)
def test_a_broken_database_costs_its_own_answer(text: bytes) -> None:
    report = inspected(RUN("break", file(INSTALLED, text), file("usr/bin/x", b"x")))

    assert report.packages == ()
    [note] = report.notes
    assert note.startswith("Packages of apk were given up: apk's database ")


def test_an_empty_database_says_nothing() -> None:
    assert packages_of(RUN("x", file(INSTALLED, b"\n"))) == ()


word = st.sampled_from(["a", "b", "c", "so:a", "!a", "a=1", "=", "~", "@"])
line = st.builds(lambda letter, words: f"{letter}:{' '.join(words)}", st.sampled_from("PVTDpiFRx"), st.lists(word))
lines = st.lists(line | st.just("") | st.just("T:virtual meta package"), max_size=40).map("\n".join)


@given(lines.map(str.encode) | st.binary(max_size=200), lines.map(str.encode) | st.binary(max_size=50))
def test_whatever_the_database_says_everything_is_wanted_once_or_not_at_all(installed: bytes, world: bytes) -> None:
    try:
        packages = parse_installed(installed)
    except DamagedError:
        return
    wants = who_wants(packages, parse_world(world))
    names = {package.name for package in packages}

    assert wants.requested | wants.for_building | wants.all.keys() <= names
    for name in wants.all:
        way = [name]
        while by := wants.all[way[-1]].by:
            assert by not in way
            way.append(by)


def test_a_long_chain_and_many_that_provide_one_name_take_no_longer_than_the_text() -> None:
    chain = [told(f"p{n}", f"D:p{n + 1} so:x", "p:so:x", f"i:p{n - 1} so:x") for n in range(20_000)]
    packages = parse_installed("\n".join(chain).encode())

    assert len(who_wants(packages, ("p0",)).all) == 20_000


REAL = (
    "images/aboutcode-org_scancode.io__docker-mini-with-license-alpine@3d28bf5.tar.xz",
    "images/aboutcode-org_scancode.io__docker_alpine_3_15_4.tar.gz",
    "images/aquasecurity_fanal__alpine-310.tar.gz",
    "images/aquasecurity_fanal__alpine-311.tar.gz",
    "images/aquasecurity_fanal__analyzer_alpine@99e4876.tar.gz",
    "images/aquasecurity_fanal__docker_image3_gz_layers@1d3b788.tar",
    "images/chainguard-dev_apko__golden",
    "images/chainguard-dev_apko__golden@494bf50",
    "images/chainguard-dev_apko__golden@bed5f07",
    "images/snyk_snyk-docker-plugin__containerd-archives_alpine.tar",
    "tars/alpinelinux_docker-alpine__v3.10_x86_64_alpine-minirootfs-3.10.9-x86_64.tar.gz",
    "tars/alpinelinux_docker-alpine__v3.6_aarch64_alpine-minirootfs-3.6.5-aarch64.tar.gz",
    "tars/alpinelinux_docker-alpine__v3.6_ppc64le_alpine-minirootfs-3.6.5-ppc64le.tar.gz",
    "tars/dragonflyoss_nydus__texture_zran_bgzip.tar.gz",
)


@pytest.mark.parametrize("name", REAL)
def test_real_images_have_the_packages_that_their_databases_name(corpus: Path, name: str) -> None:
    """The format is documented (apk-package(5)): of each package a block of lines, P: the name and V: the version."""
    target = str(corpus / name)
    text = (contents_at(target, INSTALLED) or contents_at(target, f"usr/{INSTALLED}")).decode()
    blocks = [dict(line.split(":", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]

    report = layerscope.inspect(target, rules=NO_RULES)

    found = sorted((each.name, each.version) for each in report.packages if each.manager == "apk")
    assert found == sorted((block["P"], block["V"]) for block in blocks)
    assert found

    assert all(each.content_bytes > 0 for each in report.packages if each.name in ("musl", "busybox", "libcrypto1.1"))
