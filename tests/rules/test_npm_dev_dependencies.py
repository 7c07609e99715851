"""The rule on packages of node_modules that only development needs, on trees as npm writes them."""

import json
from time import process_time
from typing import Any

import pytest
from builders import file, hardlink, symlink, whiteout
from looking import RUN, Step, judged, looked, reclaimable, warned

RULE = "npm-dev-dependencies"
HIDDEN = "app/node_modules/.package-lock.json"
LOCK = "app/package-lock.json"
OVER_THE_LIMIT = 32 * 1024 * 1024 + 1


def lock(path: str = HIDDEN, /, version: int = 3, **packages: dict[str, Any]) -> bytes:
    """Write a lock file of version 2 or 3."""
    folders = {f"node_modules/{name}": each for name, each in packages.items()}
    return file(path, json.dumps({"lockfileVersion": version, "packages": folders}).encode())


def package(folder: str, size: int = 1000) -> tuple[bytes, ...]:
    return file(f"{folder}/package.json", b"{}"), file(f"{folder}/index.js", b"x" * (size - 2))


PROJECT = file("app/package.json", b"{}")
TREE = (
    *package("app/node_modules/express", 4000),
    *package("app/node_modules/jest", 5000),
    *package("app/node_modules/jest-cli", 300),
    *package("app/node_modules/@types/node", 800),
    symlink("app/node_modules/.bin/jest", "../jest/bin/jest.js"),
    symlink("app/node_modules/.bin/express", "../express/bin.js"),
)
LINK = len("../jest/bin/jest.js")
TYPICAL = {"express": {}, "jest": {"dev": True}, "@types/node": {"dev": True}, "jest-cli": {"devOptional": True}}


def npm(*members: bytes) -> Step:
    return RUN("npm ci", PROJECT, *TREE, *members)


@pytest.mark.parametrize("path", [HIDDEN, LOCK])
def test_packages_for_development_are_found_with_the_links_to_their_programs(path: str) -> None:
    [found] = looked(RULE, npm(lock(path, **TYPICAL)))

    assert found.finding.layer == 0
    assert found.finding.message == (
        "packages (2) of /app/node_modules that only development needs, written by RUN npm ci: @types/node, jest"
    )
    assert "RUN npm ci --omit=dev" in found.finding.remedy
    assert found.finding.paths == (
        *("app/node_modules/jest/index.js", "app/node_modules/@types/node/index.js", "app/node_modules/.bin/jest"),
        *("app/node_modules/@types/node/package.json", "app/node_modules/jest/package.json"),
    )
    assert reclaimable(found) == 5800 + LINK


def test_the_first_version_of_the_lock_file() -> None:
    nested = {"version": "1", "dependencies": {"inner": {"dev": True}, "needed": {}}}
    dependencies = {"express": nested, "jest": {"dev": True, "dependencies": {"within": {"dev": True}}}}
    text = json.dumps({"lockfileVersion": 1, "dependencies": dependencies}).encode()
    [found] = looked(
        RULE,
        npm(
            file(LOCK, text),
            *package("app/node_modules/express/node_modules/inner", 700),
            *package("app/node_modules/express/node_modules/needed", 900),
            *package("app/node_modules/jest/node_modules/within", 200),
        ),
    )

    assert "inner, jest" in found.finding.message
    assert reclaimable(found) == 700 + 5000 + 200 + LINK


def test_the_hidden_lock_file_is_believed_before_the_other() -> None:
    assert looked(RULE, npm(lock(HIDDEN, express={}), lock(LOCK, express={}, jest={"dev": True}))) == []


def test_a_project_in_the_root_folder() -> None:
    files = (
        *package("node_modules/jest", 5000),
        file("package.json", b"{}"),
        lock("node_modules/.package-lock.json", **TYPICAL),
    )
    [found] = looked(RULE, RUN("npm ci", *files))

    assert "of /node_modules" in found.finding.message
    assert reclaimable(found) == 5000


def test_packages_within_packages_count_once() -> None:
    inner = {"jest": {"dev": True}, "jest/node_modules/deep": {"dev": True}}
    [found] = looked(RULE, npm(lock(**inner), *package("app/node_modules/jest/node_modules/deep", 600)))

    assert "packages (2)" in found.finding.message
    assert reclaimable(found) == 5000 + 600 + LINK


def test_each_layer_has_its_own_and_lower_copies_count() -> None:
    found = looked(
        RULE,
        npm(lock(**TYPICAL)),
        RUN("chown", file("app/node_modules/jest/index.js", b"x" * 4998, uid=1)),
    )

    assert [(each.finding.layer, reclaimable(each)) for each in found] == [(0, 5800 + LINK), (1, 4998)]


def test_two_projects_are_two_findings() -> None:
    second = (
        *package("srv/tool/node_modules/jest", 9000),
        file("srv/tool/package.json", b"{}"),
        lock("srv/tool/node_modules/.package-lock.json", **TYPICAL),
    )
    found = looked(RULE, npm(lock(**TYPICAL), *second))

    assert [reclaimable(each) for each in found] == [9000, 5800 + LINK]
    assert "/srv/tool/node_modules" in found[0].finding.message


def test_what_a_store_shares_by_hard_links_stays() -> None:
    shared = hardlink("root/.store/jest.js", "app/node_modules/jest/index.js")
    [found] = looked(RULE, npm(lock(**TYPICAL), shared))

    assert reclaimable(found) == 5800 + LINK - 4998


@pytest.mark.parametrize(
    "members",
    [
        (),
        (lock(express={}, jest={}),),
        (lock(jest={"devOptional": True}),),
        (lock(jest={"dev": False}),),
        (lock(jest={"dev": True, "link": True}),),
        (lock(absent={"dev": True}),),
        (file(LOCK, b"{}"),),
        (file("app/yarn.lock", b"jest@^29:\n  dev: true\n"), file("app/pnpm-lock.yaml", b"dev: true\n")),
        (symlink(LOCK, "node_modules/jest/index.js"),),
    ],
    ids=["no lock", "none", "optional", "false", "workspace", "not there", "empty", "others' locks", "a link"],
)
def test_what_the_program_needs_or_nobody_knows_is_not_found(members: tuple[bytes, ...]) -> None:
    assert looked(RULE, npm(*members)) == []


def test_trees_without_a_project_and_those_within_others_are_left_out() -> None:
    assert looked(RULE, RUN("npm ci -g", *TREE, lock(**TYPICAL))) == []
    within = "app/node_modules/express"
    inner = (*package(f"{within}/node_modules/jest"), lock(f"{within}/node_modules/.package-lock.json", **TYPICAL))
    assert looked(RULE, npm(*inner)) == []
    assert looked(RULE, npm(lock(**TYPICAL)), RUN("rm", whiteout("app/node_modules"))) == []


@pytest.mark.parametrize("path", [HIDDEN, LOCK])
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"packages": []}',
        b'{"packages": {"node_modules/jest": []}}',
        b'{"packages": {"node_modules/jest": {"dev": "yes"}}}',
        b'{"dependencies": []}',
        b'{"dependencies": {"jest": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"a": ' + b'{"a":' * 100_000,
    ],
)
def test_a_broken_lock_file_costs_the_finding_and_not_the_report(text: bytes, path: str) -> None:
    step = npm(file(path, text), file("root/.npm/_cacache/content-v2/a", b"x" * 5000))

    assert warned(RULE, step).startswith(f"The rule {RULE} was given up: {path} is no lock file of npm (")
    assert "npm-cache" in [each.rule.name for each in judged([step]).found]


def test_a_huge_lock_file_costs_the_finding_and_not_the_report() -> None:
    step = npm(file(LOCK, b" " * OVER_THE_LIMIT))

    assert warned(RULE, step) == (f"The rule {RULE} was given up: {LOCK} is larger (33,554,433 bytes) than is read.")


def test_a_lock_file_cut_short_is_not_read_in_part() -> None:
    whole = json.dumps({"packages": {f"node_modules/{name}": each for name, each in TYPICAL.items()}}).encode()
    for end in range(len(whole)):
        assert "is no lock file of npm" in warned(RULE, npm(file(LOCK, whole[:end]))), end


@pytest.mark.parametrize(
    "folder",
    [
        *("", "/", "node_modules", "node_modules/", "src", "../etc", "node_modules/..", "node_modules/../../etc"),
        *("node_modules/./jest", "node_modules//jest", "/app/node_modules/jest", "node_modules/a/node_modules"),
        *("node_modules/\0", "node_modules/\\ud800"),
    ],
)
def test_folders_that_lead_elsewhere_are_not_claimed(folder: str) -> None:
    text = json.dumps({"packages": {folder: {"dev": True}}}).encode()
    others = (file("etc/passwd", b"x" * 900), file("app/src/a.js", b"x" * 900), *package("app/node_modules/a"))

    assert looked(RULE, npm(file(HIDDEN, text), *others)) == []


def test_names_of_version_1_that_lead_elsewhere_are_not_claimed() -> None:
    names = ("..", "../..", "../../etc", "", ".", "a/../../..")
    text = json.dumps({"dependencies": {name: {"dev": True} for name in names} | {"odd": 7}}).encode()

    assert looked(RULE, npm(file(LOCK, text), file("etc/passwd", b"x" * 900))) == []


def test_a_package_may_lie_within_itself_very_often() -> None:
    deepest: dict[str, Any] = {"dev": True}
    for _ in range(400):
        deepest = {"dependencies": {"a": deepest}}
    step = npm(file(LOCK, json.dumps(deepest).encode()))

    assert looked(RULE, step) == []


def test_a_lock_file_made_to_be_slow_is_read_in_a_moment() -> None:
    """Very many packages, each within the one before: as deep as paths go, and none of them there."""
    names = {"/node_modules/".join(["a"] * depth): {"dev": True} for depth in range(1, 600)}
    names |= {f"{number}": {"dev": True} for number in range(50_000)}
    started = process_time()
    [found] = looked(RULE, npm(lock(**names, **TYPICAL)))

    assert process_time() - started < 20
    assert "packages (2)" in found.finding.message
