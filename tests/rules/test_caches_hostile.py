"""Caches of images that somebody made to mislead, or to be slow: variables that name anything, paths of any shape."""

import re
from collections.abc import Callable, Iterator
from itertools import product
from time import process_time

import pytest
from builders import file, long_name
from looking import RUN, look, looked

from layerscope.rules import (
    all_rules,
    caches_compilers,
    caches_distributions,
    caches_java,
    caches_javascript,
    caches_other_languages,
    caches_python,
    downloads_in_use,
)

TABLES = (
    *(caches_compilers.CACHES, caches_distributions.CACHES, caches_java.CACHES, caches_javascript.CACHES),
    *(caches_other_languages.CACHES, caches_python.CACHES, downloads_in_use.DOWNLOADS),
)
ROWS = {row.name: row for table in TABLES for row in table}
CLAIMING = sorted(ROWS.keys() - {row.name for row in downloads_in_use.DOWNLOADS})

# What a system and a program have: not one of these is a cache, whatever a variable says.
ORDINARY = [
    *("bin/sh", "lib64/ld-linux-x86-64.so.2", "etc/passwd-", "etc/systemd/system/getty@.service", "data.zip"),
    *("usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/systemd/system/user@.service", "usr/lib/libdnf5/plugins/a.so"),
    *("usr/share/dotnet/library-packs/a.1.0.0.nupkg", "usr/lib/node_modules/npm/package.json", "usr/lib/a/b/lib/c.so"),
    *("usr/include/http/parser.h", "usr/share/man/man1/ls.1.gz", "usr/lib/jvm/17.0.1/lib/a.so", "usr/native/a.so"),
    *("var/tmp/a", "var/cache/debconf/templates.dat", "var/lib/dpkg/status", "var/work/a/b", "var/sources/a.list"),
    *("app/http/server.go", "app/http/a/b.go", "app/https/client.go", "app/wheels/a.whl", "app/api/v1.py"),
    *("app/v1/files/a.js", "app/v1/index/a.js", "app/v2/tmp/a", "app/repo/a.py", "app/repository/a.java"),
    *("app/repo/github/a.py", "app/repos/a.py", "app/vcs/git.py", "app/files/a/b/c.zip", "app/cache/a.py"),
    *("app/cache/bundler/a.rb", "app/cache/download.py", "app/artifacts/a.bin", "app/packages/ui/src/a.ts"),
    *("app/packages/ui/package.json", "app/packages/ui/1/a.ts", "app/snapshots/a/b/lib/c", "app/store/a/b/lib/c"),
    *("app/registry/src/main.go", "app/registry/cache/lru.go", "app/git/db/main.go", "app/pkgs/a.py", "app/urls.py"),
    *("app/source/a.c", "app/source/git/a.c", "app/indices/a", "app/pantry/a", "app/native/a.so", "app/daemon/a.py"),
    *("app/caches/a.py", "app/wrapper/dists/a.py", "app/build/a.o", "app/downloads/a.pdf", "app/api/formula.py"),
    *("app/a/a.py", "app/f/b.py", "app/tmp/a", "app/fuzz/a.go", "app/data.zip", "app/README.txt", "app/pom.xml"),
    *("app/package-1.0.tar.bz2", "app/hub-a/a.bin", "app/user@2x.png", "app/a/user@home.txt", "app/nsis.py"),
    *("app/archives/a.py", "app/simple-v2.py", "app/git-v1.py", "app/pkg/mod/a.go", "app/hash.py", "app/depc.py"),
    *("opt/vendor/install.tar.bz2", "opt/node/v18.0.0/bin/node", "opt/java/caches/a", "opt/downloads/tool--1.tar.gz"),
    *("root/notes.txt", "home/app/http/a", "srv/vendor/cache/mine.gem", "tmp/upload.zip", "tmp/session/a"),
]
NAMED = ["/", "/usr", "/usr/lib", "/usr/share", "/usr/local", "/lib64", "/bin", "/etc", "/var", "/app", "/opt", "/tmp"]


def variables() -> Iterator[str]:
    yield from ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    for row in ROWS.values():
        yield from (place.folder[1:].partition("/")[0] for place in row.places if place.folder.startswith("$"))


@pytest.mark.parametrize("folder", NAMED)
def test_no_variable_makes_a_cache_of_a_system_or_a_program(folder: str) -> None:
    steps = [RUN("everything", *(file(path, b"o" * 9000) for path in ORDINARY))]
    run = {"Env": [f"{name}={folder}" for name in dict.fromkeys(variables())]}

    assert [(each.rule.name, each.finding.paths) for each in look(steps, run) if each.rule.name in CLAIMING] == []


@pytest.mark.parametrize("folder", ["usr", "srv/app"])
def test_nobody_is_told_to_mount_or_delete_a_folder_of_others(folder: str) -> None:
    cached = [
        file(f"{folder}/http-v2/a/b/c/d/e/abcde.body", b"c" * 9000),
        file(f"{folder}/is-odd@3.0.1@@@1/index.js", b"c" * 9000),
        file(f"{folder}/is-odd-npm-3.0.1-93c3c3f1e7-10.zip", b"c" * 9000),
    ]
    run = {"Env": [f"{name}=/{folder}" for name in ("PIP_CACHE_DIR", "YARN_CACHE_FOLDER", "BUN_INSTALL_CACHE_DIR")]}

    found = look([RUN("all", *cached, file(f"{folder}/lib/program", b"p" * 90_000))], run)

    assert [each.rule.name for each in found if each.rule.name in CLAIMING] == []


def test_a_cache_that_is_most_of_the_folder_is_told_of() -> None:
    cached, other = file("srv/http-v2/a/b/c/d/e/abcde.body", b"c" * 9000), file("srv/CACHEDIR.TAG", b"S" * 177)

    assert looked("pip-cache", RUN("pip", cached, other), run={"Env": ["PIP_CACHE_DIR=/srv"]})


# Time: what is linear takes milliseconds, what is quadratic minutes.

_LONG = 8 * 1024
_BEGINNINGS = (
    "",
    "1.",
    "v1.",
    "a@",
    "v1/",
    "http/",
    "archives/",
    "caches/",
    "APKINDEX.",
    "_bazel_",
    "metadata",
    "Rtmp",
)
_MIDDLES = (
    *("-", "--", "a-", "1", ".", "1.1", ".1", "@", "a@", "@a/", "/", "a/", "cache/", "/lib/", "vendor/cache/", "\n"),
    *(".zip", ".txt", ".tar.gz", ".conda", ".nupkg", ".pom", ".npm", ".db", ".pkg.tar", "urls", "-a-", "@v1", "a.b/"),
)
_ENDS = ("", "/x", "\n", "/", "x.gem")


PLACES = [place for row in ROWS.values() for place in row.places]
PATTERNS = sorted({("match", place.shape) for place in PLACES} | {("search", place.sign) for place in PLACES})


@pytest.mark.parametrize(("how", "pattern"), PATTERNS)
def test_paths_are_matched_in_linear_time(how: str, pattern: str) -> None:
    search = getattr(re.compile(pattern), how)
    for first, middle, last in product(_BEGINNINGS, _MIDDLES, _ENDS):
        path = first + middle * (_LONG // len(middle)) + last
        # Linear: half a millisecond at most; quadratic: 40 and more, even at this length. Another process may be in
        # the way, but not three times.
        assert any(seconds(search, path) < 0.02 for _ in range(3)), path[:60]


def seconds(search: Callable[[str], object], path: str) -> float:
    started = process_time()
    search(path)
    return process_time() - started


MANY = 10_000
_VARIABLE = "XDG_CACHE_HOME=" + ":".join(f"/p{each}" for each in range(MANY))
_SEARCHED = "PATH=" + ":".join(f"/p{each}" for each in range(MANY))
DEEP = "a/" * 10_000


@pytest.mark.parametrize(
    ("members", "env"),
    [
        ([file(f"home/u{each}/.cache/pip/wheels/1a/b0/{each}", b"x") for each in range(MANY)], []),
        ([file(f"a{each}/cache/x.gem", b"x" * 9) for each in range(MANY)], [_SEARCHED]),
        ([file("root/.cache/uv/archive-v0/a", b"x" * 9000)], [_VARIABLE, _SEARCHED]),
        ([long_name(f"root/.cache/uv/archive-v0/{DEEP}{each}") + file("x", b"x") for each in range(99)], [_SEARCHED]),
    ],
    ids=["homes", "folders and a search path", "variables", "deep paths"],
)
def test_many_of_everything_take_no_time_to_speak_of(members: list[bytes], env: list[str]) -> None:
    steps = [RUN("all", *members)]
    started = process_time()

    look(steps, {"Env": env})

    assert process_time() - started < 20  # it takes about a second


def test_every_row_is_a_rule() -> None:
    assert ROWS.keys() <= {rule.name for rule in all_rules()}
