"""What package managers of other languages keep for their next run: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import BUILDS_AGAIN, INSTALLS_AGAIN, Cache
from layerscope.rules.kit.places import Place
from layerscope.rules.kit.rule import Confidence

CACHES: Final = (
    Cache(
        name="gem-cache",
        what="gems and repositories as they were downloaded, and lists of them",
        why="unpacked already",
        # vendor/cache is what a project brings along on purpose (bundle cache).
        places=(
            Place("*.gem", r"(?!(.*/)?vendor/cache/)(.*/)?cache/[^/]+$"),
            *(Place(f"{home}/cache/bundler", r"git/") for home in ("/usr/local/bundle", "$GEM_HOME", "$BUNDLE_PATH")),
            Place("~/.bundle/cache"),
            Place("~/.gem/specs"),
        ),
        step="bundle install",
        left_out="installed gems; and vendor/cache, which a project brings along.",
    ),
    Cache(
        name="composer-cache",
        what="packages and repository metadata that Composer keeps",
        why=INSTALLS_AGAIN,
        places=(
            *(
                Place(folder, r"(files|repo|vcs)/")
                for folder in ("~/.composer/cache", "~cache/composer", "$COMPOSER_HOME/cache")
            ),
            *(
                Place(folder, r"repo/https?---|vcs/[a-z]+---|files/[^/]+/[^/]+/[0-9a-f]{40}\.")
                for folder in ("$COMPOSER_CACHE_DIR", "/tmp/cache")  # noqa: S108 - the image's
            ),
        ),
        step="composer install --no-dev",
        left_out="packages installed for everybody (~/.composer/vendor).",
    ),
    Cache(
        name="nuget-cache",
        what="packages and responses that NuGet keeps",
        why=BUILDS_AGAIN,
        places=(
            *(
                Place(folder, r"[^/]+/\d[^/]*/", sign=r"^[^/]+/\d[^/]*/[^/]+\.nupkg(\.metadata|\.sha512)?$")
                for folder in ("~/.nuget/packages", "$NUGET_PACKAGES")
            ),
            *(Place(f"~data/NuGet/{folder}") for folder in ("http-cache", "v3-cache", "plugins-cache")),
            Place("$NUGET_HTTP_CACHE_PATH", r"[0-9a-f]+\$"),
            Place("/tmp", r"(?P<at>NuGetScratch[^/]*)/"),  # noqa: S108 - the image's
        ),
        step="dotnet publish -c Release",
        clean="{step} && dotnet nuget locals all --clear",
        left_out="the fallback folder of the SDK. A build that was not published runs from these packages.",
        confidence=Confidence.MEDIUM,
        runs="dotnet (run|watch|test|build)",
    ),
    Cache(
        name="cpan-cache",
        what="Perl distributions that were downloaded, unpacked and built",
        why="installed already",
        places=(
            *(
                Place(f"{home}/{folder}", shape)
                for home in ("~/.cpanm", "$PERL_CPANM_HOME")
                for folder, shape in (("work", r"\d+\.\d+/"), ("sources", r"(authors|modules)/"))
            ),
            *(Place(f"~/.cpan/{folder}") for folder in ("build", "sources")),
            *(Place(f"~/.perl-cpm/{folder}") for folder in ("cache", "builds", "sources", "work")),
        ),
        step="cpanm --notest …",
    ),
    Cache(
        name="hex-cache",
        what="packages that Hex and rebar3 downloaded",
        why=BUILDS_AGAIN,
        places=(
            *(Place(f"{home}/packages", r"[^/]+/[^/]+\.tar$") for home in ("~/.hex", "~cache/hex", "$HEX_HOME")),
            *(Place(f"~cache/rebar3/{folder}") for folder in ("hex", "plugins", "lib")),
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
            *(
                Place(f"{home}/source", r"[a-z]+/[^/]+/[^/]+\.(tar\.gz|zip)$")
                for home in ("~cache/R/renv", "$RENV_PATHS_ROOT")
            ),
        ),
        step="""Rscript -e 'install.packages("…")'""",
        clean="{step} && rm -rf /tmp/downloaded_packages /tmp/Rtmp*",
        left_out="renv's cache of installed packages: the project's library points into it.",
    ),
    Cache(
        name="homebrew-cache",
        what="bottles and package lists that Homebrew downloaded",
        why=INSTALLS_AGAIN,
        places=(
            Place("~cache/Homebrew", r"(downloads|api|Cask|bootsnap|Logs)/|(?=[^/]++$)[^/]+?--"),
            Place("$HOMEBREW_CACHE", r"downloads/[0-9a-f]{64}--|api/(formula|cask)[^/]*\.json"),
        ),
        step="brew install …",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)
