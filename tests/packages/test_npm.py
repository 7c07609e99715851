"""Packages of JavaScript: as npm, yarn and pnpm lay them out, what only development needs, and why they are there."""

import json
from time import process_time
from typing import Any

import pytest
from builders import file, hardlink, long_name, symlink, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from owning import RUN, Step, by_name, debian, inspected, packages_of, stanza

from layerscope.packages.kit.node import Manifest, parse_manifest
from layerscope.report import PackageReport

NEEDS = {
    "needs": "dependencies",
    "dev": "devDependencies",
    "optional": "optionalDependencies",
    "peers": "peerDependencies",
}


def manifest(folder: str, name: str = "", version: str = "1.0.0", **lists: str) -> bytes:
    """Write a package.json; of needs the names, with blanks between."""
    tables = {NEEDS[kind]: dict.fromkeys(names.split(), "*") for kind, names in lists.items()}
    return file(f"{folder}/package.json", json.dumps({"name": name, "version": version, **tables}).encode())


def package(folder: str, size: int = 0, /, version: str = "1.0.0", **lists: str) -> tuple[bytes, bytes]:
    """Make a package with a program of ``size`` bytes."""
    name = folder.rpartition("node_modules/")[2]
    return manifest(folder, name, version, **lists), file(f"{folder}/index.js", b"x" * size)


def project(*packages: tuple[bytes, ...], folder: str = "app", **lists: str) -> tuple[bytes, ...]:
    return (manifest(folder, "app", **lists), *(member for each in packages for member in each))


def lock(path: str = "app/node_modules/.package-lock.json", **packages: dict[str, Any]) -> bytes:
    folders = {f"node_modules/{name}": each for name, each in packages.items()}
    return file(path, json.dumps({"lockfileVersion": 3, "packages": folders}).encode())


def size_of(member: bytes) -> int:
    return int(member[124:135], 8)


def told(packages: tuple[PackageReport, ...]) -> dict[str, tuple[bool | None, str, bool]]:
    return {each.name: (each.requested, each.reason, each.development) for each in packages}


def development(*members: bytes) -> set[str]:
    packages = packages_of(RUN("npm ci", *members))
    return {each.record.removesuffix("/package.json") for each in packages if each.development}


def test_a_package_with_what_leads_to_it() -> None:
    jest = "app/node_modules/jest"
    [found] = packages_of(
        RUN("mkdir", file("app/server.js", b"s" * 7)),
        RUN(
            "npm ci",
            *project(package(jest, 500, version="29.7.0"), dev="jest"),
            file(f"{jest}/dist/esm/package.json", b'{"type": "module"}'),
            file(f"{jest}/dist/esm/index.mjs", b"m" * 30),
            symlink("app/node_modules/.bin/jest", "../jest/bin/jest.js"),
        ),
    )

    assert found == PackageReport(
        manager="npm",
        name="jest",
        version="29.7.0",
        content_bytes=size_of(package(jest, version="29.7.0")[0]) + 500 + 18 + 30 + len("../jest/bin/jest.js"),
        layer=1,
        requested=True,
        reason="asked for by /app",
        wanted_by=None,
        development=True,
        record=f"{jest}/package.json",
    )


def test_packages_within_packages_are_their_own() -> None:
    outer, inner = package("app/node_modules/@a/b", 40, needs="c"), "app/node_modules/@a/b/node_modules/c"
    packages = packages_of(
        RUN(
            "npm ci",
            *project(outer, package(inner, 900, version="2.0.0"), package("app/node_modules/c", 3), needs="@a/b"),
        )
    )

    assert [(each.name, each.version, each.reason) for each in packages] == [
        ("c", "2.0.0", "@a/b depends on it"),
        ("@a/b", "1.0.0", "asked for by /app"),
        ("c", "1.0.0", "nothing installed wants it"),
    ]
    assert packages[1].content_bytes == 40 + size_of(outer[0])


def test_folders_of_a_package_are_no_packages() -> None:
    """Some packages publish their tests, with a node_modules of their own."""
    [resolve] = packages_of(
        RUN(
            "npm ci",
            *project(package("app/node_modules/resolve"), needs="resolve"),
            *package("app/node_modules/resolve/test/node_modules/made-up", 600),
            *package("app/node_modules/resolve/lib", 50),
            file("app/node_modules/resolve/test/package.json", b"{"),
            file("app/node_modules/.cache/x", b"c" * 5),
            *(file("app/node_modules/empty/index.js", b"e"), file("app/node_modules/.bin/script", b"#!")),
        )
    )

    assert resolve.content_bytes > 650


def test_what_is_removed_later_is_not_there() -> None:
    members = project(package("app/node_modules/a", 10), package("app/node_modules/b", 20), needs="a b")
    packages = packages_of(RUN("npm ci", *members), RUN("rm", whiteout("app/node_modules/a")))

    assert [each.name for each in packages] == ["b"]


def test_who_dragged_it_in() -> None:
    at = "app/node_modules"
    packages = packages_of(
        RUN(
            "npm install",
            *project(
                package(f"{at}/express", needs="debug", optional="fast absent"),
                package(f"{at}/debug", needs="ms", peers="color"),
                package(f"{at}/ms", needs="debug"),
                package(f"{at}/color"),
                package(f"{at}/fast", dev="left"),
                package(f"{at}/jest", needs="debug pretty"),
                package(f"{at}/pretty"),
                package(f"{at}/both"),
                package(f"{at}/left"),
                needs="express",
                optional="gone",
                dev="jest both",
                peers="both",
            ),
        )
    )

    assert told(packages) == {
        "express": (True, "asked for by /app", False),
        "debug": (False, "express depends on it", False),
        "ms": (False, "debug depends on it, for express", False),
        "color": (False, "debug depends on it, for express", False),
        "fast": (False, "express depends on it", False),
        "jest": (True, "asked for by /app", True),
        "pretty": (False, "jest depends on it", True),
        "both": (True, "asked for by /app", False),
        "left": (False, "nothing installed wants it", False),
    }


@pytest.mark.parametrize("path", ["app/node_modules/.package-lock.json", "app/package-lock.json"])
def test_the_lock_file_of_npm_is_believed(path: str) -> None:
    """Where it speaks of a package; of others, what leads to them."""
    at = "app/node_modules"
    members = project(*(package(f"{at}/{name}") for name in "abcd"), needs="a", dev="b c d")
    locked = lock(path, a={"dev": True}, b={"devOptional": True}, c={"dev": True, "link": True})

    assert development(*members, locked) == {f"{at}/a", f"{at}/d"}


def test_the_first_version_of_the_lock_file() -> None:
    at = "app/node_modules"
    tree = {"a": {"dependencies": {"b": {"dev": True}, "c": {}}}, "d": {"dev": True}, "e": 7}
    inner = (package(f"{at}/a/node_modules/b"), package(f"{at}/a/node_modules/c"))
    members = project(package(f"{at}/a"), package(f"{at}/d"), package(f"{at}/e"), *inner, dev="a")
    locked = file("app/package-lock.json", json.dumps({"lockfileVersion": 1, "dependencies": tree}).encode())

    assert development(*members, locked) == {f"{at}/a/node_modules/b", f"{at}/d"}


def test_workspaces_are_projects() -> None:
    """What one of them needs lies at the top or within it, and npm's lock file at the top speaks of both."""
    members = (
        *project(package("app/node_modules/a"), package("app/node_modules/b"), dev="a b"),
        symlink("app/node_modules/@app/web", "../../packages/web"),
        *project(package("app/packages/web/node_modules/c"), folder="app/packages/web", needs="a", dev="c"),
    )
    deep = {"packages": {"packages/web/node_modules/c": {}}}

    assert development(*members) == {"app/node_modules/b", "app/packages/web/node_modules/c"}
    assert development(*members, file("app/package-lock.json", json.dumps(deep).encode())) == {"app/node_modules/b"}


def test_where_a_workspace_is_missing_nobody_knows_what_it_needs() -> None:
    members = project(package("app/node_modules/a"), dev="a")

    assert development(*members) == {"app/node_modules/a"}
    assert development(*members, symlink("app/node_modules/web", "../web")) == set()


STORE = "srv/node_modules/.pnpm"
LINK_TO_A = ".pnpm/@s+a@1.0.0_b@2.0.0/node_modules/@s/a"


def pnpm() -> tuple[bytes, ...]:
    return (
        manifest("srv", "app", needs="@s/a", dev="c"),
        *package(f"{STORE}/@s+a@1.0.0_b@2.0.0/node_modules/@s/a", 100, needs="b"),
        symlink(f"{STORE}/@s+a@1.0.0_b@2.0.0/node_modules/b", "../../b@2.0.0/node_modules/b"),
        *package(f"{STORE}/b@2.0.0/node_modules/b", 200, version="2.0.0", needs="@s/a"),
        symlink(f"{STORE}/b@2.0.0/node_modules/@s/a", f"../../../{LINK_TO_A.removeprefix('.pnpm/')}"),
        *package(f"{STORE}/b@1.0.0/node_modules/b", 300, version="1.0.0"),
        *package(f"{STORE}/c@3.0.0/node_modules/c", 400, version="3.0.0", needs="b"),
        symlink(f"{STORE}/c@3.0.0/node_modules/b", "../../b@1.0.0/node_modules/b"),
        symlink(f"{STORE}/node_modules/b", "../b@2.0.0/node_modules/b"),
        symlink("srv/node_modules/@s/a", f"../{LINK_TO_A}"),
        symlink("srv/node_modules/c", ".pnpm/c@3.0.0/node_modules/c"),
    )


AS_PNPM_HAS_IT = {
    ("@s/a", "1.0.0", "asked for by /srv", False),
    ("b", "2.0.0", "@s/a depends on it", False),
    ("c", "3.0.0", "asked for by /srv", True),
    ("b", "1.0.0", "c depends on it", True),
}


def test_the_store_of_pnpm() -> None:
    packages = packages_of(RUN("pnpm install", *pnpm()))

    assert {(each.name, each.version, each.reason, each.development) for each in packages} == AS_PNPM_HAS_IT
    [c] = [each for each in packages if each.name == "c"]
    own = package("node_modules/c", 400, version="3.0.0", needs="b")
    assert c.content_bytes == sum(map(size_of, own)) + len(".pnpm/c@3.0.0/node_modules/c")


def test_a_store_whose_files_are_links_to_another() -> None:
    """Of a hard link only the first name is looked at, and pnpm's own store names files by their digests."""
    shared = [file(f"root/store/{index}", b"{}") for index in range(4)]
    paths = [member[:100].rstrip(b"\0").decode() for member in pnpm()]
    names = [path for path in paths if path.endswith("/package.json") and ".pnpm" in path]
    linked = {path: hardlink(path, f"root/store/{index}") for index, path in enumerate(names)}
    members = [linked.get(path, member) for path, member in zip(paths, pnpm(), strict=True)]
    packages = packages_of(RUN("pnpm install", *shared, *members))

    assert {(each.name, each.version, each.reason, each.development) for each in packages} == AS_PNPM_HAS_IT


def test_packages_that_are_there_for_all() -> None:
    at = "usr/local/lib/node_modules"
    packages = packages_of(
        RUN(
            "node",
            *package(f"{at}/npm", 100, needs="semver"),
            *package(f"{at}/npm/node_modules/semver", 1000),
            *package(f"{at}/serve", 10, needs="ms"),
            *package(f"{at}/serve/node_modules/ms", 1),
            symlink("usr/local/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"),
            *package("opt/yarn-v1.22.22", 5000),
            *package("opt/other", 7),
        )
    )

    assert told(packages) == {
        "npm": (True, "installed globally", False),
        "serve": (True, "installed globally", False),
        "ms": (False, "serve depends on it", False),
        "opt/yarn-v1.22.22": (True, "installed globally", False),
    }
    own = sum(map(size_of, package(f"{at}/npm", 100, needs="semver") + package(f"{at}/npm/node_modules/semver", 1000)))
    assert by_name(packages)["npm"].content_bytes == own + len("../lib/node_modules/npm/bin/npm-cli.js")


def test_where_nobody_noted_what_was_asked_for() -> None:
    at = "node_modules"
    members = (package(f"{at}/a", needs="b"), package(f"{at}/b", needs="b"), package(f"{at}/c", needs="d"))
    ring = package(f"{at}/d", needs="c")
    packages = packages_of(RUN("COPY node_modules", *(member for each in members for member in each), *ring))

    assert told(packages) == {
        "a": (None, "", False),
        "b": (None, "a depends on it", False),
        "c": (None, "", False),
        "d": (None, "", False),
    }


def test_what_the_distribution_installed_is_the_distributions() -> None:
    at = "usr/lib/node_modules/npm"
    books = debian(stanza("nodejs"), lists={"nodejs": [f"{at}/package.json", f"{at}/index.js"]})

    assert [each.name for each in packages_of(RUN("apt-get install", *books, *package(at, 50)))] == ["nodejs"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b" " * (1024 * 1024 + 1)])
def test_a_package_that_does_not_say_what_it_is_goes_by_its_folder(text: bytes) -> None:
    """And since nobody knows what a program needs that needs it, nothing is there for development only."""
    at = "app/node_modules"
    members = project(package(f"{at}/b", 9), package(f"{at}/c", 8), needs="a", dev="b c")
    packages = packages_of(RUN("npm ci", *members, file(f"{at}/a/package.json", text)))

    assert told(packages) == {
        "a": (True, "asked for by /app", False),
        "b": (True, "asked for by /app", False),
        "c": (True, "asked for by /app", False),
    }
    assert by_name(packages)["a"].version == ""


def test_package_files_as_they_come() -> None:
    odd = b'{"name": ["x"], "version": 7, "dependencies": ["a"], "devDependencies": {"b": {"c": []}, "": 1}}'

    assert parse_manifest(odd) == Manifest("", "", (), ("b",))
    assert parse_manifest(b"\xef\xbb\xbf" + b'{"name": "' + b"n" * 300 + b'"}') == Manifest("", "", (), ())


@pytest.mark.parametrize("text", [b"{", b'{"packages": []}', b'{"dependencies": {"a": ' + b"[" * 100_000])
def test_a_broken_lock_file_costs_the_answer_and_not_the_report(text: bytes) -> None:
    members = project(package("app/node_modules/a", 50), needs="a")
    report = inspected(RUN("npm ci", *members, file("app/package-lock.json", text)))

    assert report.packages == ()
    [note] = report.notes
    assert note.startswith("Packages of npm were given up: app/package-lock.json is no lock file of npm (")


def test_links_that_lead_nowhere_or_in_rings_are_passed_over() -> None:
    at = "app/node_modules"
    links = (
        *(symlink(f"{at}/ring", "ring"), symlink(f"{at}/up", "../../../.."), symlink(f"{at}/self", ".")),
        *(symlink(f"{at}/.bin/a", "../../../../../a/x.js"), symlink(f"{at}/file", "a/index.js")),
        symlink(f"{at}/abs", "/app/node_modules/a"),
    )
    packages = packages_of(RUN("npm ci", *project(package(f"{at}/a", 50, needs="ring up self abs"), needs="a"), *links))

    assert [(each.name, each.content_bytes - 50 - len("/app/node_modules/a")) for each in packages] == [
        ("a", size_of(package(f"{at}/a", needs="ring up self abs")[0]))
    ]


def hostile() -> Step:
    """Packages each within the one before, all of which need many that are only there at the top."""
    names = " ".join(["a", *(f"p{number}" for number in range(2000))])
    deep = ["/node_modules/".join(["app", *["a"] * depth]) for depth in range(1, 60)]
    return RUN(
        "npm ci",
        *project(*(package(f"app/node_modules/p{number}") for number in range(2000)), needs="a"),
        *(long_name(f"{folder}/package.json") + package("a", needs=names)[0] for folder in deep),
    )


def test_packages_made_to_be_slow_cost_the_answer_and_not_the_report() -> None:
    started = process_time()
    report = inspected(hostile())

    assert process_time() - started < 20
    assert report.notes == (
        "Packages of npm were given up: packages need one another in more ways than layerscope can follow.",
    )


names = st.sampled_from("abcdef")
graphs = st.dictionaries(names, st.lists(names, max_size=3, unique=True), min_size=1)


@settings(max_examples=60)
@given(graphs, st.lists(names, max_size=2), st.lists(names, max_size=2))
def test_development_is_what_only_development_reaches(
    graph: dict[str, list[str]], run: list[str], dev: list[str]
) -> None:
    at = "app/node_modules"
    packages = [package(f"{at}/{name}", needs=" ".join(needs)) for name, needs in graph.items()]

    def reached(names: list[str]) -> set[str]:
        found: set[str] = set()
        waiting = [name for name in names if name in graph]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [each for each in graph[name] if each in graph]
        return found

    found = packages_of(RUN("npm ci", *project(*packages, needs=" ".join(run), dev=" ".join(dev))))
    assert {each.name for each in found} == set(graph)
    assert {each.name for each in found if each.development} == reached(dev) - reached(run)
    assert {each.name for each in found if each.requested} == (set(run) | set(dev)) & set(graph)
