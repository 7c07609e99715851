"""Engines for the tests. In CI (CI=true) a missing one is a failure, elsewhere a visible skip."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import IN_CI, Engine, absent, docker_engine, podman_engine, registry
from recipes import make_context

_NEEDED = ("dockerd", "docker", "openssl", "busybox", "setpriv", "unshare", "prlimit")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget how whoever runs the tests reaches their engine."""
    authorities = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # they would go before those of the engine
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", *authorities):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))


@pytest.fixture(scope="session")
def engine_folder() -> Iterator[Path]:
    """A folder for all engines, with a short name, since a socket's path must be; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="layerscope-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def engine(engine_folder: Path) -> Iterator[Engine]:
    """A private Docker daemon with the image ``base:1``."""
    _need(*_NEEDED)
    folder = engine_folder / "docker"
    folder.mkdir()
    with docker_engine(folder) as running:
        yield running


@pytest.fixture(scope="session")
def podman(engine_folder: Path) -> Iterator[Engine]:
    """Podman, behind its socket."""
    _need("podman", *_NEEDED)
    folder = engine_folder / "podman"
    folder.mkdir()
    with podman_engine(folder) as running:
        yield running


@pytest.fixture(scope="session")
def registry_address(engine_folder: Path) -> Iterator[str]:
    """A private registry."""
    _need("docker-registry")
    with registry(engine_folder) as address:
        yield address


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_context(tmp_path_factory.mktemp("context"))


@pytest.fixture
def reached(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine, where DOCKER_HOST points to."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    return engine


def _need(*programs: str) -> None:
    reason = absent(*programs)
    if reason and IN_CI:
        pytest.fail(f"a real engine is needed in CI: {reason}")
    if reason:
        pytest.skip(f"no real engine: {reason}")


@pytest.fixture
def unprivileged() -> tuple[str, ...]:
    """Put before a command, takes away what root may do to files that are not root's to open."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
