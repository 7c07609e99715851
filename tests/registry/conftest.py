"""Registries for the tests. In CI (CI=true) a missing one is a failure, elsewhere a visible skip."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import make_certificates
from registries import HASH, USER, Tokens, need, registry, rsa_certificates, token_server

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without logins; no engine answers; nothing of whoever runs the tests counts."""
    for name in (*_PROXIES, *map(str.upper, _PROXIES)):
        monkeypatch.delenv(name, raising=False)
    for name in ("DOCKER_CONTEXT", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    return home


@pytest.fixture(scope="session")
def registry_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="layerscope-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def plain(registry_folder: Path) -> Iterator[str]:
    """The address of a registry that asks for nothing, without TLS."""
    need("docker-registry")
    with registry(registry_folder / "plain") as address:
        yield address


@pytest.fixture(scope="session")
def certificates(registry_folder: Path) -> Path:
    """An authority, and a certificate of 127.0.0.1."""
    need("openssl")
    return make_certificates(registry_folder / "certificates")


@pytest.fixture(scope="session")
def locked(registry_folder: Path, certificates: Path) -> Iterator[str]:
    """The address of a registry that asks for a password, with TLS."""
    need("docker-registry")
    users = registry_folder / "users"
    users.write_text(f"{USER}:{HASH}\n")
    auth = {"htpasswd": {"realm": "tests", "path": str(users)}}
    with registry(registry_folder / "locked", auth=auth, certificates=certificates) as address:
        yield address


@pytest.fixture(scope="session")
def tokens(registry_folder: Path) -> Iterator[Tokens]:
    """A token server, with TLS."""
    need("openssl")
    with token_server(Tokens(rsa_certificates(registry_folder / "tokens"))) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(registry_folder: Path, tokens: Tokens) -> Iterator[str]:
    """The address of a registry that asks for a token, with TLS."""
    need("docker-registry")
    with registry(registry_folder / "guarded", auth=tokens.auth, certificates=tokens.certificates) as address:
        yield address


@pytest.fixture
def trusting(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    return certificates

    return dict(os.environ)
