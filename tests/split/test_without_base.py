"""The second proposal, on no base at all: for static programs, and for those whose libraries are all that they need."""

from collections.abc import Sequence
from typing import Any

import pytest
from builders import file, symlink
from elf_files import linked
from splitting import RUN, debian, last_stage, library, package, program, split

GO = package("golang-go", {"usr/lib/go/bin/go": b"g" * 5_000_000}, Section="devel")
CERTIFICATES = package("ca-certificates", {"usr/share/ca-certificates/a.crt": b"a" * 90}, Section="misc")


def go(entrypoint: list[str], *more: bytes, **config: object) -> list[str]:
    steps = (
        RUN(
            "apt-get install golang-go ca-certificates",
            *debian((GO, CERTIFICATES)),
            file("etc/ssl/certs/ca-certificates.crt", b"c" * 200),
        ),
        RUN("go build", file("usr/local/bin/app", linked(padding=6000), mode=0o755), *more),
    )
    recipe = "FROM x\nRUN apt-get install golang-go ca-certificates\nRUN go build\n"
    report = split(recipe, *steps, run={"Entrypoint": entrypoint, "Env": ["PATH=/usr/local/bin"], **config})
    return [last_stage(each) for each in report.proposals]


def test_a_static_program_needs_no_base() -> None:
    same, nothing = go(["app"], User="nobody")

    assert "install-recommends ca-certificates " in same
    assert nothing == (
        "FROM scratch\n"
        "COPY --from=build /etc/passwd /etc/passwd\n"
        "COPY --from=build /etc/ssl /etc/ssl\n"
        "COPY --from=build /usr/local /usr/local\n"
        "ENV PATH=/usr/local/bin\n"
        "USER nobody\n"
        'ENTRYPOINT ["app"]\n'
    )


def test_one_that_is_started_by_a_shell_needs_one() -> None:
    shell = go(["/bin/sh", "-c", "app"])
    checked = go(["app"], Healthcheck={"Test": ["CMD-SHELL", "true"]})

    assert list(map(len, (shell, checked))) == [1, 1]


Z = package("libz", {"usr/lib/libz.so.1.2": library("libz.so.1", "libc.so.6")}, Section="libs")
LINK = symlink("usr/lib/libz.so.1", "libz.so.1.2")


def kinds(
    app: bytes, *more: bytes, packages: Sequence[Any] = (Z,), run: dict[str, Any] | None = None
) -> dict[str, str]:
    names = " ".join(each["Package"] for each in packages)
    automatic = [each["Package"] for each in packages]
    steps = (
        RUN(f"apt-get install golang-go {names}", *debian((GO, *packages), automatic), LINK),
        RUN("go build", file("opt/app", app, mode=0o755), *more),
    )
    recipe = f"FROM x\nRUN apt-get install golang-go {names}\nRUN go build\n"
    report = split(recipe, *steps, run=run or {"Cmd": ["/opt/app"]})
    return {each.kind: each.dockerfile.partition("AS build\n")[2] for each in report.proposals}


def test_a_program_comes_with_its_loader_and_libraries_and_the_links_to_them() -> None:
    text = kinds(program("libz.so.1", "libc.so.6"))["multi-stage-scratch"]

    assert text.partition("\n\n")[2] == (
        "# What is copied, made ready: without what only building needs, its hard links in one folder.\n"
        "FROM build AS pruned\n"
        "USER root\n"
        "RUN cd / \\\n    && mkdir /copied \\\n    && cp -a --parents -- \\\n"
        "        lib/libc.so.6 \\\n        lib64/ld-linux-x86-64.so.2 \\\n        opt \\\n"
        "        usr/lib/libz.so.1 \\\n        usr/lib/libz.so.1.2 \\\n        /copied/\n"
        "\nFROM scratch\n"
        "COPY --from=pruned /copied/ /\n"
        'CMD ["/opt/app"]\n'
    )


def test_libraries_that_are_found_by_the_loaders_cache_come_with_it() -> None:
    own = file("usr/local/lib/libown.so.1", library("libown.so.1", "libc.so.6"), mode=0o755)
    text = kinds(program("libown.so.1"), own, file("etc/ld.so.cache", b"c" * 90))["multi-stage-scratch"]

    assert "/etc/ld.so.cache /etc/ld.so.cache\n" in text
    assert "etc/ld.so.cache" not in kinds(program("libz.so.1"))["multi-stage-scratch"]


def test_a_program_that_is_linked_to_over_a_folders_link_comes_with_that() -> None:
    text = kinds(
        program("libc.so.6", interpreter="/lib32/ld.so.2"),
        symlink("lib32", "lib64"),
        file("lib64/ld.so.2", library("ld.so.2"), mode=0o755),
    )["multi-stage-scratch"]

    assert " lib32 " in text


DATA = package("libz-data", {"usr/share/z/table": b"t" * 500}, Section="libs")
COPYRIGHT = package("libz-base", {"usr/share/doc/libz-base/copyright": b"t" * 500}, Section="libs")
NEEDS_DATA = package("libz", Z.files, Section="libs", Depends="libz-data")
NEEDS_COPYRIGHT = package("libz", Z.files, Section="libs", Depends="libz-base")


def test_a_library_whose_package_depends_on_data_needs_a_base() -> None:
    assert list(kinds(program("libz.so.1"), packages=(NEEDS_DATA, DATA))) == ["multi-stage"]
    assert len(kinds(program("libz.so.1"), packages=(NEEDS_COPYRIGHT, COPYRIGHT))) == 2


@pytest.mark.parametrize("name", ["dlopen", "dlmopen", "iconv_open", "my_dlopen", "system", "popen"])
def test_whatever_may_open_libraries_by_name_needs_a_base(name: str) -> None:
    opens = package("libz", {"usr/lib/libz.so.1.2": library("libz.so.1", imports=[name])}, Section="libs")

    assert list(kinds(program("libc.so.6", imports=[name]))) == ["multi-stage"]
    assert list(kinds(program("libz.so.1"), packages=(opens,))) == ["multi-stage"]
    assert len(kinds(program("libc.so.6", imports=[f"{name}_not"]))) == 2


@pytest.mark.parametrize(
    ("app", "more"),
    [
        (program("libc.so.6", "libgone.so.1"), ()),  # what it needs is missing
        (b"#!/opt/tool\n" + b"x" * 5000, (file("opt/tool", program("libc.so.6"), mode=0o755),)),
        (program("libc.so.6"), (file("opt/script", b"#!/bin/sh\ntrue\n", mode=0o755),)),  # a shell is needed beside it
    ],
)
def test_where_more_may_be_needed_there_has_to_be_a_base(app: bytes, more: Sequence[bytes]) -> None:
    assert list(kinds(app, *more)) == ["multi-stage"]


def test_what_is_left_behind_needs_nothing() -> None:
    """Tools that an instruction changed go with their package, and with them what they want."""
    tools = package("golang-go", {**GO.files, "usr/bin/gofmt": b"f", "usr/bin/go": b"l"}, Section="devel")
    changed = (
        file("usr/bin/gofmt", program("libgone.so.1"), mode=0o755),
        file("usr/bin/go", b"#!/bin/sh\nexec /usr/lib/go/bin/go\n", mode=0o755),
    )
    steps = (
        RUN("apt-get install golang-go", *debian((tools,))),
        RUN("go build", *changed, file("opt/app", program("libc.so.6"), mode=0o755)),
    )
    report = split("FROM x\nRUN apt-get install golang-go\nRUN go build\n", *steps, run={"Cmd": ["/opt/app"]})

    assert [each.kind for each in report.proposals] == ["multi-stage", "multi-stage-scratch"]
    assert not any("libgone" in note for note in report.notes)


def test_what_is_asked_for_by_name_may_be_needed() -> None:
    less = package("less", {"usr/bin/less": program("libc.so.6")}, Section="text")
    steps = (
        RUN("apt-get install golang-go less", *debian((GO, less))),
        RUN("go build", file("opt/app", program("libc.so.6"), mode=0o755)),
    )
    report = split("FROM x\nRUN apt-get install golang-go less\nRUN go build\n", *steps, run={"Cmd": ["/opt/app"]})

    assert [each.kind for each in report.proposals] == ["multi-stage"]


def test_what_is_uncertain_of_it_alone_is_said() -> None:
    """A variable of the base's is to be set again, and a link takes all to one folder, whosever it is."""
    steps = (
        RUN("apt-get install golang-go libz", *debian((GO, Z), ["libz"]), LINK),
        RUN("go build", file("opt/app", program("libz.so.1"), mode=0o755, uid=5)),
    )
    config = {"Cmd": ["/opt/app"], "Env": ["A=1\n2"]}
    report = split("FROM x\nRUN apt-get install golang-go libz\nRUN go build\n", *steps, run=config)

    assert report.notes[-3:] == (
        "ENV 'A' holds what no line of a Dockerfile can: set it otherwise.",
        (
            "Files of several owners are copied with one instruction: BuildKit keeps their owners, the classic builder "
            "gives all to root."
        ),
        (
            "On scratch the program has the libraries that it is linked with, and nothing else of the system: no "
            "shell, no /tmp, no locales, no time zones unless tzdata was asked for."
        ),
    )


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("etc/ssl/certs/ca-certificates.crt", ["multi-stage"]),  # programs verify by it: it is copied
        ("usr/share/bundle.crt", ["multi-stage", "multi-stage-scratch"]),
    ],
)
def test_what_is_too_small_a_saving_is_not_spoken_of(path: str, made: list[str]) -> None:
    bundle = package("bundle", {path: b"c" * 3_000_000}, Section="devel")
    steps = (
        RUN("apt-get install bundle", *debian((bundle,))),
        RUN("go build", file("opt/app", program("libc.so.6"), mode=0o755)),
    )
    report = split("FROM x\nRUN apt-get install bundle\nRUN go build\n", *steps, run={"Cmd": ["/opt/app"]})

    assert [each.kind for each in report.proposals] == made
    assert any(note.startswith("On scratch ") for note in report.notes) == (len(made) == 2)


def test_the_bundle_of_certificates_may_be_named_by_a_variable() -> None:
    bundle = package("authorities", {"opt/ca.pem": b"c" * 90}, Section="misc")
    steps = (
        RUN("apt-get install golang-go", *debian((GO,))),
        RUN("go build", file("app", linked(padding=6000), mode=0o755)),
    )
    config = {"Cmd": ["/app"], "Env": ["SSL_CERT_FILE=/opt/ca.pem"]}
    report = split("FROM x\nRUN apt-get install golang-go\nRUN go build\n", *steps, run=config, in_base=(bundle,))

    assert "COPY --from=build /opt /opt\n" in last_stage(report.proposals[1])


def test_a_generator_of_sites_serves_building_unless_it_is_started() -> None:
    mkdocs = package("mkdocs", {"usr/bin/mkdocs": program(padding=2_000_000)}, Section="text")
    steps = (RUN("apt-get install mkdocs", *debian((mkdocs,))), RUN("mkdocs build", file("srv/index.html", b"i")))
    recipe = "FROM x\nRUN apt-get install mkdocs\nRUN mkdocs build\n"

    assert "mkdocs" not in last_stage(split(recipe, *steps, run={"Cmd": ["sh"]}).proposals[0])
    assert split(recipe, *steps, run={"Cmd": ["mkdocs", "serve"]}).proposals == ()
