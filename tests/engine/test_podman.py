"""Podman behind its socket: the same image as in Docker, and the same report."""

from pathlib import Path

import pytest
from engines import Engine

import layerscope
from layerscope.errors import NotFoundError

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]


def test_an_image_of_podman(
    podman: Engine, engine: Engine, context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dockerfile = "FROM base:1\nCOPY tree /srv\nRUN rm /srv/one && ln /srv/sub/two /srv/three\nENV A=b"
    archive = engine.save(engine.build("both:1", dockerfile, context), tmp_path / "both.tar")
    podman.docker("load", f"--input={archive}")
    by_docker = layerscope.inspect(str(archive))
    monkeypatch.setenv("DOCKER_HOST", podman.host)
    by_podman = layerscope.inspect("localhost/both:1")
    assert layerscope.inspect("both:1").layers == by_podman.layers
    assert by_podman.image.source == "docker-daemon"
    assert by_podman.image.image_id == by_docker.image.image_id
    assert by_podman.instructions == by_docker.instructions
    assert by_podman.totals.content_bytes == by_docker.totals.content_bytes
    assert by_podman.totals.kept_bytes == by_docker.totals.kept_bytes
    assert by_podman.wasted == by_docker.wasted
    assert [layer.diff_id for layer in by_podman.layers] == [layer.diff_id for layer in by_docker.layers]


def test_an_image_that_podman_has_not(podman: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", podman.host)
    with pytest.raises(NotFoundError, match="no such image in the engine at unix://"):
        layerscope.inspect("docker.io/library/absent:1", pull="never")
    with pytest.raises(NotFoundError, match="could not pull it"):
        layerscope.inspect("127.0.0.1:1/absent:1")
