"""What compilers and build tools keep for the next build: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import BUILDS_AGAIN, Cache
from layerscope.rules.kit.places import Place
from layerscope.rules.kit.rule import Confidence

CACHES: Final = (
    Cache(
        name="cargo-registry",
        what="crates that Cargo downloaded and unpacked, and its indexes",
        why=BUILDS_AGAIN,
        places=tuple(
            Place(f"{home}/{folder}", rf"({parts})/[^/]+-[0-9a-f]{{16}}/")
            for home in ("/usr/local/cargo", "~/.cargo", "$CARGO_HOME")
            for folder, parts in (("registry", "cache|src|index"), ("git", "db|checkouts"))
        ),
        step="cargo build --release",
        left_out="installed programs (bin), and toolchains.",
        runs="cargo (run|test|build)",
    ),
    Cache(
        name="go-build-cache",
        what="compiled packages that go build keeps",
        why=BUILDS_AGAIN,
        places=tuple(Place(folder, r"[0-9a-f]{2}/[0-9a-f]{64}-[ad]") for folder in ("~cache/go-build", "$GOCACHE")),
        step="go build …",
        clean="{step} && go clean -cache",
        runs="go (run|test|build)|air",
    ),
    Cache(
        name="go-mod-cache",
        what="modules that Go downloaded and unpacked",
        why=BUILDS_AGAIN,
        places=tuple(
            Place(folder, r"cache/(download|vcs)/|[^@]+@v\d", sign=r"^cache/(download|vcs)/")
            for folder in ("/go/pkg/mod", "~/go/pkg/mod", "$GOPATH/pkg/mod", "$GOMODCACHE")
        ),
        step="go build …",
        clean="{step} && go clean -modcache",
        left_out="vendor folders, and installed programs (bin).",
        runs="go (run|test|build)|air",
    ),
    Cache(
        name="cabal-store",
        what="Haskell packages that cabal or Stack downloaded and compiled",
        why=BUILDS_AGAIN,
        places=(
            *(
                Place(folder, r"[^/]+/", sign=r"/0[01]-index\.")
                for folder in ("~/.cabal/packages", "~cache/cabal/packages", "$CABAL_DIR/packages")
            ),
            *(
                Place(folder, r"ghc-[^/]+/[^/]+/lib/")
                for folder in ("~/.cabal/store", "~state/cabal/store", "$CABAL_DIR/store")
            ),
            *(
                Place(f"{home}/{folder}", shape)
                for home in ("~/.stack", "$STACK_ROOT")
                for folder, shape in (
                    ("pantry", r"pantry\.|hackage/"),
                    ("indices", r"Hackage/"),
                    ("snapshots", r"[^/]+/[0-9a-f]{64}/[^/]+/(lib|doc|pkgdb)/"),
                )
            ),
        ),
        step="cabal build",
        clean="",
        left_out="programs and their data in the store (bin, share), and compilers.",
        confidence=Confidence.MEDIUM,
    ),
    Cache(
        name="ccache",
        what="compiled objects that ccache keeps",
        why=BUILDS_AGAIN,
        places=tuple(
            Place(folder, r"[0-9a-f]/([0-9a-f]/|stats$|[0-9a-z]{20})")
            for folder in ("~cache/ccache", "~/.ccache", "$CCACHE_DIR")
        ),
        step="make",
    ),
    Cache(
        name="bazel-cache",
        what="downloads and repositories that Bazel keeps",
        why=BUILDS_AGAIN,
        places=(
            Place("~cache/bazel", r"(?P<at>_bazel_[^/]+/(cache|install|[0-9a-f]{32}/(external|action_cache)))/"),
            Place("~cache/bazelisk", r"downloads/"),
        ),
        step="bazel build //…",
        clean="",
        left_out="what was built (execroot), which bazel-bin points into.",
        confidence=Confidence.MEDIUM,
        runs="bazel(isk)? run",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)
