"""An engine for the pairs, their bases, and the table of what was predicted and what came."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apps
import pairs
import pytest
from bases import RECIPES, bootstrap, build
from contexts import make_context
from engines import IN_CI, Engine, absent, docker_engine
from machine import debian_mirror

_NEEDED = ("dockerd", "docker", "openssl", "busybox", "setpriv", "unshare", "debootstrap", "git", "tar")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A private Docker daemon, for pairs only."""
    reason = absent(*_NEEDED) or ("" if debian_mirror() else "apt is told no mirror of Debian")
    if reason and IN_CI:
        pytest.fail(f"a real engine is needed in CI: {reason}")
    if reason:
        pytest.skip(f"no real engine: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="layerscope-", dir="/tmp"))  # a socket's path must be short
    with docker_engine(folder) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_context(tmp_path_factory.mktemp("context"))


@pytest.fixture(scope="session")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Make a base by its name, with those that it stands on, and none twice."""
    empty = tmp_path_factory.mktemp("empty")
    made: dict[str, str] = {}

    def make(name: str) -> str:
        if name not in made:
            if name == "debian":
                made[name] = bootstrap(engine, engine.folder)
            else:
                below = RECIPES[name].split()[1].partition(":")[0]
                make(below)
                made[name] = build(engine, f"{name}:1", RECIPES[name], empty)
        return made[name]

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what pairs, splits and common parents gave, as the pages of docs/ have it."""
    passed_or_not = (report for each in ("passed", "failed") for report in terminalreporter.stats.get(each, ()))
    properties = [item for report in passed_or_not for item in report.user_properties]
    tables = {"rebuilt": pairs.COLUMNS, "split": apps.COLUMNS, "shared": pairs.SHARED_COLUMNS}
    for name, columns in tables.items():
        rows = [value for key, value in properties if key == name]
        if rows:
            terminalreporter.section(name)
        for row in (columns, ("---",) * len(columns), *rows) if rows else ():
            terminalreporter.write_line(f"| {' | '.join(row)} |")
