"""Pulling, from a private registry on the loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import Engine, layerscope_command

import layerscope
from layerscope.errors import NotFoundError

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


class Heard:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int | None]] = []
        self.amounts: list[int] = []

    def start(self, what: str, total: int | None, *_: object) -> None:
        self.steps.append((what, total))
        self.amounts.append(0)

    def advance(self, amount: int, *_: object) -> None:
        assert amount >= 0
        self.amounts[-1] += amount


@pytest.fixture
def pushed(reached: Engine, registry_address: str, context: Path) -> Iterator[str]:
    """An image that the registry has and the engine has not."""
    name = f"{registry_address}/app/pulled:1"
    reached.build("to-push:1", "FROM base:1\nRUN head -c 9000000 /dev/urandom > /noise", context)
    reached.docker("tag", "to-push:1", name)
    reached.docker("push", name)
    reached.docker("rmi", "--force", name, "to-push:1")
    yield name
    reached.docker("rmi", "--force", name)


def test_a_missing_image_is_pulled(pushed: str) -> None:
    heard = Heard()
    report = layerscope.inspect(pushed, progress=heard)
    assert report.image.reference == pushed
    assert report.totals.content_bytes > 9_000_000
    assert heard.steps == [(f"pulling {pushed}", None), (f"reading {pushed} from the engine", None)]
    pulled, read = heard.amounts
    assert pulled > 8_000_000
    assert read > report.totals.tar_bytes
    assert layerscope.inspect(pushed, pull="never") == report


def test_an_image_by_its_digest_is_pulled(pushed: str, reached: Engine) -> None:
    report = layerscope.inspect(pushed)
    by_digest = reached.docker("image", "inspect", "--format={{index .RepoDigests 0}}", pushed)
    reached.docker("rmi", "--force", pushed)
    again = layerscope.inspect(by_digest)
    assert again.image.image_id == report.image.image_id
    assert again.image.reference == by_digest


def test_docker_and_layerscope_read_one_reference_alike(pushed: str, reached: Engine) -> None:
    direct = layerscope.inspect(f"docker://{pushed}")
    by_engine = layerscope.inspect(pushed)
    [said] = json.loads(reached.docker("image", "inspect", pushed))
    assert [f"{pushed.rpartition(':')[0]}@{direct.image.digest}"] == said["RepoDigests"]
    assert direct.image.image_id == said["Id"] == by_engine.image.image_id
    assert [layer.diff_id for layer in direct.layers] == said["RootFS"]["Layers"]
    assert (direct.files, direct.wasted, direct.findings) == (by_engine.files, by_engine.wasted, by_engine.findings)
    assert (direct.image.source, by_engine.image.source) == ("docker", "docker-daemon")


def test_always_pulls_what_is_newer(pushed: str, reached: Engine) -> None:
    newer = layerscope.inspect(pushed)
    reached.docker("tag", "base:1", pushed)
    assert layerscope.inspect(pushed).totals.layers == 1
    heard = Heard()
    assert layerscope.inspect(pushed, pull="always", progress=heard) == newer
    assert heard.steps[0] == (f"pulling {pushed}", None)


def test_never_does_not_pull(pushed: str) -> None:
    with pytest.raises(NotFoundError, match="no such image in the engine at unix://"):
        layerscope.inspect(pushed, pull="never")


def test_what_the_registry_has_not(registry_address: str, reached: Engine) -> None:
    name = f"{registry_address}/app/absent:1"
    done = layerscope_command("inspect", name, DOCKER_HOST=reached.host)
    what, hint = done.stderr.splitlines()
    prefix = f"layerscope: {name}: no such file or image, and the engine at {reached.host} could not pull it: "
    assert what.startswith(prefix)
    assert "manifest unknown" in what
    assert hint == "  Check the name, log in if the repository is private, or name a saved archive."
    assert (done.stdout, done.returncode) == ("", 3)


def test_without_a_registry(reached: Engine) -> None:
    done = layerscope_command("inspect", "127.0.0.1:1/absent:1", DOCKER_HOST=reached.host)
    what, hint = done.stderr.splitlines()
    assert "could not pull it: " in what
    assert "connection refused" in what
    assert hint == "  Check the name, log in if the repository is private, or name a saved archive."
    assert (done.stdout, done.returncode) == ("", 3)
