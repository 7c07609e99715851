"""Caches of package managers and build tools: what the tools really write, what stands beside it, and who needs it."""

from typing import Any

import pytest
from builders import file, folder, hardlink, long_name, symlink, whiteout
from looking import COPY, META, RUN, Step, look, looked, reclaimable

from layerscope.rules import (
    caches_compilers,
    caches_distributions,
    caches_java,
    caches_javascript,
    caches_other_languages,
    caches_python,
    downloads_in_use,
)
from layerscope.rules.kit.caches import FLOOR
from layerscope.rules.kit.rule import Confidence, Severity

TABLES = (
    caches_compilers,
    caches_distributions,
    caches_java,
    caches_javascript,
    caches_other_languages,
    caches_python,
)
CACHES = [row for table in TABLES for row in table.CACHES]
WANTED = downloads_in_use.DOWNLOADS
RULES = [rule for module in (*TABLES, downloads_in_use) for rule in module.RULES]

BYTES = 9000
SHA = "ab" * 32
NPM = "root/.npm/_cacache/content-v2/sha512/0b/ac/" + "c" * 124
WHEEL = "root/.cache/pip/wheels/1a/b0/8c/4b75c4116c31f83c8f9f047231251e13cc/docopt-0.6.2-py2.py3-none-any.whl"
M2 = "root/.m2/repository/junit/junit/4.13.2"
CRATE = "usr/local/cargo/registry/cache/index.example-1949cf8c6b5b557f/serde-1.0.0.crate"

# Rule → what the tool writes, and what stands beside it that is another's, or what the program runs.
EXAMPLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apt-lists": (
        (
            "var/lib/apt/lists/deb.example_debian_dists_bookworm_InRelease",
            "var/lib/apt/lists/deb.example_debian_dists_bookworm_main_binary-amd64_Packages.lz4",
        ),
        ("var/lib/apt/periodic/update-success-stamp", "var/lib/apt/mirrors/a"),
    ),
    "apt-archives": (
        ("var/cache/apt/archives/zip_3.0-13_amd64.deb", "var/cache/apt/pkgcache.bin", "var/cache/apt/srcpkgcache.bin"),
        ("srv/zip_3.0-13_amd64.deb", "var/cache/apt/notes.txt"),
    ),
    "apk-cache": (
        ("var/cache/apk/APKINDEX.066df28d.tar.gz", "etc/apk/cache/zlib-1.2.apk"),
        ("lib/apk/exec/a", "var/cache/misc/zlib-1.2.apk"),
    ),
    "dnf-cache": (
        (
            "var/cache/dnf/baseos-055ffcb2ec25a27f/repodata/primary.xml.gz",
            "var/cache/libdnf5/fedora-0/solv/fedora.solv",
            "home/app/.cache/libdnf5/fedora-0123456789abcdef/repodata/primary.xml.zst",
            "var/cache/tdnf/photon-updates-0d1a3d4c/rpms/x86_64/zip-3.0.rpm",
        ),
        ("var/lib/dnf/history.sqlite", "usr/lib64/libdnf5/plugins/actions.so"),
    ),
    "zypper-cache": (("var/cache/zypp/raw/repo-oss/repodata/primary.xml.gz",), ("var/lib/zypp/AutoInstalled",)),
    "pacman-cache": (
        ("var/cache/pacman/pkg/zlib-1.3-1-x86_64.pkg.tar.zst", "var/lib/pacman/sync/core.db"),
        ("var/lib/pacman/local/zlib-1.3-1/files",),
    ),
    "pip-cache": (
        (WHEEL, "root/.cache/pip/http-v2/a/b/c/d/e/abcde.body", "home/app/.cache/pip/http/a/b/c/d/e/abcde"),
        ("usr/lib/python3/site-packages/pip/_vendor/cachecontrol/cache.py", "root/.cache/pipx/venvs/x/bin/x"),
    ),
    "uv-cache": (
        ("root/.cache/uv/archive-v0/vlORL72FvVFDpOkQ/six.py", "root/.cache/uv/simple-v28/pypi/idna.rkyv"),
        ("root/.cache/uv/environments-v2/tool/bin/tool", "root/.local/share/uv/python/cpython-3.12/bin/python"),
    ),
    "poetry-cache": (
        (
            "root/.cache/pypoetry/artifacts/0f/ab/cd/ef0123/flask-3.0.0-py3-none-any.whl",
            "root/.cache/pypoetry/cache/repositories/PyPI/_http/0/1/2",
        ),
        ("root/.cache/pypoetry/virtualenvs/app-9TtSrW0h-py3.12/lib/python3.12/site-packages/flask/app.py",),
    ),
    "pipenv-cache": (
        ("root/.cache/pipenv/hash-cache/sha256", "root/.cache/pipenv/depcache-py3.12.json"),
        ("root/.local/share/virtualenvs/app-x/bin/python", "root/.cache/pipenv/virtualenvs/app-x/bin/python"),
    ),
    "conda-pkgs": (
        ("opt/conda/pkgs/zlib-1.2.13-h5eee18b_0.conda", "opt/conda/pkgs/zlib-1.2.13-h5eee18b_0/lib/libz.so.1.2.13"),
        ("opt/conda/lib/libz.so.1.2.13", "root/miniconda3/pkgs/notes.txt"),
    ),
    "npm-cache": ((NPM, "root/.npm/_npx/b459ee211a1a5fd9/node_modules/pnpm/dist/pnpm.cjs"), ("root/.npm/_logs/a.log",)),
    "yarn-cache": (
        (
            "usr/local/share/.cache/yarn/v6/npm-is-odd-3.0.1-65101baf/node_modules/is-odd/.yarn-tarball.tgz",
            "root/.yarn/berry/cache/is-odd-npm-3.0.1-93c3c3f1e7-10.zip",
        ),
        ("app/.yarn/cache/is-odd-npm-3.0.1-93c3c3f1e7-10.zip", "app/.yarn/releases/yarn-4.0.0.cjs"),
    ),
    "pnpm-store": (
        ("root/.local/share/pnpm/store/v3/files/54/7bcd68", "root/.cache/pnpm/metadata-v1.3/registry.example/a.json"),
        ("root/.local/share/pnpm/pnpm", "root/.local/share/pnpm/store/v10/links/a/node_modules/a/a.js"),
    ),
    "bun-cache": (
        (
            "root/.bun/install/cache/is-odd@3.0.1@@@1/index.js",
            "root/.bun/install/cache/@types/node@20.0.0@@@1/a.d.ts",
            "root/.bun/install/cache/@GH@user-repo-0ab1c2d@@@1/a.js",
        ),
        ("root/.bun/bin/bun", "root/.bun/install/global/node_modules/a/a.js", "root/.bun/install/cache/links/a/a.js"),
    ),
    "node-gyp-cache": (("root/.cache/node-gyp/20.11.0/include/node/node.h",), ("usr/include/node/node.h",)),
    "electron-cache": (
        (
            f"root/.cache/electron/{SHA}/electron-v28.0.0-linux-x64.zip",
            "root/.cache/electron/SHASUMS256.txt-28.0.0",
            "root/.cache/electron-builder/appimage/appimage-12.0.1/runtime-x64",
        ),
        ("root/.config/electron/a", "root/.cache/electron/mine.zip"),
    ),
    "cargo-registry": (
        (CRATE, f"root/.cargo/git/db/serde-{'0a' * 8}/objects/pack/pack-1.pack"),
        ("usr/local/cargo/bin/ripgrep", "root/.cargo/bin/cargo", "usr/local/rustup/toolchains/stable/bin/rustc"),
    ),
    "go-build-cache": ((f"root/.cache/go-build/ab/{SHA}-d",), ("root/.cache/go-build/README",)),
    "go-mod-cache": (
        (
            "go/pkg/mod/cache/download/golang.org/x/text/@v/v0.14.0.zip",
            "go/pkg/mod/golang.org/x/text@v0.14.0/unicode/tables.go",
        ),
        ("go/bin/tool", "root/go/pkg/mod/readme.txt"),
    ),
    "cabal-store": (
        (
            "root/.cabal/packages/hackage.example/01-index.tar",
            "root/.cabal/store/ghc-9.4.7/zlib-0.6-abc/lib/libHSzlib.a",
            "root/.stack/pantry/pantry.sqlite3",
            f"root/.stack/snapshots/x86_64-linux/{SHA}/9.4.7/lib/libHSzlib.a",
        ),
        (
            "root/.cabal/store/ghc-9.4.7/tool-1.0-abc/bin/tool",
            "root/.stack/programs/x86_64-linux/ghc-9.4.7/bin/ghc",
            f"root/.stack/snapshots/x86_64-linux/{SHA}/9.4.7/bin/tool",
        ),
    ),
    "ccache": (("root/.cache/ccache/a/b/cdef0123.R",), ("root/.cache/ccache/ccache.conf", "root/.ccache/tmp/a")),
    "bazel-cache": (
        (
            "root/.cache/bazel/_bazel_root/cache/repos/v1/content_addressable/sha256/ab/file",
            "root/.cache/bazelisk/downloads/sha256/ab/bin/bazel",
        ),
        (f"root/.cache/bazel/_bazel_root/{'a' * 32}/execroot/_main/bazel-out/k8-opt/bin/server",),
    ),
    "maven-repository": (
        (f"{M2}/junit-4.13.2.pom", f"{M2}/junit-4.13.2.jar", "root/.m2/wrapper/dists/apache-maven-3.9.6/a/lib/x.jar"),
        ("root/.m2/settings.xml", "home/app/.m2/repository/lib.jar"),
    ),
    "gradle-cache": (
        ("root/.gradle/caches/modules-2/files-2.1/a/b/1/c/b-1.jar", "root/.gradle/wrapper/dists/gradle-8-bin/x/a.zip"),
        ("root/.gradle/jdks/temurin-17/bin/java", "root/.gradle/gradle.properties"),
    ),
    "ivy-cache": (("root/.ivy2/cache/org.scala-lang/jars/a.jar",), ("root/.ivy2/local/mine/jars/a.jar",)),
    "coursier-cache": (
        ("root/.cache/coursier/v1/https/repo1.maven.org/maven2/a/a.jar",),
        ("root/.cache/coursier/arc/https/github.com/jdk/bin/java", "root/.cache/coursier/jvm/a/bin/java"),
    ),
    "gem-cache": (
        (
            "usr/local/bundle/cache/rails-7.1.2.gem",
            "app/vendor/bundle/ruby/3.3.0/cache/rack-3.0.8.gem",
            "usr/local/bundle/cache/bundler/git/rack-0ab1c2/objects/pack/pack-1.pack",
            "root/.bundle/cache/compact_index/gems.example.443.29b0360b937aa4d161703e6160654e47/versions",
        ),
        ("usr/local/bundle/gems/rails-7.1.2/README.md", "app/vendor/cache/rack-3.0.8.gem", "srv/mine.gem"),
    ),
    "composer-cache": (
        (f"root/.composer/cache/files/monolog/monolog/{'a' * 40}.zip", "root/.cache/composer/repo/x/a.json"),
        ("root/.composer/vendor/laravel/installer/bin/laravel", "tmp/cache/files/mine.zip"),
    ),
    "nuget-cache": (
        (
            "root/.nuget/packages/serilog/3.1.1/serilog.3.1.1.nupkg",
            "root/.nuget/packages/serilog/3.1.1/lib/net7.0/Serilog.dll",
            "root/.local/share/NuGet/v3-cache/670c1461c29885f9aa22c281d8b7da90845b38e4$ps/list.dat",
        ),
        ("usr/share/dotnet/sdk/NuGetFallbackFolder/a/1/a.dll", "root/.nuget/NuGet/NuGet.Config"),
    ),
    "cpan-cache": (
        (
            "root/.cpanm/work/1700000000.6/Moo-2.005/lib/Moo.pm",
            "root/.cpan/sources/authors/id/H/HA/HAARG/Moo-2.005.tar.gz",
        ),
        ("root/.cpan/CPAN/MyConfig.pm",),
    ),
    "hex-cache": (("root/.hex/packages/hexpm/jason-1.4.1.tar",), ("root/.mix/archives/hex-2.0.6/ebin/hex.beam",)),
    "r-downloads": (
        ("tmp/RtmpAbC123/downloaded_packages/rlang_1.1.2.tar.gz", "tmp/downloaded_packages/cli_3.6.2.tar.gz"),
        ("root/.cache/R/renv/cache/v5/R-4.3/rlang/1.1.2/abc/rlang/R/rlang.rdb", "tmp/mine.tar.gz"),
    ),
    "homebrew-cache": (
        (f"home/linuxbrew/.cache/Homebrew/downloads/{SHA}--jq-1.7.tar.gz",),
        ("home/linuxbrew/.linuxbrew/Cellar/jq/1.7/bin/jq",),
    ),
    "pre-commit-cache": (
        ("root/.cache/pre-commit/repo1a2b3c/py_env-python3/bin/black",),
        ("app/.pre-commit-config.yaml",),
    ),
    "model-files": (
        ("root/.cache/huggingface/hub/models--bert/blobs/abc", "root/.cache/torch/hub/checkpoints/resnet.pth"),
        ("root/.cache/huggingface/token", "root/.cache/huggingface/stored_tokens"),
    ),
    "browser-binaries": (
        ("root/.cache/ms-playwright/chromium-1091/chrome-linux/chrome", "ms-playwright/firefox-1429/firefox/firefox"),
        ("root/.cache/ms-playwright/.links/abc", "usr/bin/chromium"),
    ),
    "deno-modules": (
        ("root/.cache/deno/npm/registry.example/a/1.0.0/a.js", "deno-dir/gen/file/app/main.ts.js"),
        ("root/.deno/bin/deno", "deno-dir/dep_analysis_cache_v2"),
    ),
}


def wrote(*paths: str) -> Step:
    """Write files of one size; a header has room for 100 characters of a path."""
    return RUN("install", *(long_name(path) + file(path[:100], b"c" * BYTES) for path in paths))


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_the_tool_writes_is_found_and_all_of_it(rule: str) -> None:
    cached, others = EXAMPLES[rule]
    is_wanted = rule in {row.name for row in WANTED}

    [found] = looked(rule, wrote(*cached, *others))

    assert sorted(found.finding.paths) == sorted(cached)
    assert reclaimable(found) == (0 if is_wanted else BYTES * len(cached))
    assert found.finding.layer == 0
    assert found.finding.confidence is None


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_only_stands_beside_is_not(rule: str) -> None:
    assert looked(rule, wrote(*EXAMPLES[rule][1])) == []


def test_each_row_has_its_examples_and_a_page() -> None:
    assert EXAMPLES.keys() == {rule.name for rule in RULES}, "EXAMPLES: what the tool writes, and what stands beside it"
    assert {row.name for row in WANTED} == {rule.name for rule in RULES if rule.severity is Severity.INFORMATION}
    for row, rule in zip(CACHES, RULES, strict=False):
        assert row.what[1:] in rule.page
        assert row.left_out in rule.page
        assert "RUN --mount=type=" in rule.page


# The remedy is what a person pastes.


def test_the_remedy_mounts_the_folder_that_was_found_then_cleans_up() -> None:
    [apt] = looked("apt-lists", wrote(*EXAMPLES["apt-lists"][0]))
    [pip] = looked("pip-cache", wrote(WHEEL.replace("root", "home/app", 1)))
    [cargo] = looked("cargo-registry", wrote(CRATE))

    assert apt.finding.remedy == (
        "RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked apt-get update && apt-get install -y "
        "--no-install-recommends …; or clean up in the same instruction: RUN apt-get update && apt-get install -y "
        "--no-install-recommends … && rm -rf /var/lib/apt/lists/*"
    )
    assert pip.finding.remedy.startswith("RUN --mount=type=cache,target=/home/app/.cache/pip pip install …")
    assert pip.finding.remedy.endswith("RUN pip install --no-cache-dir …")
    assert cargo.finding.remedy.endswith("RUN cargo build --release && rm -rf /usr/local/cargo/registry")
    assert apt.finding.message.startswith("package lists that apt-get update downloaded, in /var/lib/apt/lists, out of")


def test_only_the_cache_is_mounted_and_deleted_of_a_folder_with_more_in_it() -> None:
    [gradle] = looked("gradle-cache", wrote(*EXAMPLES["gradle-cache"][0]))
    [bazel] = looked("bazel-cache", wrote(*EXAMPLES["bazel-cache"][0]))

    assert gradle.finding.remedy.endswith("rm -rf /root/.gradle/caches /root/.gradle/wrapper/dists")
    assert bazel.finding.remedy.startswith(
        "RUN --mount=type=cache,target=/root/.cache/bazel/_bazel_root/cache "
        "--mount=type=cache,target=/root/.cache/bazelisk "
    )
    assert "COPY --from=" in bazel.finding.remedy


def test_a_mount_belongs_to_whoever_writes_it() -> None:
    [found] = looked("npm-cache", RUN("npm ci", file(NPM.replace("root", "home/node", 1), b"n" * BYTES, uid=1000)))

    assert found.finding.remedy.startswith("RUN --mount=type=cache,target=/home/node/.npm,uid=1000 npm ci")


def test_over_tmp_an_empty_file_system_is_mounted() -> None:
    [found] = looked("r-downloads", wrote(*EXAMPLES["r-downloads"][0]))

    assert found.finding.remedy.startswith("RUN --mount=type=tmpfs,target=/tmp Rscript")


def test_what_was_copied_is_not_to_be_copied() -> None:
    [found] = looked("maven-repository", COPY("/root/.m2 /root/.m2", file(f"{M2}/junit-4.13.2.pom", b"x" * BYTES)))

    assert found.finding.remedy == (
        "Copy what the program runs, and nothing into /root/.m2/repository: of another stage name the finished files, "
        "COPY --from=…; of the context list it in .dockerignore, or mount it where one RUN needs it: RUN "
        "--mount=type=bind,source=…,target=/root/.m2/repository …."
    )


# Layers.


def test_each_layer_answers_for_its_own_bytes_deleted_or_not() -> None:
    first, second = EXAMPLES["apt-lists"][0]
    found = looked(
        "apt-lists",
        RUN("apt-get update", file(first, b"1" * 5000)),
        META("ENV A=b"),
        RUN("apt-get update", file(first, b"2" * 6000), file(second, b"3" * 7000)),
        RUN("rm -rf /var/lib/apt/lists/*", whiteout(first)),
    )

    assert [(each.finding.layer, reclaimable(each)) for each in found] == [(1, 13000), (0, 5000)]
    assert "every pull still carries it" not in found[0].finding.message
    assert "every pull still carries it" in found[1].finding.message


def test_a_proper_clean_up_leaves_nothing_to_find() -> None:
    frame = RUN(
        "all of it, with cache mounts",
        folder("var/lib/apt/lists/partial"),
        file("var/lib/apt/lists/lock"),
        folder("var/cache/apt/archives/partial"),
        file("var/cache/apt/archives/lock"),
        folder("var/cache/apk"),
        file("var/cache/dnf/last_makecache"),
        file("root/.cache/pip/selfcheck/abc", b"{" * 150),
        file("root/.cache/uv/CACHEDIR.TAG", b"Signature" * 5),
        file("root/.cache/uv/.lock"),
        file("root/.npm/_logs/2026-11-23T09_50_38_519Z-debug-0.log", b"l" * 9000),
        file("root/.npm/_update-notifier-last-checked"),
        file("usr/local/cargo/registry/CACHEDIR.TAG", b"Signature" * 20),
        file("opt/conda/pkgs/urls.txt", b"u" * 300),
        folder("go/pkg/mod/cache"),
        file("root/.cache/pre-commit/README", b"r" * 115),
    )
    caches = {rule.name for rule in RULES}

    assert [found.rule.name for found in look([frame]) if found.rule.name in caches] == []


@pytest.mark.parametrize(("size", "count"), [(FLOOR - 1, 0), (FLOOR, 1)])
def test_a_few_bytes_are_not_worth_a_word(size: int, count: int) -> None:
    cache = RUN("pip install", file(WHEEL, b"w" * size))
    models = RUN("load", file(EXAMPLES["model-files"][0][0], b"m" * size))

    assert len(looked("pip-cache", cache)) == count
    assert len(looked("model-files", models)) == count


# Hard links: uv, pnpm, Bun and conda install by giving a cached file a second name.

SITE = "usr/lib/python3/site-packages"
ARCHIVE = "root/.cache/uv/archive-v0/vlORL72FvVFDpOkQ"


@pytest.mark.parametrize("cache_first", [True, False])
def test_what_the_program_shares_with_the_cache_stays(cache_first: bool) -> None:
    names = (f"{ARCHIVE}/six.py", f"{SITE}/six.py") if cache_first else (f"{SITE}/six.py", f"{ARCHIVE}/six.py")
    shared = file(names[0], b"s" * 50_000), hardlink(names[1], names[0])
    alone = file(f"{ARCHIVE}/six-1.17.0.dist-info/RECORD", b"r" * 5000)

    assert looked("uv-cache", RUN("uv pip install six", *shared)) == []
    [found] = looked("uv-cache", RUN("uv pip install six", *shared, alone))
    assert reclaimable(found) == 5000
    assert found.finding.paths == (f"{ARCHIVE}/six-1.17.0.dist-info/RECORD",)


def test_links_within_the_cache_go_with_it() -> None:
    within = file(f"{ARCHIVE}/a.py", b"a" * 5000), hardlink(f"{ARCHIVE}/b.py", f"{ARCHIVE}/a.py")

    [found] = looked("uv-cache", RUN("uv pip install six", *within))

    assert reclaimable(found) == 5000


# What the program runs from within a cache.


def test_what_a_link_leads_to_is_needed() -> None:
    cached = file(f"{ARCHIVE}/six.py", b"s" * BYTES), file("root/.cache/uv/archive-v0/other/idna.py", b"i" * BYTES)

    for target in (f"/{ARCHIVE}/six.py", f"/{ARCHIVE}", f"../../../../{ARCHIVE}"):
        [found] = looked(
            "uv-cache", RUN("UV_LINK_MODE=symlink uv pip install", *cached, symlink(f"{SITE}/six", target))
        )
        assert found.finding.paths == ("root/.cache/uv/archive-v0/other/idna.py",)


def test_links_within_a_cache_and_deleted_ones_make_nothing_needed() -> None:
    link = symlink(f"{SITE}/six.py", f"/{ARCHIVE}/six.py")

    [found] = looked(
        "uv-cache",
        RUN("a", file(f"{ARCHIVE}/six.py", b"s" * BYTES), symlink("root/.cache/uv/wheels-v8/six", f"/{ARCHIVE}"), link),
        RUN("b", whiteout(f"{SITE}/six.py")),
    )

    assert f"{ARCHIVE}/six.py" in found.finding.paths


@pytest.mark.parametrize(
    "run",
    [
        {"Cmd": ["java", "-jar", f"/{M2}/junit-4.13.2.jar"]},
        {"Entrypoint": ["/bin/sh", "-c", f"exec java -cp /{M2}/junit-4.13.2.jar Main"]},
        {"Env": ["CLASSPATH=/app:/root/.m2/repository"]},
        {"WorkingDir": "/root/.m2/repository/"},
    ],
)
def test_what_the_image_starts_from_is_needed(run: dict[str, Any]) -> None:
    assert looked("maven-repository", wrote(f"{M2}/junit-4.13.2.pom", f"{M2}/junit-4.13.2.jar"), run=run) == []


def test_what_a_variable_names_within_a_cache_is_needed() -> None:
    cached = wrote(f"{ARCHIVE}/bin/python", "root/.cache/uv/archive-v0/other/idna.py")

    [found] = looked("uv-cache", cached, run={"Env": [f"VIRTUAL_ENV=/{ARCHIVE}", "UV_CACHE_DIR=/root/.cache/uv"]})
    assert found.finding.paths == ("root/.cache/uv/archive-v0/other/idna.py",)
    [found] = looked("uv-cache", cached, run={"Env": [f"JAVA_OPTS=-Da=b,/{ARCHIVE}/bin/python -Dc=/x"]})
    assert found.finding.paths == ("root/.cache/uv/archive-v0/other/idna.py",)


def test_a_link_to_the_whole_cache_is_a_use_of_it_unless_it_is_the_way_of_the_tool() -> None:
    cached = wrote(f"{M2}/junit-4.13.2.pom", f"{M2}/junit-4.13.2.jar")

    assert looked("maven-repository", cached, RUN("ln", symlink("app/lib", "/root/.m2/repository"))) == []
    assert looked("maven-repository", cached, RUN("ln", symlink("home/app/.m2/repository", "/root/.m2/repository")))
    assert looked("maven-repository", cached, RUN("ln", symlink("cache", "/root/.m2")))


def test_what_lies_beside_a_needed_path_and_begins_alike_is_not_needed() -> None:
    cached = wrote(f"{ARCHIVE}/a.py", f"{ARCHIVE}-b/a.py", f"{ARCHIVE}/c/a.py")
    links = [symlink(f"{SITE}/six", f"/{ARCHIVE}"), symlink(f"{SITE}/seven", f"/{ARCHIVE}/c")]

    [found] = looked("uv-cache", cached, RUN("ln", *links))

    assert found.finding.paths == (f"{ARCHIVE}-b/a.py",)


@pytest.mark.parametrize(
    ("rule", "command", "confidence"),
    [
        ("npm-cache", ["npx", "serve"], Confidence.LOW),
        ("npm-cache", ["/bin/sh", "-c", "exec /usr/bin/npx serve"], Confidence.LOW),
        ("npm-cache", ["npm", "start"], None),
        ("maven-repository", ["mvn", "spring-boot:run"], Confidence.LOW),
        ("nuget-cache", ["dotnet", "run"], Confidence.LOW),
        ("nuget-cache", ["dotnet", "app.dll"], None),
        ("cargo-registry", ["/usr/local/cargo/bin/app"], None),
        ("gradle-cache", ["java", "-jar", "/home/gradle/app.jar"], None),
    ],
)
def test_where_the_tool_itself_is_run_confidence_is_low(
    rule: str, command: list[str], confidence: Confidence | None
) -> None:
    [found] = looked(rule, wrote(*EXAMPLES[rule][0]), run={"Cmd": command})

    assert found.finding.confidence is confidence


def test_plug_n_play_runs_from_the_cache_of_yarn() -> None:
    cached = wrote(*EXAMPLES["yarn-cache"][0])

    assert looked("yarn-cache", cached, RUN("yarn", file("app/.pnp.cjs", b"p"))) == []
    assert looked("yarn-cache", cached, RUN("yarn", file("app/.pnp.cjs", b"p")), RUN("rm", whiteout("app/.pnp.cjs")))


def test_models_and_browsers_that_are_gone_are_not_told_of() -> None:
    path = EXAMPLES["browser-binaries"][0][0]

    assert looked("browser-binaries", wrote(path), RUN("rm", whiteout(path))) == []


# Homes and variables.


@pytest.mark.parametrize(
    ("rule", "path", "variable"),
    [
        ("pip-cache", "data/http-v2/a/b/c/d/e/abcde.body", "PIP_CACHE_DIR=/data/"),
        ("pip-cache", "data/pip/wheels/1a/b0/c.whl", "XDG_CACHE_HOME=/data"),
        ("pip-cache", "app/.cache/pip/wheels/1a/b0/c.whl", "HOME=/app"),
        ("uv-cache", "data/archive-v0/a/six.py", "UV_CACHE_DIR=/data"),
        ("poetry-cache", "data/artifacts/0f/ab/a.whl", "POETRY_CACHE_DIR=/data"),
        ("pipenv-cache", "data/hash-cache/a", "PIPENV_CACHE_DIR=/data"),
        ("conda-pkgs", "data/pkgs/zlib-1.2.13-h5eee18b_0.conda", "CONDA_DIR=/data"),
        ("conda-pkgs", "data/zlib-1.2.13-h5eee18b_0.tar.bz2", "CONDA_PKGS_DIRS=/data"),
        ("npm-cache", "data/_cacache/content-v2/sha512/0b/ac/x", "npm_config_cache=/data"),
        ("npm-cache", "data/_cacache/content-v2/sha512/0b/ac/x", "NPM_CONFIG_CACHE=/data"),
        ("yarn-cache", "data/v6/npm-a/node_modules/a/a.js", "YARN_CACHE_FOLDER=/data"),
        ("yarn-cache", "data/is-odd-npm-3.0.1-93c3c3f1e7-10.zip", "YARN_CACHE_FOLDER=/data"),
        ("pnpm-store", "data/store/v10/files/54/7b", "PNPM_HOME=/data"),
        ("pnpm-store", "data/v10/files/54/7b", "npm_config_store_dir=/data"),
        ("bun-cache", "data/is-odd@3.0.1@@@1/index.js", "BUN_INSTALL_CACHE_DIR=/data"),
        ("cargo-registry", "data/registry/src/index.example-1949cf8c6b5b557f/a/lib.rs", "CARGO_HOME=/data"),
        ("go-build-cache", f"data/ab/{SHA}-a", "GOCACHE=/data"),
        ("go-mod-cache", "data/cache/download/a/@v/v1.zip", "GOMODCACHE=/data"),
        ("go-mod-cache", "data/pkg/mod/cache/download/a/@v/v1.zip", "GOPATH=/other:/data"),
        ("maven-repository", "data/repository/a/a/1/a-1.pom", "MAVEN_CONFIG=/data"),
        ("gradle-cache", "data/caches/modules-2/a.jar", "GRADLE_USER_HOME=/data"),
        ("gem-cache", "data/cache/rails-7.1.2.gem", "GEM_HOME=/data"),
        ("gem-cache", "data/ruby/3.3.0/cache/rails-7.1.2.gem", "BUNDLE_PATH=/data"),
        ("composer-cache", f"data/files/a/b/{'a' * 40}.zip", "COMPOSER_CACHE_DIR=/data"),
        ("composer-cache", "data/cache/files/a/b/c.zip", "COMPOSER_HOME=/data"),
        ("nuget-cache", "data/serilog/3.1.1/serilog.3.1.1.nupkg", "NUGET_PACKAGES=/data"),
        ("ccache", "data/a/b/cdef.R", "CCACHE_DIR=/data"),
        ("homebrew-cache", f"data/downloads/{SHA}--jq.tar.gz", "HOMEBREW_CACHE=/data"),
        ("model-files", "data/hub/models--a/blobs/b", "HF_HOME=/data"),
        ("browser-binaries", "data/chromium-1091/chrome", "PLAYWRIGHT_BROWSERS_PATH=/data"),
    ],
)
def test_variables_of_the_image_say_where(rule: str, path: str, variable: str) -> None:
    [found] = looked(rule, wrote(path), run={"Env": ["PATH=/usr/bin", variable]})

    assert found.finding.paths == (path,)


@pytest.mark.parametrize(
    ("rule", "path", "run"),
    [
        ("pip-cache", ".cache/pip/wheels/1a/b0/c.whl", {"User": "1000"}),
        ("npm-cache", ".npm/_cacache/content-v2/sha512/0b/ac/x", {"Env": ["HOME=/"]}),
        ("npm-cache", "srv/.npm/_cacache/content-v2/sha512/0b/ac/x", {"Env": ["HOME=/opt/../srv/"]}),
        ("ccache", "home/a b/.ccache/a/b/cdef0123.R", {}),
        ("conda-pkgs", "data/zlib-1.2.13-h5eee18b_0.conda", {"Env": ["CONDA_PKGS_DIRS=/other,/data"]}),
    ],
)
def test_homes_of_every_kind(rule: str, path: str, run: dict[str, Any]) -> None:
    [found] = looked(rule, wrote(path), run=run)

    assert found.finding.paths == (path,)


def test_a_home_that_is_not_absolute_is_none() -> None:
    assert looked("npm-cache", wrote("app/.npm/_cacache/a"), run={"Env": ["HOME=app"]}) == []


@pytest.mark.parametrize("value", ["", "/", "relative", "."])
def test_variables_that_name_no_folder_are_passed_over(value: str) -> None:
    assert (
        looked(
            "pip-cache", wrote("http/a/b/c/d/e/f", "relative/http/a/b/c/d/e/f"), run={"Env": [f"PIP_CACHE_DIR={value}"]}
        )
        == []
    )


def test_homes_stand_in_passwd() -> None:
    passwd = b"root:x:0:0:root:/root:/bin/sh\nbroken\nnobody:x:1:1::/:/bin/false\njenkins:x:1000:1000::/var/jenkins:\n"
    cached = wrote("var/jenkins/.cache/pip/wheels/1a/b0/c.whl")

    assert looked("pip-cache", cached) == []
    [found] = looked("pip-cache", RUN("useradd", file("etc/passwd", passwd)), cached)
    assert found.finding.layer == 1
    assert looked("pip-cache", RUN("useradd", file("etc/passwd", b"\xff\xfe:" * 9)), cached) == []


# Links on the way.


@pytest.mark.parametrize(
    ("link", "target", "folder"),
    [
        ("root/.cache", "/data/cache", "data/cache/pip"),
        ("root/.cache", "../data/cache", "data/cache/pip"),
        ("root/.cache/pip", "/data/pip", "data/pip"),
        ("root", "/data/root", "data/root/.cache/pip"),
    ],
)
def test_a_cache_is_found_where_links_lead(link: str, target: str, folder: str) -> None:
    wheel = file(f"{folder}/http/a/b/c/d/e/abcde", b"x" * BYTES)
    [found] = looked("pip-cache", RUN("ln -s", symlink(link, target)), RUN("pip install", wheel))

    assert (found.finding.layer, reclaimable(found)) == (1, BYTES)
    assert f"--mount=type=cache,target=/{folder} " in found.finding.remedy


def test_a_cache_of_the_system_is_found_where_links_lead() -> None:
    links = symlink("var/cache", "/data"), symlink("home/bob", "/srv/bob"), symlink("var/lib/apt/lists", "a-ring")
    packages = file("data/apt/archives/curl_1_amd64.deb", b"x" * BYTES), symlink("var/lib/apt/a-ring", "lists")
    npm = file("srv/bob/.npm/_cacache/content-v2/sha512/00/11/x", b"x" * BYTES)
    image = RUN("apt-get", *links, *packages, npm, file("etc/passwd", b"bob:x:1:1::/home/bob:/bin/sh\n"))

    [apt], [npm_cache] = looked("apt-archives", image), looked("npm-cache", image)
    assert (apt.finding.paths, npm_cache.finding.paths) == (
        ("data/apt/archives/curl_1_amd64.deb",),
        ("srv/bob/.npm/_cacache/content-v2/sha512/00/11/x",),
    )


def test_a_link_that_is_gone_leads_nowhere() -> None:
    wheel = file("data/cache/pip/http/a/b/c/d/e/abcde", b"x" * BYTES)
    links = RUN("ln", symlink("root/.cache", "/data/cache")), RUN("rm", whiteout("root/.cache"))

    assert looked("pip-cache", *links, RUN("cp", wheel)) == []
