"""Packages that serve building alone, told by the distribution's own section and by names."""

import re
from functools import cache
from typing import Final

_SECTIONS: Final = {
    "devel": "a tool for development",
    "libdevel": "headers and libraries to compile with",
    "debug": "symbols for debuggers",
    "vcs": "version control",
}
"""Debian's own sections (Debian Policy, 2.4)."""

_RUN_ALL_THE_SAME: Final = frozenset({"gettext-base", "lsb-release"})
"""In such a section or of such a name, and yet what scripts run."""
_NAMES: Final = {
    "headers and libraries to compile with": r".*-(?:dev|devel|headers)",
    "symbols for debuggers": r".*-(?:dbg|dbgsym|debuginfo|debugsource)",
    "a compiler or linker": (
        r"build-essential|build-base|(?:gcc|g\+\+|cpp|gfortran|gobjc|gnat|gdc)(?:-.*)?|binutils(?:-.*)?|clang(?:-\d+)?"
        r"|clang-tools.*|llvm(?:-\d+)?(?:-tools)?|lld(?:-\d+)?|mold|nasm|yasm|tcc|libc-dev-bin|musl-tools"
    ),
    "a build system": (
        r"make|cmake(?:-.*)?|ninja|ninja-build|meson|scons|autoconf.*|automake.*|autopoint|libtool|m4|pkg-config"
        r"|pkgconf.*|bison|flex|patch|gperf|re2c|swig.*|dpkg-dev|debhelper|dh-.*|fakeroot|gettext|help2man|texinfo"
        r"|intltool|ccache|doxygen|ant|maven|gradle|sbt|rake-compiler|patchutils|protobuf-compiler|bazel.*|abuild"
    ),
    "a debugger or profiler": r"gdb.*|lldb(?:-\d+)?|valgrind|strace|ltrace",
    "version control": r"git|git-man|git-core|git-lfs|mercurial.*|subversion|bzr|cvs|fossil",
    "Go's tool chain": r"golang(?:-.*)?|gccgo(?:-.*)?|go",
    "Rust's tool chain": r"rustc(?:-.*)?|cargo(?:-.*)?|rustup|rust|rust-(?:src|gdb|clippy|std-.*)|libstd-rust-.*",
    "Java's development kit": r".*-jdk(?:-.*)?|openjdk\d+|java-.*-devel",
    ".NET's development kit": r"dotnet\d*-sdk(?:-.*)?|dotnet-sdk(?:-.*)?",
    "another language's tool chain": r"ghc|cabal-install|haskell-stack|ocaml(?:-nox)?|opam|fpc|nim|ldc|valac|zig",
    "installs packages of Python": (
        r"python3?-(?:pip|pip-whl|setuptools|wheel|venv|virtualenv|build|distutils|lib2to3|poetry)"
        r"|python3\.\d+-(?:venv|distutils)|py3-(?:pip|setuptools|wheel|virtualenv)|cython3?|virtualenv|pipx|pipenv"
    ),
    "installs packages of JavaScript": (r"npm|yarnpkg|yarn|pnpm|node-gyp|libnode-dev|eslint|webpack|node-typescript"),
    "a generator of static sites": r"hugo|jekyll|mkdocs(?:-.*)?|pelican|python3-sphinx",
    "installs packages of PHP": r"composer",
}


def why_building(name: str, section: str = "") -> str:
    """Say why a package serves building alone; empty for one of which that is not known."""
    if name in _RUN_ALL_THE_SAME:
        return ""
    return _SECTIONS.get(section) or next((why for why, shape in _shapes() if shape.fullmatch(name)), "")


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((why, re.compile(shape)) for why, shape in _NAMES.items())
