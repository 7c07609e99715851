"""Packages as dpkg, apt and pip themselves tell of them in a container of the image."""

import json
import re
from collections.abc import Callable
from os.path import normpath
from pathlib import Path
from typing import NamedTuple

import pytest
from bases import build
from engines import Engine

import layerscope
from layerscope.report import PackageReport, Report

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("rebuild")]

# Files that are gone, rewritten, diverted; packages that are there for others, by hand, and no longer for anybody.
DEBIAN = """
    FROM debian:1
    RUN apt-get update && apt-get install -y --no-install-recommends git file && apt-get install -y less
    RUN apt-mark auto file && rm -rf /usr/share/doc/* /var/lib/apt/lists/* && chmod -R go-w /usr/bin
    RUN dpkg-divert --local --rename --add /usr/bin/less && ln -s /bin/more /usr/bin/less
    """
PYTHON = """
    FROM python:1
    RUN pip install --no-cache-dir --no-compile flask
    RUN pip install --no-cache-dir rich && python3 -c 'import flask' \\
     && rm -rf /usr/local/lib/python3*/dist-packages/flask/sansio
    """

# Of each package the paths where its files stand, diverted ones elsewhere, then what dpkg keeps beside.
OF_DPKG = r"""
    for package in $(dpkg-query -W -f '${binary:Package}\n'); do
        echo "package $package"
        dpkg -L "$package" | awk '
            /^(diverted by .*|locally diverted) to: / { sub(/^.* to: /, ""); path = $0; next }
            /^package diverts others to: / { next }
            { if (path) print path; path = $0 }
            END { print path }' | xargs -d '\n' stat -c '%i %s %F' 2>/dev/null
    done
    cd /var/lib/dpkg/info && stat -c 'book %s %n' *
    """


class Shown(NamedTuple):
    """An image as the engine runs it, and as layerscope reads it."""

    ask: Callable[[str], str]
    archive: Path
    report: Report

    def packages(self, manager: str) -> dict[str, PackageReport]:
        return {each.name: each for each in self.report.packages if each.manager == manager}

    def needed_by(self, package: str) -> set[str]:
        [found] = layerscope.why(str(self.archive), package).packages
        return {each.name for each in found.needed_by or ()}


@pytest.fixture(scope="module")
def show(
    engine: Engine, base: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Shown]:
    def shows(name: str, dockerfile: str) -> Shown:
        folder = tmp_path_factory.mktemp(name)
        base(dockerfile.split()[1].partition(":")[0])
        build(engine, f"{name}:packages", dockerfile, folder)
        archive = engine.save(f"{name}:packages", folder / "image.tar")

        def ask(script: str) -> str:
            return engine.docker("run", "--rm", "--network=none", f"{name}:packages", "sh", "-c", script)

        return Shown(ask, archive, layerscope.inspect(str(archive)))

    return shows


@pytest.fixture(scope="module")
def debian(show: Callable[[str, str], Shown]) -> Shown:
    return show("shop", DEBIAN)


@pytest.fixture(scope="module")
def python(show: Callable[[str, str], Shown]) -> Shown:
    return show("flask", PYTHON)


def bytes_of_dpkg(told: str) -> dict[str, int]:
    """Add up what the container says, hard links once; what several packages list (``/lib``, a link) is the first's."""
    inodes: dict[str, dict[str, int]] = {}
    seen: set[str] = set()
    books: dict[str, int] = {}
    current = ""
    for line in told.splitlines():
        first, second, rest = (*line.split(" ", 2), "")[:3]
        if first == "package":
            current = second
            inodes[current] = {}
        elif first == "book":
            owner = rest.rpartition(".")[0]
            books[owner] = books.get(owner, 0) + int(second)
        elif rest != "directory" and first not in seen:
            seen.add(first)
            inodes[current][first] = int(second)
    return {
        package.partition(":")[0]: sum(files.values()) + sum(books.get(name, 0) for name in names_of(package))
        for package, files in inodes.items()
    }


def names_of(package: str) -> set[str]:
    """``libc6:amd64`` has its books under that name, others under their own."""
    return {package, package.partition(":")[0]}


def test_bytes_of_debian_packages_are_those_of_their_files_on_disk(debian: Shown) -> None:
    told = bytes_of_dpkg(debian.ask(OF_DPKG))

    assert {name: each.content_bytes for name, each in debian.packages("dpkg").items()} == told
    assert len(told) > 90
    assert told["git"] > 10_000_000


def test_versions_of_debian_packages(debian: Shown) -> None:
    lines = debian.ask(r"dpkg-query -W -f '${Package} ${Version}\n'").splitlines()

    assert {name: each.version for name, each in debian.packages("dpkg").items()} == dict(map(str.split, lines))


def test_who_was_asked_for_is_who_apt_says(debian: Shown) -> None:
    told = set(debian.ask("apt-mark showmanual").splitlines())

    packages = debian.packages("dpkg")
    assert {name for name, each in packages.items() if each.requested} == told
    assert {"git", "less"} <= told
    assert not told & {"file", "perl"}
    assert (packages["git"].layer, packages["file"].layer) == (1, 1)


@pytest.mark.parametrize("package", ["perl-modules-5.36", "libcurl3-gnutls", "zlib1g", "libmagic1", "git"])
def test_who_needs_a_debian_package_is_who_apt_says(debian: Shown, package: str) -> None:
    others = ("suggests", "conflicts", "breaks", "replaces", "enhances")
    told = debian.ask(f"apt-cache rdepends --installed {' '.join(f'--no-{other}' for other in others)} {package}")

    # Of one that others need in any architecture (perl:any) apt does not tell all.
    assert debian.needed_by(package) == {line.strip(" |") for line in told.splitlines() if line.startswith(" ")}


def test_what_git_dragged_in_is_explained_up_to_it(debian: Shown) -> None:
    [found] = layerscope.why(str(debian.archive), "libperl5.36").packages

    assert [each.name for each in found.chain] == ["git", "perl", "libperl5.36"]
    assert (found.by.layer, found.by.kind) == (1, "RUN")
    assert "install -y --no-install-recommends git file" in found.by.text


# What pip knows as JSON on the first line, what it shows of each, then all files.
OF_PIP = r"""
    export PYTHONDONTWRITEBYTECODE=1
    cd /usr/local/lib/python3.*/dist-packages
    pip inspect --path . 2>/dev/null | tr -d '\n'
    for info in *.dist-info; do echo; pip show -f "${info%%-*}"; done
    find /usr/local \! -type d -printf 'file %s %p\n'
    """


class Pip(NamedTuple):
    """A package as pip shows it."""

    content_bytes: int
    version: str
    requested: bool
    needed_by: set[str]


def pip_of(told: str) -> dict[str, Pip]:
    """Read what the container says."""
    known, _, rest = told.partition("\n")
    requested = {each["metadata"]["name"]: each["requested"] for each in json.loads(known)["installed"]}
    sizes = {path: int(size) for size, path in re.findall(r"^file (\d+) (.*)$", rest, re.MULTILINE)}
    found = {}
    for shown in re.findall(r"^(Name: .*?)(?=^Name: |^file )", rest, re.MULTILINE | re.DOTALL):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", shown, re.MULTILINE))
        files = {normpath(f"{fields['Location']}/{path}") for path in re.findall(r"^  (.*)$", shown, re.MULTILINE)}
        weight = sum(size for path, size in sizes.items() if path in files or source_of(path) in files)
        needed_by = set(fields.get("Required-by", "").split(", ")) - {""}
        found[fields["Name"]] = Pip(weight, fields["Version"], requested[fields["Name"]], needed_by)
    return found


def source_of(path: str) -> str:
    """Name the module that a file was compiled of."""
    folder, _, name = path.rpartition("/__pycache__/")
    return f"{folder}/{name.partition('.')[0]}.py"


def test_python_packages_are_those_that_pip_shows(python: Shown) -> None:
    told = pip_of(python.ask(OF_PIP))

    packages = {name: each for name, each in python.packages("python").items() if "/local/" in each.record}
    assert packages.keys() == told.keys()
    assert {"Flask", "Werkzeug", "rich"} <= packages.keys()
    for name, package in packages.items():
        seen = Pip(package.content_bytes, package.version, bool(package.requested), python.needed_by(name))
        assert seen == told[name], name
    assert {name for name, each in told.items() if each.requested} == {"Flask", "rich"}
    assert (packages["Flask"].layer, packages["rich"].layer) == (packages["rich"].layer - 1, packages["rich"].layer)


def test_what_flask_dragged_in_is_explained_up_to_it(python: Shown) -> None:
    [found] = layerscope.why(str(python.archive), "python:markupsafe").packages

    assert (found.chain[0].name, found.chain[-1].name) == ("Flask", "MarkupSafe")
    assert found.by.text.startswith("pip install --no-cache-dir --no-compile flask")
