"""Programs that Go built, by what its linker notes in them."""

from builders import file, hardlink, whiteout
from elf_files import go_notes, linked
from owning import RUN, debian, packages_of, stanza

from layerscope.report import PackageReport

LEAST = 500_000


def program(*lines: str, version: str = "go1.22.3", size: int = LEAST) -> bytes:
    return linked(notes=go_notes(version, *lines), padding=size)


TOOL = program("path\texample.com/tool/cmd/run", "mod\texample.com/tool\tv1.4.0\th1:x=")
LOCAL = program("path\texample.com/local", "mod\texample.com/local\t(devel)\t")
BARE = program("path\texample.com/bare")


def test_a_program_is_a_package() -> None:
    [package] = packages_of(RUN("go build", file("app/run", TOOL, mode=0o755)))

    assert package == PackageReport(
        manager="go",
        name="example.com/tool",
        version="v1.4.0",
        content_bytes=len(TOOL),
        layer=0,
        requested=None,
        reason="",
        wanted_by=None,
        development=False,
        record="app/run",
    )


def test_programs_without_a_version_or_a_module() -> None:
    old = program(version="go1.16").replace(b"\x08\x02", b"\x08\x00", 1)
    members = (file("b/local", LOCAL, mode=0o755), file("b/bare", BARE, mode=0o755), file("b/old", old, mode=0o755))
    packages = packages_of(RUN("go build", *members))

    assert sorted((each.name, each.version) for each in packages) == [
        ("example.com/bare", ""),
        ("example.com/local", "(devel)"),
        ("old", ""),
    ]


def test_what_go_itself_came_with_is_one_package() -> None:
    compiler = program("path\tcmd/compile")
    [go, tool] = packages_of(
        RUN(
            "tar -C /usr/local -xzf go.tar.gz",
            file("usr/local/go/VERSION", b"go1.22.3"),
            file("usr/local/go/src/gone.go", b"g" * 70),
            file("usr/local/go/bin/go", program("path\tcmd/go"), mode=0o755),
            file("usr/local/go/pkg/tool/linux_amd64/compile", compiler, mode=0o755),
        ),
        RUN("go install", file("go/bin/run", TOOL, mode=0o755), whiteout("usr/local/go/src/gone.go")),
    )

    assert (go.name, go.version, go.layer, go.record) == ("go", "1.22.3", 0, "usr/local/go/bin/go")
    assert go.content_bytes == len(b"go1.22.3") + len(program("path\tcmd/go")) + len(compiler)
    assert (tool.name, tool.layer) == ("example.com/tool", 1)


def test_a_program_of_the_distribution_is_no_package_of_its_own() -> None:
    books = debian(stanza("runc"), lists={"runc": ["usr/sbin/runc"]})
    packages = packages_of(RUN("apt-get install runc", *books, file("usr/sbin/runc", TOOL, mode=0o755)))

    assert [(each.manager, each.name) for each in packages] == [("dpkg", "runc")]


def test_programs_that_are_gone_or_go_on_under_another_name() -> None:
    packages = packages_of(
        RUN("build", file("a", TOOL, mode=0o755), file("first", LOCAL, mode=0o755), hardlink("second", "first")),
        RUN("rm", whiteout("a"), whiteout("first")),
    )

    assert [(each.name, each.record, each.content_bytes) for each in packages] == [
        ("example.com/local", "second", len(LOCAL))
    ]


def test_what_is_no_program_of_go_or_no_program() -> None:
    members = (
        file("c", linked(padding=LEAST), mode=0o755),
        file("script", b"\xff Go buildinf:" * 40_000, mode=0o755),
        file("data", TOOL),
        file("small", program("path\tx", size=0), mode=0o755),
    )

    assert packages_of(RUN("x", *members)) == ()
