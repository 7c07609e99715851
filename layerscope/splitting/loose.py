"""Files that no package of the distribution owns, sorted: what was made to be run, and what the building of it left.

What fits no row here is kept: it is what the user's instructions made.
"""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.splitting.trees import BUILD_FILES, Trees


class Kind(StrEnum):
    """What a file is to the program."""

    ARTEFACT = "artefact"
    STATE = "state"
    """Books that package managers and user tools keep: written anew where they run anew."""
    CACHE = "cache"
    TOOLCHAIN = "tool chain"
    SOURCES = "sources"


TOOLS: Final = frozenset({Kind.TOOLCHAIN, Kind.SOURCES})
"""What serves building alone."""


class Place(NamedTuple):
    """Where a file belongs."""

    kind: Kind
    what: str
    """The folder, from the root, that is spoken of; of an artefact empty."""
    reason: str


ARTEFACT: Final = Place(Kind.ARTEFACT, "", "")
STATE: Final = Place(Kind.STATE, "", "")

_STATE_FILES: Final = frozenset(
    {f"etc/{name}{end}" for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid") for end in ("", "-")}
    | {"etc/.pwd.lock", "etc/ld.so.cache", "etc/apk/world", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"}
    | {"etc/ca-certificates.conf", "etc/mailcap", "etc/shells", "etc/timezone", "etc/localtime", "etc/machine-id"}
    | {"usr/share/info/dir", "usr/share/mime/mime.cache", "etc/environment", "var/lib/shells.state", ".dockerenv"}
    | {"usr/share/glib-2.0/schemas/gschemas.compiled", "var/log/lastlog", "var/log/faillog"}
)
_STATE_FOLDERS: Final = (
    *("var/lib/dpkg/", "var/lib/apt/", "var/cache/apt/", "var/cache/debconf/", "var/cache/ldconfig/", "var/lib/ucf/"),
    *("lib/apk/db/", "usr/lib/apk/db/", "var/cache/apk/", "var/lib/rpm/", "usr/lib/sysimage/", "var/cache/man/"),
    *("var/lib/systemd/", "var/lib/pam/", "var/lib/xml-core/", "var/lib/sgml-base/", "var/lib/emacsen-common/"),
    *("etc/alternatives/", "etc/rc", "etc/systemd/system/", "etc/pam.d/", "var/cache/fontconfig/", "var/lib/python/"),
    *(
        "var/log/apt/",
        "var/log/dpkg.log",
        "var/log/alternatives.log",
        "var/log/fontconfig.log",
        "var/log/bootstrap.log",
    ),
    *(
        "var/lib/dnf/",
        "var/cache/dnf/",
        "var/cache/yum/",
        "var/lib/yum/",
        "var/log/dnf",
        "var/log/yum",
        "var/log/journal",
    ),
)
_TEMPORARY: Final = ("tmp/", "var/tmp/", "run/", "var/run/", "var/cache/", "dev/", "proc/", "sys/", "var/log/")

_HOME: Final = r"(?:root|home/[^/]++)"
_AGAIN: Final = "a cache, read when something is built again"
_FOLDERS: Final = (
    # Shapes of folders, a slash behind each.
    (
        Kind.CACHE,
        rf"{_HOME}/\.cache/(?!huggingface/|torch/|whisper/|ms-playwright/|puppeteer/|deno/|pypoetry/virt)",
        _AGAIN,
    ),
    (Kind.CACHE, rf"{_HOME}/\.(?:npm|yarn|pnpm-store|node-gyp|m2|gradle|ivy2|sbt|nuget|cpan|cpanm|ccache)/", _AGAIN),
    (Kind.CACHE, rf"{_HOME}/\.(?:bundle|composer)/cache/", _AGAIN),
    (Kind.CACHE, rf"(?:{_HOME}/)?go/pkg/", "modules that Go downloaded"),
    (Kind.CACHE, rf"(?:{_HOME}/\.cargo|usr/local/cargo)/(?:registry|git)/", "crates that Cargo downloaded"),
    (Kind.CACHE, r"usr/local/share/\.cache/", _AGAIN),
    (Kind.CACHE, rf"{_HOME}/\.local/share/(?:pnpm/store|NuGet)/", _AGAIN),
    (Kind.TOOLCHAIN, r"usr/local/go/", "Go's tool chain"),
    (Kind.TOOLCHAIN, rf"(?:{_HOME}/\.rustup|usr/local/rustup)/", "Rust's tool chain"),
    (Kind.TOOLCHAIN, r"(?:opt|usr/local|usr/share)/(?:apache-)?(?:maven|gradle|ant)(?:-[\w.]+)?/", "a build system"),
    (Kind.TOOLCHAIN, rf"{_HOME}/\.sdkman/(?!candidates/java/)", "an installer of tool chains"),
    (
        Kind.TOOLCHAIN,
        rf"(?:usr/(?:share|lib)/dotnet|{_HOME}/\.dotnet|opt/dotnet)/sdk/",
        ".NET's development kit",
    ),
    (
        Kind.TOOLCHAIN,
        r"usr/(?:local/)?lib/node_modules/(?:npm|corepack|yarn|pnpm|node-gyp)/",
        "installs packages of JavaScript",
    ),
    (
        Kind.TOOLCHAIN,
        r"(?:opt|usr/local|usr/lib/jvm)/(?=[^/]*(?:jdk|java|jvm))[^/]*+/(?:jmods|include|demo|sample)/",
        "Java's development kit",
    ),
    (Kind.TOOLCHAIN, r"usr/local/include/", "headers, which only a compiler reads"),
    (Kind.TOOLCHAIN, r"usr/local/(?:lib(?:64)?|share)/(?:pkgconfig|cmake|aclocal)/", "what only a build system reads"),
)
_FILES: Final = (
    # Shapes of files, in folders that hold others too.
    (
        Kind.TOOLCHAIN,
        rf"(?:{_HOME}/\.cargo|usr/local/cargo)/(?:env|config\.toml|\.[^/]+|bin/(?:rust|cargo|clippy-driver|rls)[^/]*)$",
    ),
    (Kind.TOOLCHAIN, r"(?:opt|usr/local|usr/lib/jvm)/(?=[^/]*(?:jdk|java|jvm))[^/]*+/(?:lib/)?src\.zip$"),
    (Kind.TOOLCHAIN, r"(?:usr/local|opt/[^/]++)/lib(?:64|/(?=[^/]*-linux-)[^/]++)?/[^/]+\.(?:a|la)$"),
    (Kind.CACHE, rf"{_HOME}/\.(?:wget-hsts|lesshst|python_history|node_repl_history|bash_history)$"),
)

_SOURCES: Final = frozenset(
    {"c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "inc", "go", "rs", "java", "kt", "kts", "scala", "groovy"}
    | {"f", "f90", "m", "mm", "s", "asm", "zig", "hs", "ml", "mli", "swift", "cs", "fs", "vb", "proto", "y", "l", "d"}
    | {"csproj", "fsproj", "sln", "cmake", "am", "ac", "m4", "pc", "gradle", "sbt"}
)
"""Suffixes of what is compiled, or tells how to."""
_BETWEEN: Final = frozenset({"o", "lo", "la", "a", "obj", "rlib", "rmeta", "gch", "pch", "gcda", "gcno"})
_ABOUT: Final = re.compile(
    r"(?:README|CHANGELOG|CHANGES|CONTRIBUTING|HISTORY|TODO|INSTALL)(?:\.(?:md|txt|rst))?|Dockerfile.*|Containerfile"
    r"|(?:docker-)?compose.*\.ya?ml|\.dockerignore|\.gitignore|\.gitattributes|\.editorconfig|\.clang-format"
    r"|CACHEDIR\.TAG|\.rustc_info\.json|\.cargo-lock"
)
_BUILD_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:\.git|\.hg|\.svn|CMakeFiles|autom4te\.cache|\.deps|\.github|\.gradle|\.cargo"
    r"|target/(?:release|debug|[^/]+-linux-[^/]+/release)/(?:deps|build|incremental|examples|\.fingerprint)"
    r"|target/(?:maven-status|maven-archiver|generated-sources|generated-test-sources|test-classes|surefire-reports)"
    r"|build/(?:temp\.[^/]+|bdist\.[^/]+)|obj(?:\.target)?)/"
)
_WORKSHOPS: Final = re.compile(
    r"(?:^|/)(?:src|source|sources|build|builder|workspace|work|checkout|repo)(?:/|$)|^(?:tmp|root|usr/src|var/tmp)/"
)
"""Folders named as those in which things are made and not kept."""


def is_state(path: str) -> bool:
    """Tell whether a package manager or a tool for accounts keeps its books there."""
    return path in _STATE_FILES or path.startswith(_STATE_FOLDERS)


class Sorter:
    """Sorts the loose files of one image."""

    def __init__(
        self, files: Files, numbers: Iterable[int], is_used: Callable[[str], bool], *, compiles: bool = False
    ) -> None:
        self._files = files
        # Where the container itself compiles, sources are what it runs.
        self._trees = Trees(files, () if compiles else numbers, is_used)
        self._folders: dict[str, Place | None] = {}

    def place(self, number: int) -> Place:
        """Say where a file belongs."""
        entry = self._files.entry(number)
        path, parent = entry.path, entry.parent
        if is_state(path):
            return STATE
        if entry.kind is EntryKind.SYMLINK and path.startswith("var/log/"):
            return ARTEFACT  # it says where to log to
        if parent not in self._folders:
            self._folders[parent] = _place_of_folder(f"{parent}/")
        place = self._folders[parent]
        if place is not None:
            return place
        for kind, shape in _shapes_of_files():
            if shape.match(path):
                return Place(kind, f"/{parent}", "left by a tool chain")
        return self._of_tree(path, parent, entry.name)

    def is_left(self, folder: str) -> bool:
        """Tell whether all that is made in a folder is left behind, so that nobody misses it when it is empty."""
        place = _place_of_folder(f"{folder}/")
        return self._trees.holder(folder) is not None or (place is not None and place.kind is not Kind.ARTEFACT)

    def _of_tree(self, path: str, parent: str, name: str) -> Place:
        root = self._trees.holder(parent)
        if root is None:
            return ARTEFACT
        where = f"/{root}"
        if not self._trees.is_used(root) and _WORKSHOPS.search(f"{root}/"):
            return Place(Kind.SOURCES, where, "sources and what was made of them: the program uses nothing in there")
        suffix = name.rpartition(".")[2].lower() if "." in name[1:] else ""
        if suffix in _SOURCES or name in BUILD_FILES or _ABOUT.fullmatch(name):
            return Place(Kind.SOURCES, where, "sources, which were compiled")
        if suffix in _BETWEEN or _BUILD_FOLDERS.search(path):
            return Place(Kind.SOURCES, where, "steps on the way to what was compiled")
        return ARTEFACT


def _place_of_folder(folder: str) -> Place | None:
    """Say what all that is in a folder is, if that is one thing."""
    if folder.startswith(_TEMPORARY):
        names = folder.split("/")
        return Place(Kind.CACHE, "/" + "/".join(names[: 2 if names[0] == "var" else 1]), "what no program counts on")
    for kind, shape, reason in _shapes_of_folders():
        if match := shape.match(folder):
            return Place(kind, f"/{match[0].rstrip('/')}", reason)
    return None


@cache
def _shapes_of_folders() -> tuple[tuple[Kind, re.Pattern[str], str], ...]:
    return tuple((kind, re.compile(shape), reason) for kind, shape, reason in _FOLDERS)


@cache
def _shapes_of_files() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(shape)) for kind, shape in _FILES)
