"""Which engine is asked: the one that the docker command would ask."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from engines import Engine, layerscope_command, make_certificates

import layerscope
from layerscope.errors import EngineError

real = pytest.mark.engine
pytestmark = pytest.mark.xdist_group("engine")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the docker command's settings, without a config.json, away from the working directory."""
    folder = tmp_path / "docker-config"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    return folder


def write_context(config: Path, name: str, text: str) -> None:
    folder = config / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(text)


@real
@pytest.mark.usefixtures("reached")
def test_docker_host() -> None:
    assert layerscope.inspect("base:1").image.reference == "base:1"


@real
def test_a_context_by_variable(engine: Engine, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.docker("context", "create", "ours", f"--docker=host={engine.host}", DOCKER_CONFIG=str(config))
    assert not (config / "config.json").exists()
    monkeypatch.setenv("DOCKER_CONTEXT", "ours")
    assert layerscope.inspect("base:1").image.reference == "base:1"


@real
def test_the_current_context(engine: Engine, config: Path) -> None:
    settings = {"DOCKER_CONFIG": str(config)}
    engine.docker("context", "create", "ours", f"--docker=host={engine.host}", **settings)
    engine.docker("context", "use", "ours", **settings)
    assert layerscope.inspect("base:1").image.reference == "base:1"


@real
def test_docker_host_goes_before_contexts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the docker command, which does not even look whether the context exists."""
    engine.docker("image", "inspect", "base:1", DOCKER_CONTEXT="unknown")
    monkeypatch.setenv("DOCKER_CONTEXT", "unknown")
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    assert layerscope.inspect("base:1").image.reference == "base:1"


@real
def test_tls_by_variables(engine: Engine) -> None:
    variables = {
        "DOCKER_HOST": engine.secure_host,
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(engine.certificates),
    }
    done = layerscope_command("inspect", "base:1", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("base:1 ")


@real
def test_tls_by_context(engine: Engine, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ",".join(f"{name}={engine.certificates}/{name}.pem" for name in ("ca", "cert", "key"))
    endpoint = f"--docker=host={engine.secure_host},{files}"
    engine.docker("context", "create", "secure", endpoint, DOCKER_CONFIG=str(config))
    monkeypatch.setenv("DOCKER_CONTEXT", "secure")
    assert layerscope.inspect("base:1").image.reference == "base:1"


@real
def test_tls_is_verified(engine: Engine, tmp_path: Path) -> None:
    """Another authority's word does not count, and without a certificate of our own the engine does not listen."""
    others = make_certificates(tmp_path / "others")
    for variables in (
        {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(others)},
        {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)},
        {},
    ):
        done = layerscope_command("inspect", "base:1", DOCKER_HOST=engine.secure_host, **variables)
        what, hint = done.stderr.splitlines()
        assert what.startswith("layerscope: the engine at ")
        assert hint == "  Check DOCKER_HOST, DOCKER_CONTEXT and the TLS variables, or name a saved archive."
        assert (done.stdout, done.returncode) == ("", 3)


def test_an_unknown_context(config: Path) -> None:
    done = layerscope_command("inspect", "base:1", DOCKER_CONFIG=str(config), DOCKER_CONTEXT="unknown")
    assert done.stderr == (
        "layerscope: the context 'unknown' of DOCKER_CONTEXT does not exist\n  docker context ls lists those that do.\n"
    )
    assert (done.stdout, done.returncode) == ("", 3)


def test_an_unknown_current_context(config: Path) -> None:
    (config / "config.json").write_text('{"currentContext": "gone"}')
    with pytest.raises(EngineError, match="the current context 'gone' does not exist"):
        layerscope.inspect("base:1")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Endpoints": {"docker": {"Host": 1}}}', '{"Endpoints": {}}'])
def test_a_context_that_cannot_be_read(text: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_context(config, "broken", text)
    monkeypatch.setenv("DOCKER_CONTEXT", "broken")
    with pytest.raises(EngineError, match="the context 'broken' of DOCKER_CONTEXT cannot be read: "):
        layerscope.inspect("base:1")


@pytest.mark.parametrize("settings", ["", "{", "[]", "{}", '{"currentContext": "default"}', '{"currentContext": ""}'])
def test_without_anything_the_usual_socket(settings: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config / "config.json").write_text(settings)
    asked = []

    def client(**options: object) -> None:
        asked.append(options["base_url"])
        raise FileNotFoundError

    monkeypatch.setattr("docker.APIClient", client)
    with pytest.raises(EngineError, match=r"no engine answers at unix:///var/run/docker\.sock"):
        layerscope.inspect("docker-daemon:base:1")
    assert asked == ["unix:///var/run/docker.sock"]


@pytest.mark.parametrize(
    ("files", "unverified", "expected"),
    [
        ((), False, None),
        ((), True, (None, None, False)),
        (("ca.pem",), False, ("ca.pem", None, True)),
        (("ca.pem", "cert.pem", "key.pem"), False, ("ca.pem", ("cert.pem", "key.pem"), True)),
        (("cert.pem", "key.pem"), True, (None, ("cert.pem", "key.pem"), False)),
    ],
)
def test_the_certificates_of_a_context(
    files: tuple[str, ...],
    unverified: bool,
    expected: tuple[object, ...] | None,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = {"Host": "tcp://127.0.0.1:1", "SkipTLSVerify": unverified}
    write_context(config, "c", json.dumps({"Name": "c", "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    folder = config / "contexts" / "tls" / sha256(b"c").hexdigest() / "docker"
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).touch()
    asked = []

    def client(**options: object) -> None:
        asked.append(options.get("tls"))
        raise ConnectionRefusedError

    monkeypatch.setattr("docker.APIClient", client)
    monkeypatch.setenv("DOCKER_CONTEXT", "c")
    with pytest.raises(EngineError, match=r"no engine answers at tcp://127\.0\.0\.1:1"):
        layerscope.inspect("docker-daemon:base:1")
    (tls,) = asked
    if expected is None:
        assert tls is None
    else:
        ca, pair, verified = expected
        assert tls.ca_cert == (str(folder / ca) if ca else None)
        assert tls.cert == (tuple(str(folder / name) for name in pair) if pair else None)
        assert tls.verify is verified
