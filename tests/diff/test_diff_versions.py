"""Which version is later: dpkg's and rpm's own examples, and how other managers count."""

import re
import shutil
import subprocess
from functools import cmp_to_key, partial
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.version import VERSION_PATTERN, Version

from layerscope.difference.versions import later, parts

RISING = {
    "dpkg": """
        1.0~~ 1.0~~a 1.0~ 1.0~rc1-1 1.0-1~bpo1 1.0-1 1.0-1ubuntu2 1.0-1ubuntu10 1.0-1+b1 1.0-1.1 1.0a 1.0+dfsg 1.10 1:0
    """,
    "rpm": """
        1.0~~-1 1.0~rc1-1 1.0-1~x 1.0-1 1.0-1.el9 1.0-1.el9_2 1.0-2 1.0-10 1.0^20240101-1 1.0a-1 1.0.1-1 1.10-1 1:0.5-1
    """,
    # semver.org, 11, and what is published
    "npm": """
        1.0.0-0 1.0.0-9 1.0.0-10 1.0.0-RC.1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.1.0 1.0.0-alpha.beta 1.0.0-beta
        1.0.0-beta.2 1.0.0-beta.11 1.0.0-canary.3 1.0.0-canary-abc 1.0.0-rc.1 1.0.0-rc10 1.0.0-rc2 1.0.0 1.0.1 1.10.0
    """,
    "dotnet": "8.0.0-ALPHA 8.0.0-preview.2 8.0.0-Preview.11 8.0.0-rc.1 8.0.0 8.0.0.1 8.0.1 8.0.100",
    "go": """
        v0.0.0-20210101000000-ffffffffffff v0.0.0-20220101000000-aaaaaaaaaaaa v1.2.3-0.20220101000000-aaaaaaaaaaaa
        v1.2.3-rc.1 v1.2.3-rc.1.0.20220101000000-aaaaaaaaaaaa v1.2.3 v1.2.4-0.20220101000000-aaaaaaaaaaaa v1.10.0
        v2.0.0+incompatible
    """,
    "python": """
        1.0.dev1 1.0.dev10 1.0a1.dev1 1.0a1 1.0-alpha.2 1.0b2 1.0beta11 1.0rc1.post1.dev1 1.0rc1.post1 1.0c2 1.0-pre3
        1.0 1.0+abc 1.0+1 1.0+1.2 1.0.post1.dev2 1.0-1 1.0-r4 1.0.rev5 1.0.1.dev0 1.0.1 2023.7 2023.10 1!0.9.dev1 1!0.9
    """,
    # apk's version.c, and what Alpine tests it with
    "apk": """
        0.1.0_alpha_pre2 0.1.0_alpha 0.1.0_alpha2 0.1.0_alpha10 1.02 1.03-r1 1.1 1.2.3_alpha1-r0 1.2.3_beta2 1.2.3_pre1
        1.2.3_rc2-r0 1.2.3 1.2.3-r0 1.2.3-r1 1.2.3-r10 1.2.3_cvs1 1.2.3_svn1 1.2.3_git20200101 1.2.3_p1 1.2.3a-r0
        1.2.3b-r0 1.2.3.0 1.2.10-r0 006
    """,
    "gem": """
        1.0.0.a 1.0.0.alpha 1.0.0.beta 1.0.0.beta2 1.0.0-java 1.0.0.pre1 1.0.0.rc1 1.0.0.rc2 1.0.0.rc10 1.0.z 1.0
        1.0.1.pre 1.0.1 1.0.10 1.1
    """,
    # Maven's ComparableVersion
    "java": """
        1.0-alpha-1 1.0-alpha2 1.0a3 1.0-beta 1.0b11 1.0-M1 1.0-milestone-3 1.0.CR1 1.0-rc-2 1.0-RC3 1.0-SNAPSHOT
        1.0.Final 1.0.SP1 1.0-jre 1.0-1 1.0.1 1.0.1a 2.0.1.Beta1 2.0.1.RELEASE 2.9.10 2.9.10.8 2.17.1
    """,
    "composer": """
        1.0-dev 1.0-alpha1 1.0.0-a2 1.0-beta 1.0.0-beta2-dev 1.0.0-beta2 1.0.0-b11 1.0-RC1 1.0.0-rc2 1.0.0-RC10 v1.0.0
        1.0.0-patch1 1.0.0-p2 1.0.0-pl3 1.0.0.1 1.0.1 1.10.0 1.x-dev 2.0.0-beta.3 2.0 2010.01.02
    """,
}


@pytest.mark.parametrize(("manager", "row"), RISING.items(), ids=RISING)
def test_every_one_is_later_than_all_before_it(manager: str, row: str) -> None:
    versions = row.split()
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
        ("python", "1.0-pre3", "1.0c3"),
        ("gem", "1.0", "1.0.0"),
        ("java", "1.0.Final", "1.0"),
        ("java", "1.0-cr-1", "1.0rc1"),
        ("dotnet", "8.0.0-RC.1", "8.0-rc.1"),
        ("composer", "v1.0.0-stable", "1.0"),
        ("apk", "1.2~abc", "1.2~def"),
        ("java", "33.0-jre", "33.0-android"),
        ("go", "devel", "main"),
        ("composer", "dev-main", "dev-master"),
        ("npm", "", ""),
    ],
)
def test_what_is_not_known_is_not_told(manager: str, one: str, other: str) -> None:
    assert later(manager, one, other) is None
    assert later(manager, other, one) is None


like_versions = st.lists(
    st.sampled_from(
        [
            "0",
            "1",
            "05",
            "10",
            ".",
            "-",
            "_",
            "~",
            "+",
            "a",
            "b",
            "rc",
            "dev",
            "post",
            "p",
            "x",
            "-r1",
            "SNAPSHOT",
            "1!",
        ]
    ),
    max_size=8,
).map("".join)
versions = st.text("019aAz.~-+:^_v", max_size=12) | st.text(max_size=8) | like_versions
managers = st.sampled_from([*RISING, "none"])


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


def compare(manager: str, one: str, other: str) -> int:
    """Return what tools do: -1, 0 or 1."""
    told = later(manager, one, other)
    return 0 if told is None else -1 if told else 1


@given(st.lists(like_versions | versions, max_size=6))
@example(["1.0.post1.dev2", "1.0.dev2", "1.0a1.dev1", "1.0-1", "1!0", "1.0+1.a"])
def test_the_library_of_python_says_the_same(several: list[str]) -> None:
    known = [each for each in several if re.fullmatch(VERSION_PATTERN, each.strip(), re.VERBOSE | re.IGNORECASE)]
    for one, other in pairwise(known):
        older, newer = Version(one), Version(other)
        assert compare("python", one, other) == (older > newer) - (older < newer)


@settings(max_examples=40)
@example(["0", "0-0", "0-0~"])
@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not here")
@given(st.lists(st.from_regex(r"(?:[0-2]:)?[0-9][0-9a-c.~+]{0,6}(?:-[0-9a-c.~+]{1,4})?", fullmatch=True), max_size=4))
def test_dpkg_says_the_same(several: list[str]) -> None:
    for one, other in pairwise(sorted(several, key=cmp_to_key(partial(compare, "dpkg")))):
        sign = "eq" if compare("dpkg", one, other) == 0 else "lt"
        assert subprocess.run(["dpkg", "--compare-versions", one, sign, other], check=False).returncode == 0


@settings(max_examples=20)
@pytest.mark.skipif(not shutil.which("rpm"), reason="rpm is not here")
@given(
    st.lists(
        st.from_regex(r"(?:[0-2]:)?[0-9][0-9a-cA.~^_]{0,6}-[0-9a-c.~^]{1,4}", fullmatch=True), min_size=2, max_size=20
    )
)
def test_rpm_says_the_same(several: list[str]) -> None:
    pairs = list(pairwise(several))
    asked = "".join(f'print(rpm.vercmp("{one}", "{other}"), " ")' for one, other in pairs)
    done = subprocess.run(["rpm", "--eval", f"%{{lua: {asked}}}"], capture_output=True, check=True, text=True)
    assert [compare("rpm", *pair) for pair in pairs] == list(map(int, done.stdout.split()))
