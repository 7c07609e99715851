"""Folders in which something was compiled: where its sources are, and what tells how to build them."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from layerscope.filesystem.files import Files
from layerscope.splitting.below import Below

_COMPILED_FROM: Final = frozenset(
    {"c", "cc", "cpp", "cxx", "c++", "go", "rs", "java", "kt", "scala", "f", "f90", "zig", "hs", "ml", "swift", "cs"}
)
"""Suffixes that tell that something is compiled here."""
BUILD_FILES: Final = frozenset(
    {
        "Makefile",
        "makefile",
        "GNUmakefile",
        "Makefile.in",
        "CMakeLists.txt",
        "CMakeCache.txt",
        "configure",
        "meson.build",
    }
    | {
        "config.log",
        "config.status",
        "config.h",
        "config.h.in",
        "stamp-h1",
        "libtool",
        "install-sh",
        "depcomp",
        "missing",
    }
    | {"BUILD", "BUILD.bazel", "WORKSPACE", "build.ninja", ".ninja_log", ".ninja_deps", "compile_commands.json"}
    | {"go.mod", "go.sum", "go.work", "Cargo.toml", "Cargo.lock", "build.rs", "rust-toolchain", "rust-toolchain.toml"}
    | {"pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "gradlew", "gradlew.bat", "mvnw", "mvnw.cmd"}
    | {"build.xml", "ltmain.sh", "config.guess", "config.sub", "compile", "test-driver", "ar-lib", "autogen.sh"}
)
"""Names of files that tell how to build."""
_NO_TREES: Final = re.compile(r"(?:^|/)(?:site-packages|dist-packages|node_modules|gems|vendor/bundle)/")
_SHARED: Final = frozenset(
    {"", "bin", "etc", "home", "lib", "mnt", "opt", "root", "sbin", "srv", "tmp", "usr", "usr/bin", "usr/lib"}
    | {
        "usr/local",
        "usr/local/bin",
        "usr/local/lib",
        "usr/local/sbin",
        "usr/local/share",
        "usr/share",
        "usr/sbin",
        "var",
    }
    | {"var/lib", "var/www"}
)
"""Folders that belong to nobody alone, so that sources in them make no tree of them."""


class Trees:
    """The topmost of these folders, of files that no package owns."""

    def __init__(self, files: Files, numbers: Iterable[int], is_used: Callable[[str], bool]) -> None:
        topmost = _Topmost(files)
        found = {topmost.of(folder) for folder in _with_sources(files, numbers)}
        self._below = Below(root for root in found if root not in _SHARED)
        roots = {root if root in _SHARED else self._below.holder(root) or root for root in found}
        self._used = {root: is_used(root) for root in sorted(roots)}

    def holder(self, folder: str) -> str | None:
        """Return the tree that a folder is in; a shared folder that has sources itself is one of itself alone."""
        return folder if folder in self._used else self._below.holder(folder)

    def is_used(self, root: str) -> bool:
        """Tell whether the program uses anything of a tree."""
        return self._used[root]


def _with_sources(files: Files, numbers: Iterable[int]) -> Iterable[str]:
    folders: dict[str, None] = {}
    for number in numbers:
        entry = files.entry(number)
        is_source = entry.name.rpartition(".")[2].lower() in _COMPILED_FROM
        if is_source and entry.parent not in folders and not _NO_TREES.search(f"{entry.parent}/"):
            folders[entry.parent] = None
    return folders


class _Topmost:
    """Goes up from folders with sources to the topmost one that tells how to build them, if any does."""

    def __init__(self, files: Files) -> None:
        self._folders = files.filesystem.folders
        self._known: dict[str, str | None] = {}
        """Folder → the topmost one above it, or itself, that has a file for a build system."""

    def of(self, folder: str) -> str:
        way = []
        at = folder
        while at and at not in _SHARED and at not in self._known:
            way.append(at)
            at = at.rpartition("/")[0]
        top = self._known.get(at)
        for each in reversed(way):
            if top is None and not BUILD_FILES.isdisjoint(self._folders.get(each, {})):
                top = each
            self._known[each] = top
        return folder if top is None else top
