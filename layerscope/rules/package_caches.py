"""What package managers and build tools keep for their next run: one table, a row each.

To add a cache, add its row: where it is, the shape that only this tool makes in there, and how to do without it.
"""

from typing import Final

from layerscope.rules.kit.caches import Cache, Place, Wanted
from layerscope.rules.kit.rule import Confidence

_INSTALLS_AGAIN: Final = "read only when more packages are installed"
_BUILDS_AGAIN: Final = "read only when something is built again"
_NEEDED_SOMETIMES: Final = Confidence.MEDIUM

CACHES: Final = (
    # Distributions.
    Cache(
        name="apt-lists",
        what="package lists that apt-get update downloaded",
        why="out of date by the time that anybody installs from them",
        places=(Place("/var/lib/apt/lists"),),
        step="apt-get update && apt-get install -y --no-install-recommends …",
        clean="{step} && rm -rf /var/lib/apt/lists/*",
        mount="type=cache,target={folder},sharing=locked",
    ),
    Cache(
        name="apt-archives",
        what="packages that apt downloaded, and its index of them",
        why="installed already",
        places=(Place("/var/cache/apt", r"archives/(partial/)?[^/]+\.deb$|(src)?pkgcache\.bin$"),),
        step="apt-get update && apt-get install -y --no-install-recommends …",
        clean="{step} && apt-get clean",
        mount="type=cache,target={folder},sharing=locked",
        left_out="the package lists, which are another rule's (apt-lists). Official Debian and Ubuntu images delete "
        "packages by themselves, by /etc/apt/apt.conf.d/docker-clean; to fill a cache mount, delete that file first.",
    ),
    Cache(
        name="apk-cache",
        what="package indexes and packages that apk downloaded",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"APKINDEX\.[^/]+\.tar\.gz$|[^/]+\.apk$") for folder in ("/var/cache/apk", "/etc/apk/cache")
        ),
        step="apk add …",
        clean="apk add --no-cache …",
        left_out="/lib/apk/db, apk's record of what is installed.",
    ),
    Cache(
        name="dnf-cache",
        what="repository metadata and packages that dnf downloaded (or yum, or microdnf)",
        why=_INSTALLS_AGAIN,
        places=(
            Place("/var/cache/dnf"),
            Place("/var/cache/yum"),
            Place("/var/cache/libdnf5"),
            Place("~cache/libdnf5"),
        ),
        step="dnf install -y …",
        left_out="the record of transactions and the package database.",
    ),
    Cache(
        name="zypper-cache",
        what="repository metadata and packages that zypper downloaded",
        why=_INSTALLS_AGAIN,
        places=(Place("/var/cache/zypp"),),
        step="zypper --non-interactive install …",
        clean="{step} && zypper clean -a",
    ),
    Cache(
        name="pacman-cache",
        what="packages and package lists that pacman downloaded",
        why=_INSTALLS_AGAIN,
        places=(
            Place("/var/cache/pacman/pkg", r"[^/]+\.pkg\.tar"),
            Place("/var/lib/pacman/sync", r"[^/]+\.(db|files)(\.sig)?$"),
        ),
        step="pacman -Syu --noconfirm …",
        # Not pacman -Scc --noconfirm: that takes the default answer to "remove ALL files from cache?", which is no.
        clean="{step} && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*",
        left_out="/var/lib/pacman/local, pacman's record of what is installed.",
    ),
    # Python.
    Cache(
        name="pip-cache",
        what="downloads and wheels that pip keeps",
        why=_INSTALLS_AGAIN,
        places=tuple(Place(folder, r"(http|http-v2|wheels)/") for folder in ("~cache/pip", "$PIP_CACHE_DIR")),
        step="pip install …",
        clean="pip install --no-cache-dir …",
    ),
    Cache(
        name="uv-cache",
        what="downloads and unpacked wheels that uv keeps",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(
                folder, r"(archive|wheels|built-wheels|sdists|simple|flat-index|git|interpreter|builds|binaries)-v\d+/"
            )
            for folder in ("~cache/uv", "$UV_CACHE_DIR")
        ),
        step="UV_LINK_MODE=copy uv sync --locked",
        clean="uv sync --locked --no-cache",
        left_out="environments that uv makes in its cache (environments-v…), and Python itself "
        "(~/.local/share/uv/python).",
        runs="uvx|uv (tool )?run",
    ),
    Cache(
        name="poetry-cache",
        what="downloads and package indexes that Poetry keeps",
        why=_INSTALLS_AGAIN,
        places=tuple(Place(folder, r"(?P<at>cache|artifacts)/") for folder in ("~cache/pypoetry", "$POETRY_CACHE_DIR")),
        step="poetry install --only main",
        clean="poetry install --only main --no-cache",
        left_out="virtualenvs, beside them: they are what the program runs.",
    ),
    Cache(
        name="pipenv-cache",
        what="downloads and wheels that Pipenv keeps",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"(http|http-v2|wheels|hash-cache|pkgs)/|depcache")
            for folder in ("~cache/pipenv", "$PIPENV_CACHE_DIR")
        ),
        step="pipenv install --deploy",
        left_out="virtual environments, wherever they are.",
    ),
    Cache(
        name="conda-pkgs",
        what="packages that conda (or mamba) downloaded and unpacked",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, sign=r"^urls(\.txt)?$|^[^/]+\.(conda|tar\.bz2)$|^[^/]+/info/index\.json$")
            for folder in (
                "/opt/conda/pkgs",
                "/opt/miniconda3/pkgs",
                "/opt/miniforge3/pkgs",
                "~/.conda/pkgs",
                "~/.mamba/pkgs",
                "~/miniconda3/pkgs",
                "~/anaconda3/pkgs",
                "~/miniforge3/pkgs",
                "~/micromamba/pkgs",
                "$CONDA_DIR/pkgs",
                "$CONDA_PREFIX/pkgs",
                "$MAMBA_ROOT_PREFIX/pkgs",
                "$CONDA_PKGS_DIRS",
            )
        ),
        step="conda install -y …",
        clean="{step} && conda clean -afy",
        left_out="unpacked files that an environment shares (hard links): they are what the program runs.",
    ),
    # JavaScript.
    Cache(
        name="npm-cache",
        what="downloads that npm keeps, and packages that npx fetched",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"(_cacache|_npx)/") for folder in ("~/.npm", "$npm_config_cache", "$NPM_CONFIG_CACHE")
        ),
        step="npm ci --omit=dev",
        left_out="npm's logs: npm cache clean leaves them, and they are small.",
        runs="npx|npm (exec|x)",
    ),
    Cache(
        name="yarn-cache",
        what="packages that Yarn keeps",
        why=_INSTALLS_AGAIN,
        places=(
            Place("/usr/local/share/.cache/yarn", r"v\d+/"),
            Place("~cache/yarn", r"v\d+/"),
            Place("$YARN_CACHE_FOLDER", r"v\d+/|[^/]+\.zip$"),
            Place("~/.yarn/berry", r"(cache|metadata)/"),
        ),
        step="yarn install --frozen-lockfile",
        left_out="a project's own .yarn/cache, and everything where .pnp.cjs is: Plug'n'Play runs the program from "
        "there.",
        unless=(".pnp.cjs", ".pnp.js"),
    ),
    Cache(
        name="pnpm-store",
        what="packages in pnpm's store, and the metadata of packages",
        why=_INSTALLS_AGAIN,
        places=(
            *(
                Place(folder, r"v\d+/(files|index|tmp)/|v\d+/index\.db")
                for folder in (
                    "~data/pnpm/store",
                    "~/.pnpm-store",
                    "/.pnpm-store",
                    "$PNPM_HOME/store",
                    "$PNPM_STORE_DIR",
                    "$npm_config_store_dir",
                    "$NPM_CONFIG_STORE_DIR",
                )
            ),
            Place("~cache/pnpm", r"(?P<at>metadata[^/]*)/"),
        ),
        step="pnpm install --frozen-lockfile --prod",
        left_out="files that node_modules shares with the store (hard links); and links/, which it points into.",
    ),
    Cache(
        name="bun-cache",
        what="packages that Bun keeps",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"@?[^/@]+(/[^/@]+)?@|[^/]+\.npm$")
            for folder in ("~/.bun/install/cache", "$BUN_INSTALL_CACHE_DIR", "$BUN_INSTALL/install/cache")
        ),
        step="bun install --frozen-lockfile --production",
        left_out="files that node_modules shares with the cache (hard links); and links/, which it points into.",
        confidence=_NEEDED_SOMETIMES,
        runs="bunx|bun x",
    ),
    Cache(
        name="node-gyp-cache",
        what="headers of Node.js that node-gyp downloaded",
        why="read only when a native module is compiled",
        places=tuple(Place(folder, r"v?\d+\.\d+[^/]*/") for folder in ("~cache/node-gyp", "~/.node-gyp")),
        step="npm ci --omit=dev",
    ),
    Cache(
        name="electron-cache",
        what="archives that Electron's installer downloaded",
        why="unpacked already",
        places=(
            *(
                Place(folder, r"([0-9a-f]{64}/)?[^/]+(\.zip|\.txt[^/]*)$")
                for folder in ("~cache/electron", "$electron_config_cache", "$ELECTRON_CACHE")
            ),
            *(Place(folder) for folder in ("~cache/electron-builder", "$ELECTRON_BUILDER_CACHE")),
        ),
        step="npm ci --omit=dev",
    ),
    # Compiled languages.
    Cache(
        name="cargo-registry",
        what="crates that Cargo downloaded and unpacked, and its indexes",
        why=_BUILDS_AGAIN,
        places=tuple(
            Place(f"{home}/{folder}", shape)
            for home in ("/usr/local/cargo", "~/.cargo", "$CARGO_HOME")
            for folder, shape in (("registry", r"(cache|src|index)/"), ("git", r"(db|checkouts)/"))
        ),
        step="cargo build --release",
        left_out="installed programs (bin), and toolchains.",
        runs="cargo (run|test|build)",
    ),
    Cache(
        name="go-build-cache",
        what="compiled packages that go build keeps",
        why=_BUILDS_AGAIN,
        places=tuple(
            Place(folder, r"[0-9a-f]{2}/[0-9a-f]{64}-[ad]|fuzz/") for folder in ("~cache/go-build", "$GOCACHE")
        ),
        step="go build …",
        clean="{step} && go clean -cache",
        runs="go (run|test|build)",
    ),
    Cache(
        name="go-mod-cache",
        what="modules that Go downloaded and unpacked",
        why=_BUILDS_AGAIN,
        places=tuple(
            Place(folder, r"cache/|[^@]+@v\d", sign=r"^cache/(download|vcs)/")
            for folder in ("/go/pkg/mod", "~/go/pkg/mod", "$GOPATH/pkg/mod", "$GOMODCACHE")
        ),
        step="go build …",
        clean="{step} && go clean -modcache",
        left_out="vendor folders, and installed programs (bin).",
        runs="go (run|test|build)",
    ),
    Cache(
        name="cabal-store",
        what="Haskell packages that cabal or Stack downloaded and compiled",
        why=_BUILDS_AGAIN,
        places=(
            *(Place(folder) for folder in ("~/.cabal/packages", "~cache/cabal/packages", "$CABAL_DIR/packages")),
            *(
                Place(folder, r"[^/]+/[^/]+/lib/")
                for folder in ("~/.cabal/store", "~state/cabal/store", "$CABAL_DIR/store")
            ),
            *(Place(folder, r"(?P<at>pantry|indices|snapshots)/") for folder in ("~/.stack", "$STACK_ROOT")),
        ),
        step="cabal build",
        clean="",
        left_out="programs and their data in the store (bin, share), and compilers.",
        confidence=_NEEDED_SOMETIMES,
    ),
    Cache(
        name="ccache",
        what="compiled objects that ccache keeps",
        why=_BUILDS_AGAIN,
        places=tuple(Place(folder, r"[0-9a-f]/|tmp/") for folder in ("~cache/ccache", "~/.ccache", "$CCACHE_DIR")),
        step="make",
    ),
    Cache(
        name="bazel-cache",
        what="downloads and repositories that Bazel keeps",
        why=_BUILDS_AGAIN,
        places=(Place("~cache/bazel", r"(?P<at>_bazel_[^/]+/(cache|install|[0-9a-f]{32}/(external|action_cache)))/"),),
        step="bazel build //…",
        clean="",
        left_out="what was built (execroot), which bazel-bin points into.",
        confidence=_NEEDED_SOMETIMES,
        runs="bazel(isk)? run",
    ),
    # The Java machine.
    Cache(
        name="maven-repository",
        what="artifacts in Maven's local repository",
        why=_BUILDS_AGAIN,
        places=tuple(Place(folder, sign=r"\.pom$") for folder in ("~/.m2/repository", "$MAVEN_CONFIG/repository")),
        step="mvn package",
        left_out="the repository where the image's command or CLASSPATH names it. A repository set by "
        "-Dmaven.repo.local is not looked for.",
        confidence=_NEEDED_SOMETIMES,
        runs="mvnw?",
    ),
    Cache(
        name="gradle-cache",
        what="dependencies, build caches and distributions that Gradle keeps",
        why=_BUILDS_AGAIN,
        places=tuple(
            Place(folder, r"(?P<at>caches|wrapper/dists|daemon|native)/")
            for folder in ("~/.gradle", "$GRADLE_USER_HOME")
        ),
        step="./gradlew build --no-daemon",
        left_out="Java machines that Gradle downloaded (jdks).",
        confidence=_NEEDED_SOMETIMES,
        runs="gradlew?",
    ),
    Cache(
        name="ivy-cache",
        what="artifacts that Ivy downloaded",
        why=_BUILDS_AGAIN,
        places=(Place("~/.ivy2/cache"),),
        step="sbt package",
        left_out="what was published locally (~/.ivy2/local), and sbt itself (~/.sbt).",
        confidence=_NEEDED_SOMETIMES,
        runs="sbt",
    ),
    Cache(
        name="coursier-cache",
        what="artifacts that Coursier downloaded",
        why=_BUILDS_AGAIN,
        places=(
            *(Place(folder, r"https?/") for folder in ("~cache/coursier/v1", "~/.coursier/cache/v1")),
            Place("$COURSIER_CACHE", r"https?/"),
        ),
        step="sbt package",
        left_out="unpacked archives and Java machines (arc, jvm). An application that Coursier itself installed runs "
        "from its cache.",
        confidence=_NEEDED_SOMETIMES,
        runs="sbt|cs|coursier|scala|scala-cli",
    ),
    # Other languages.
    Cache(
        name="gem-cache",
        what="gems as they were downloaded",
        why="unpacked already",
        # vendor/cache is what a project brings along on purpose (bundle cache).
        places=(Place("*.gem", r"(?!(.*/)?vendor/cache/)(.*/)?cache/[^/]+$"),),
        step="bundle install",
        left_out="installed gems; and vendor/cache, which a project brings along.",
    ),
    Cache(
        name="composer-cache",
        what="packages and repository metadata that Composer keeps",
        why=_INSTALLS_AGAIN,
        places=(
            *(
                Place(folder, r"(files|repo|vcs)/")
                for folder in ("~/.composer/cache", "~cache/composer", "$COMPOSER_CACHE_DIR", "$COMPOSER_HOME/cache")
            ),
            Place("/tmp/cache", r"repo/https---|files/[^/]+/[^/]+/[0-9a-f]{40}\.(zip|tar)"),  # noqa: S108 - the image's
        ),
        step="composer install --no-dev",
        left_out="packages installed for everybody (~/.composer/vendor).",
    ),
    Cache(
        name="nuget-cache",
        what="packages and responses that NuGet keeps",
        why=_BUILDS_AGAIN,
        places=(
            *(
                Place(folder, r"[^/]+/[^/]+/", sign=r"\.nupkg(\.metadata|\.sha512)?$")
                for folder in ("~/.nuget/packages", "$NUGET_PACKAGES")
            ),
            Place("~data/NuGet", r"(?P<at>http-cache|v3-cache|plugins-cache)/"),
            Place("$NUGET_HTTP_CACHE_PATH", r"[0-9a-f]+\$"),
            Place("/tmp", r"(?P<at>NuGetScratch[^/]*)/"),  # noqa: S108 - the image's
        ),
        step="dotnet publish -c Release",
        clean="{step} && dotnet nuget locals all --clear",
        left_out="the fallback folder of the SDK. A build that was not published runs from these packages.",
        confidence=_NEEDED_SOMETIMES,
        runs="dotnet (run|watch|test|build)",
    ),
    Cache(
        name="cpan-cache",
        what="Perl distributions that were downloaded, unpacked and built",
        why="installed already",
        places=(
            Place("~/.cpanm", r"(?P<at>work|cache|sources)/"),
            Place("$PERL_CPANM_HOME", r"(?P<at>work|cache|sources)/"),
            Place("~/.cpan", r"(?P<at>build|sources)/"),
            Place("~/.perl-cpm", r"(?P<at>cache|builds|sources|work)/"),
        ),
        step="cpanm --notest …",
    ),
    Cache(
        name="hex-cache",
        what="packages that Hex and rebar3 downloaded",
        why=_BUILDS_AGAIN,
        places=(
            *(Place(folder, r"(?P<at>packages)/") for folder in ("~/.hex", "~cache/hex", "$HEX_HOME")),
            Place("~cache/rebar3", r"(?P<at>hex|plugins|lib)/"),
        ),
        step="mix deps.get --only prod",
        left_out="Mix's own archives (~/.mix).",
        runs="mix",
    ),
    Cache(
        name="r-downloads",
        what="sources of R packages, as they were downloaded",
        why="installed already",
        places=(
            Place("/tmp", r"(?P<at>downloaded_packages|Rtmp\w+)/"),  # noqa: S108 - the image's
            *(Place(folder, r"(?P<at>source)/") for folder in ("~cache/R/renv", "$RENV_PATHS_ROOT")),
        ),
        step="""Rscript -e 'install.packages("…")'""",
        clean="{step} && rm -rf /tmp/downloaded_packages /tmp/Rtmp*",
        left_out="renv's cache of installed packages: the project's library points into it.",
    ),
    Cache(
        name="homebrew-cache",
        what="bottles and package lists that Homebrew downloaded",
        why=_INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"(downloads|api|Cask|bootsnap|Logs)/|[^/]+--[^/]+$")
            for folder in ("~cache/Homebrew", "$HOMEBREW_CACHE")
        ),
        step="brew install …",
    ),
    Cache(
        name="pre-commit-cache",
        what="hooks and their environments that pre-commit installed",
        why="read only when a commit is checked",
        places=tuple(
            Place(folder, r"repo[^/]*/|py_env|db\.db") for folder in ("~cache/pre-commit", "$PRE_COMMIT_HOME")
        ),
        step="pre-commit install-hooks",
        runs="pre-commit",
    ),
)

WANTED: Final = (
    Wanted(
        name="model-files",
        what="models or data sets that a library downloaded while the image was built",
        advice="Nothing need be done where the program loads them. To ship them apart from the program, mount them as "
        "a volume, or copy them in an early layer of their own, which changes of the program leave alone.",
        places=(
            *(
                Place(folder, r"(hub|xet|datasets|assets|transformers|diffusers)/")
                for folder in ("~cache/huggingface", "$HF_HOME")
            ),
            *(
                Place(folder, r"(models|datasets|spaces)--|[0-9a-f]{64}$")
                for folder in ("$HF_HUB_CACHE", "$HUGGINGFACE_HUB_CACHE", "$TRANSFORMERS_CACHE")
            ),
            *(Place(folder, r"(hub|sentence_transformers)/") for folder in ("~cache/torch", "$TORCH_HOME")),
            Place("~cache/whisper", r"[^/]+\.pt$"),
            *(Place(folder) for folder in ("~/nltk_data", "/usr/share/nltk_data", "/usr/local/share/nltk_data")),
            *(Place(folder, r"(blobs|manifests)/") for folder in ("~/.ollama/models", "$OLLAMA_MODELS")),
        ),
    ),
    Wanted(
        name="browser-binaries",
        what="browsers that Playwright or Puppeteer downloaded",
        advice="Nothing need be done where the program drives them. Where it drives one of several, install that one "
        "alone: npx playwright install --with-deps chromium; where it drives none, set "
        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 or PUPPETEER_SKIP_DOWNLOAD=1 before installing.",
        places=(
            *(
                Place(folder, r"(chromium|chrome|firefox|webkit|msedge|ffmpeg)[^/]*/")
                for folder in ("~cache/ms-playwright", "/ms-playwright", "$PLAYWRIGHT_BROWSERS_PATH")
            ),
            *(
                Place(folder, r"(chrome|chromium|firefox)[^/]*/")
                for folder in ("~cache/puppeteer", "$PUPPETEER_CACHE_DIR")
            ),
        ),
    ),
)

RULES: Final = tuple(row.rule() for row in (*CACHES, *WANTED))
