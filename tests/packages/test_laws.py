"""What holds of packages whatever the image: every kept byte has one owner, or none and is said to have none."""

from typing import Any

from builders import file, hardlink, symlink, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from owning import RUN, debian, inspected, stanza

PATHS = ("usr/bin/a", "usr/lib/a", "usr/lib/b", "lib/a", "lib", "opt", "opt/x", "usr/bin/b")
PACKAGES = ("one", "two", "three")
PYTHON = "usr/lib/python3/dist-packages/one-1.dist-info/RECORD"
MAKERS = {"hardlink": hardlink, "symlink": symlink}
paths = st.sampled_from(PATHS)
plain = st.tuples(st.just("file"), paths, st.integers(0, 900))
others = st.tuples(st.sampled_from(["whiteout", *MAKERS]), paths, paths)
listed = st.tuples(
    st.just("list"), st.sampled_from(PACKAGES), st.lists(st.sampled_from([*PATHS, PYTHON, "../x", ""]), max_size=6)
)
record = st.tuples(
    st.just("record"), st.just(""), st.lists(st.sampled_from([*("../../../bin/a", "a.py", "/lib/a"), ""]), max_size=4)
)


def member(kind: str, first: str, second: Any) -> bytes:
    if kind == "file":
        return file(first, b"x" * second)
    if kind == "list":
        return file(f"var/lib/dpkg/info/{first}.list", "".join(f"/{path}\n" for path in second).encode())
    if kind == "record":
        return file(PYTHON, "".join(f"{path},,\n" for path in second).encode())
    return MAKERS[kind](first, second) if kind in MAKERS else whiteout(first)


@settings(max_examples=150)
@given(st.lists(st.lists(plain | others | listed | record, max_size=8), min_size=1, max_size=3))
def test_packages_and_what_is_unowned_are_what_is_kept(layers: list[list[tuple[str, str, Any]]]) -> None:
    steps = [RUN("x", *(member(*each) for each in layer)) for layer in layers]
    report = inspected(RUN("dpkg", *debian(*map(stanza, PACKAGES))), *steps)  # which asserts it

    assert {package.name for package in report.packages if package.manager == "dpkg"} == set(PACKAGES)
    assert all(package.content_bytes >= 0 for package in report.packages)
