"""Which version is later: dpkg's and rpm's own examples, and how other managers count."""

import shutil
import subprocess
from functools import cmp_to_key
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerscope.difference.versions import later, parts

RISING = {
    "dpkg": [
        "1.0~~",
        "1.0~~a",
        "1.0~",
        "1.0~rc1-1",
        "1.0-1~bpo1",
        "1.0-1",
        "1.0-1+b1",
        "1.0a",
        "1.0+dfsg",
        "1.10",
        "1:0",
    ],
    "rpm": ["1.0~rc1-1", "1.0-1", "1.0-2", "1.0-10", "1.0^20240101-1", "1.0a-1", "1.0.1-1", "1.10-1", "1:0.5-1"],
    "npm": ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0"],
    "python": ["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1", "2023.7", "2023.10", "1!0.9"],
    "apk": [
        "1.2.3_alpha1-r0",
        "1.2.3_rc2-r0",
        "1.2.3-r0",
        "1.2.3-r1",
        "1.2.3-r10",
        "1.2.3a-r0",
        "1.2.3b-r0",
        "1.2.10-r0",
    ],
    "go": ["v0.0.0-20210101-abc", "v0.0.0-20220101-abc", "v1.2.3", "v1.10.0"],
    "java": ["2.0-SNAPSHOT", "2.0", "2.0.1", "2.17.1"],
}


@pytest.mark.parametrize(("manager", "versions"), RISING.items(), ids=RISING)
def test_every_one_is_later_than_all_before_it(manager: str, versions: list[str]) -> None:
    for at, version in enumerate(versions):
        for before in versions[:at]:
            assert later(manager, before, version) is True, (before, version)
            assert later(manager, version, before) is False, (version, before)


@pytest.mark.parametrize(
    ("manager", "one", "other"),
    [
        ("dpkg", "1.0", "0:1.0"),
        ("dpkg", "1.0", "1.00"),
        ("rpm", "1.0-1", "1_0-1"),
        ("npm", "1.0.0+build1", "1.0.0+build2"),
        ("python", "1.0", "1.0.0"),
        ("java", "33.0-jre", "33.0-android"),
        ("go", "devel", "main"),
        ("composer", "dev-main", "dev-master"),
        ("npm", "", ""),
    ],
)
def test_what_is_not_known_is_not_told(manager: str, one: str, other: str) -> None:
    assert later(manager, one, other) is None
    assert later(manager, other, one) is None


versions = st.text("019aAz.~-+:^_v", max_size=12) | st.text(max_size=8)
managers = st.sampled_from(["dpkg", "rpm", "npm", "python", "apk", "gem"])


@given(managers, versions, versions)
def test_the_answer_is_turned_with_the_question(manager: str, one: str, other: str) -> None:
    told, turned = later(manager, one, other), later(manager, other, one)
    assert turned is (None if told is None else not told)


@given(managers, st.lists(versions, min_size=3, max_size=3))
def test_order_has_no_circles(manager: str, three: list[str]) -> None:
    low, middle, high = sorted(three, key=lambda each: parts(manager, each))
    assert all(later(manager, *each) is not False for each in ((low, middle), (middle, high), (low, high)))


def test_numbers_without_end_cost_nothing() -> None:
    assert later("dpkg", "1." + "9" * 100_000, "2") is True
    assert later("npm", "9" * 200, "1" + "0" * 200) is True


@settings(max_examples=40)
@example(["0", "0-0", "0-0~"])
@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not here")
@given(st.lists(st.from_regex(r"(?:[0-2]:)?[0-9][0-9a-c.~+]{0,6}(?:-[0-9a-c.~+]{1,4})?", fullmatch=True), max_size=4))
def test_dpkg_says_the_same(several: list[str]) -> None:
    def compare(one: str, other: str) -> int:
        told = later("dpkg", one, other)
        return 0 if told is None else -1 if told else 1

    for one, other in pairwise(sorted(several, key=cmp_to_key(compare))):
        sign = "eq" if compare(one, other) == 0 else "lt"
        assert subprocess.run(["dpkg", "--compare-versions", one, sign, other], check=False).returncode == 0
