"""Who needs a package directly, as ``why`` tells it: every one, not only the first that dragged it in."""

from pathlib import Path
from tempfile import TemporaryDirectory

from builders import file
from looking import RUN, archive_of
from rpm_files import as_sqlite, header
from test_apk import alpine, told
from test_npm import package, project

import layerscope


def needed_by(what: str, *members: bytes) -> dict[str, list[tuple[str, str]]]:
    """Return the package's record → who needs it; the same whether contents are read on demand or as they pass."""
    answers = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        for compressed in (False, True):
            path.write_bytes(archive_of([RUN("install", *members)], compressed=compressed))
            found = layerscope.why(str(path), what).packages
            answers.append({each.package.record: [(n.name, n.how) for n in each.needed_by or ()] for each in found})
    assert answers[0] == answers[1]
    return answers[0]


def test_alpine_packages() -> None:
    books = alpine(
        told("tool", "D:so:libz.so.1>=1.2 !zlib-ng musl"),
        told("zlib", "p:so:libz.so.1=1.2.13", "D:zlib"),
        told("other", "D:zlib<2"),
        told("not", "D:!zlib"),
        told(".build-deps", "T:virtual meta package", "D:zlib"),
        world="tool",
    )

    assert needed_by("zlib", *books) == {
        "lib/apk/db/installed": [(".build-deps", "names it"), ("other", "depends on it"), ("tool", "depends on it")]
    }
    assert needed_by("tool", *books) == {"lib/apk/db/installed": []}


def test_rpm_packages() -> None:
    database = as_sqlite(
        [
            header("tool", requires=["libtool.so", "/usr/bin/sh"], recommends=["docs"]),
            header("libs", provides=["libtool.so"], requires=["libs"]),
            header("shell", files=["/usr/bin/sh"], recommends=["libs"]),
            header("docs", requires=["libs"], recommends=["libs"]),
        ]
    )
    at = "var/lib/rpm/rpmdb.sqlite"

    def needs(what: str) -> list[tuple[str, str]]:
        return needed_by(what, file(at, database))[at]

    assert needs("libs") == [("docs", "depends on it"), ("shell", "recommends it"), ("tool", "depends on it")]
    assert needs("shell") == [("tool", "depends on it")]
    assert needs("docs") == [("tool", "recommends it")]
    assert needs("tool") == []


def test_node_packages_need_the_one_that_they_would_get() -> None:
    at = "app/node_modules"
    members = project(
        package(f"{at}/express", needs="debug"),
        package(f"{at}/express/node_modules/debug"),
        package(f"{at}/debug"),
        package(f"{at}/jest", needs="debug"),
        package(f"{at}/@scope/kit", optional="debug"),
        needs="express",
        dev="jest @scope/kit",
    )

    assert needed_by("npm:debug", *members) == {
        f"{at}/debug/package.json": [("@scope/kit", "depends on it"), ("jest", "depends on it")],
        f"{at}/express/node_modules/debug/package.json": [("express", "depends on it")],
    }
    assert needed_by("@scope/kit", *members) == {f"{at}/@scope/kit/package.json": []}


def test_of_a_manager_that_does_not_tell_nothing_is_said(tmp_path: Path) -> None:
    spec = b'Gem::Specification.new do |s|\n  s.name = "rake".freeze\n  s.version = "13.0".freeze\nend\n'
    path = tmp_path / "image.tar"
    path.write_bytes(archive_of([RUN("gem install", file("usr/lib/gems/specifications/rake-13.0.gemspec", spec))]))

    [rake] = layerscope.why(str(path), "rake").packages
    assert (rake.package.manager, rake.needed_by) == ("gem", None)
