"""Images of real engines, known from an earlier run: nothing is saved, and the report is the same."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from engines import Engine, layerscope_command
from fake_engine import Talk, fake_engine, whole

import layerscope
from layerscope.cache import Cache

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

DOCKERFILE = "FROM base:1\nCOPY tree /srv\nRUN rm /srv/one && ln /srv/sub/two /srv/three\nENV A=b"


@contextmanager
def overheard(host: str, path: Path) -> Iterator[list[str]]:
    """Pass on what is said to an engine through another socket; yield the requests that are made there."""
    requests: list[str] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def pass_on(source: socket.socket, sink: socket.socket, heard: list[str] | None) -> None:
        try:
            while data := source.recv(65536):
                if heard is not None:
                    lines = data.split(b"\r\n")
                    heard.extend(line.decode() for line in lines if line.endswith(b" HTTP/1.1"))
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for each in (source, sink):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as engine:
            engine.connect(host.removeprefix("unix://"))
            back = threading.Thread(target=pass_on, args=(engine, client, None))
            back.start()
            pass_on(client, engine, requests)
            back.join()

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield requests
    finally:
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()
        server.close()


def saves(requests: list[str]) -> int:
    return sum("/get" in request.partition("?")[0] for request in requests)


@pytest.fixture(params=["engine", "podman"])
def built(
    request: pytest.FixtureRequest, engine: Engine, context: Path, tmp_path: Path
) -> Iterator[tuple[Engine, str]]:
    """An image in an engine."""
    name = engine.build("known:1", DOCKERFILE, context)
    asked: Engine = request.getfixturevalue(request.param)
    if asked is not engine:
        archive = engine.save(name, tmp_path / "known.tar")
        asked.docker("load", f"--input={archive}")
        name = "localhost/known:1"
    yield asked, name
    asked.docker("rmi", "--force", name)


def test_a_known_image_is_not_saved_again(
    built: tuple[Engine, str], tmp_path: Path, engine_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, name = built
    cache = Cache(tmp_path / "cache")
    with overheard(engine.host, engine_folder / "heard.sock") as requests:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{engine_folder / 'heard.sock'}")
        without = layerscope.inspect(name)
        other = layerscope.inspect(name, top=2, packages=False)
        why = layerscope.why(name, "/srv/three")
        assert saves(requests) == 3
        requests.clear()
        assert layerscope.inspect(name, cache=cache) == without
        assert saves(requests) == 1
        requests.clear()
        assert layerscope.inspect(name, cache=cache) == without
        assert layerscope.inspect(name, top=2, packages=False, cache=cache) == other
        assert layerscope.why(name, "/srv/three", cache=cache) == why
        assert requests
        assert saves(requests) == 0
    (engine_folder / "heard.sock").unlink()


def test_layers_that_are_known_from_another_image(
    reached: Engine, context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine_folder: Path
) -> None:
    """Another image of the same layers is saved once, for its documents; one with a new layer, for that."""
    cache = Cache(tmp_path / "cache")
    names = [reached.build(f"other:{n}", f"{DOCKERFILE}\nLABEL n={n}", context) for n in range(2)]
    for name in names:
        without = layerscope.inspect(name)
        for _ in range(2):
            assert layerscope.inspect(name, cache=cache) == without
    with overheard(reached.host, engine_folder / "heard.sock") as requests:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{engine_folder / 'heard.sock'}")
        for name in names:
            layerscope.inspect(name, top=3, cache=cache)
    assert saves(requests) == 2  # another address is another engine, and vouches for itself
    (engine_folder / "heard.sock").unlink()


def test_a_tag_that_moved_is_another_image(reached: Engine, context: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    reports = []
    for number in (1, 2, 1):
        name = reached.build("moved:1", f"FROM base:1\nRUN head -c {number}000 /dev/zero > /file", context)
        assert layerscope.inspect(name, cache=cache) == layerscope.inspect(name)
        assert layerscope.inspect(name, cache=cache) == layerscope.inspect(name)
        reports.append(layerscope.inspect(name, cache=cache).totals)
    assert reports[0] == reports[2] != reports[1]
    reached.docker("tag", "moved:1", "again:1")
    assert layerscope.inspect("again:1", cache=cache) == layerscope.inspect("again:1")


def test_other_images_of_the_engine_count(reached: Engine, context: Path, tmp_path: Path) -> None:
    """One that comes later may be the base; one that goes is it no longer."""
    cache = Cache(tmp_path / "cache")
    name = reached.build("below:1", "FROM base:1\nRUN head -c 5000 /dev/zero > /below", context)
    reached.build("above:1", f"FROM {name}\nRUN head -c 7000 /dev/zero > /above", context)
    seen = []
    for _ in range(2):
        seen.append(layerscope.inspect("above:1", cache=cache))
        assert seen[-1] == layerscope.inspect("above:1") == layerscope.inspect("above:1", cache=cache)
        reached.docker("rmi", "--force", name)
    found = [(each.image.base.layers, each.image.base.method) for each in seen if each.image.base]
    assert found == [(2, "same-engine"), (1, "same-engine")]


STORES = {"docker-26-containerd-store.tar", "docker-26-containerd-store-attested.tar", "docker-26-classic-store.tar"}


@pytest.mark.parametrize("fixture", sorted(STORES))
@pytest.mark.parametrize("named_by", ["manifest", "configuration", "nothing that is there"])
def test_other_stores_of_docker(fixture: str, named_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Docker 26 saved, said again: with its containerd store, the ID of an image is that of its manifest."""
    archive = Path(__file__).parents[2] / "fixtures" / "archives" / fixture
    about = layerscope.inspect(str(archive)).image
    image_id = {"manifest": about.digest, "configuration": about.image_id}.get(named_by) or f"sha256:{'0' * 64}"
    saved: list[None] = []

    def save(talk: Talk) -> None:
        saved.append(None)
        whole(archive.read_bytes())(talk)

    routes = {"/get": save, "shapes:1/json": lambda talk: talk.say({"Id": image_id})}
    routes[f"{image_id}/json"] = routes["shapes:1/json"]
    with fake_engine(tmp_path, routes) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        without = layerscope.inspect("shapes:1")
        for _ in range(3):
            assert layerscope.inspect("shapes:1", cache=Cache(tmp_path / "cache")) == without
    is_known = image_id in (about.digest, about.image_id)
    assert len(saved) == (2 if is_known else 4)  # once without a cache


def test_a_damaged_document_is_asked_for_again(reached: Engine, context: Path, tmp_path: Path) -> None:
    name = reached.build("damaged:1", DOCKERFILE, context)
    cache = Cache(tmp_path / "cache")
    without = layerscope.inspect(name, cache=cache)
    for path in (tmp_path / "cache" / "documents").rglob("*"):
        if path.is_file():
            contents = bytearray(path.read_bytes())
            contents[-9] ^= 1
            path.write_bytes(contents)
    assert layerscope.inspect(name, cache=cache) == without


def test_the_command_in_development_mode(reached: Engine, context: Path, tmp_path: Path) -> None:
    """Whatever is not closed would be told on standard error."""
    name = reached.build("closed:1", DOCKERFILE, context)
    environment = {"DOCKER_HOST": reached.host, "LAYERSCOPE_NO_CACHE": "", "LAYERSCOPE_CACHE_DIR": str(tmp_path)}
    outputs = []
    for top in (10, 10, 4):
        done = layerscope_command("inspect", name, "--format=json", f"--top={top}", **environment)
        assert (done.returncode, done.stderr) == (0, "")
        outputs.append(json.loads(done.stdout))
    assert outputs[0] == outputs[1] != outputs[2]
