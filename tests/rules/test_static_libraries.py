import pytest
from builders import file
from looking import COPY, RUN, looked, reclaimable


@pytest.mark.parametrize(
    "path", ["usr/lib/libssl.a", "opt/lib/libx.la", "srv/x.o", "usr/lib/python3.12/config/libpython.a"]
)
def test_what_only_a_linker_reads_is_found(path: str) -> None:
    [found] = looked("static-libraries", RUN("make install", file(path, b"!<arch>\n" * 10), file("usr/bin/x", b"x")))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (path,), 80)
    assert (
        f"find /{path.rpartition('/')[0]} \\( -name '*.{path.rpartition('.')[2]}' \\) -delete" in found.finding.remedy
    )


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/x86_64-linux-gnu/crt1.o",
        "usr/lib/gcc/x86_64-linux-gnu/14/crtbeginS.o",
        "usr/lib/gcc/x86_64-linux-gnu/14/libgcc_eh.a",
        "usr/lib/libc_nonshared.a",
        "src/build/x.o",
        "app/target/release/libapp.a",
        "usr/lib/libssl.so",
        "usr/share/.a",
    ],
)
def test_compilers_parts_and_what_a_build_uses_are_not(path: str) -> None:
    assert looked("static-libraries", RUN("make", file(path, b"x"))) == []


def test_what_is_copied_is_better_left_behind() -> None:
    [found] = looked("static-libraries", COPY("/usr/local /usr/local", file("usr/local/lib/a.a", b"x")))

    assert "COPY --from=…" in found.finding.remedy


def test_a_suffix_in_capitals_is_another_s() -> None:
    assert looked("static-libraries", RUN("make", file("opt/hello/ChangeLog.O", b"o" * 5000))) == []


def test_where_a_compiler_has_its_parts_nothing_is_to_be_deleted() -> None:
    parts = file("usr/lib/x86_64-linux-gnu/crt1.o", b"c"), file("usr/lib/x86_64-linux-gnu/libm.o", b"m")
    [found] = looked("static-libraries", RUN("apt-get install gcc", *parts, file("usr/lib/libc.a", b"l" * 90)))

    assert found.finding.paths == ("usr/lib/libc.a", "usr/lib/x86_64-linux-gnu/libm.o")
    assert found.finding.remedy.startswith("Build in an earlier stage and copy the result: ")
    assert "-delete" not in found.finding.remedy
