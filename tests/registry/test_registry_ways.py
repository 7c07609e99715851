"""Which registry is asked, and by which way: engines first, mirrors, proxies, plain HTTP, ranges."""

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha512
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from builders import file, tar_of
from engines import layerscope_command
from fake_registry import Route, fake_registry, in_turn, say, served, whole
from images import LAYERS, Blobs, Json, digest_of, oci, platformed
from registries import PASSWORD, USER, push, serving

import layerscope
from layerscope.errors import DigestError, EngineError, NotFoundError, RegistryError, UsageError
from layerscope.progress import Silence
from layerscope.reference import DEFAULT_REGISTRY_HOST, Reach, parse_target
from layerscope.sources import open_target
from layerscope.sources.registry import Registry, client, transport

real = [pytest.mark.engine, pytest.mark.xdist_group("registry")]
IMAGE = oci()
CONTENT = 6907


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (client, transport):
        monkeypatch.setattr(module, "PAUSES", (0.0, 0.02))


# --- Engine or registry --------------------------------------------------------------------------------------

NO_ENGINE = "no engine answers at tcp://127.0.0.1:1"
START = "Start the engine, set DOCKER_HOST (podman: unix:///run/podman/podman.sock), or name a saved archive."


def test_a_bare_name_where_neither_answers() -> None:
    with fake_registry({}) as fake:
        with pytest.raises(NotFoundError) as caught:
            layerscope.inspect(fake.reference)
        tried = f"{fake.reference}: no such file, {NO_ENGINE}, and"
        assert str(caught.value) == f"{tried} {fake.address} has no 1 of team/app"
        assert caught.value.hint == f"Check the name and the tag. {START}"
    with pytest.raises(RegistryError) as failed:
        layerscope.inspect(fake.reference)
    assert str(failed.value) == f"{tried} {fake.address} cannot be reached: Connection refused"


def test_who_is_asked_is_the_users_choice() -> None:
    with fake_registry(served(IMAGE)) as fake:
        assert layerscope.inspect(fake.reference).image.source == "docker"
        assert layerscope.inspect(fake.reference, source="registry").image.source == "docker"
        asked = len(fake.heard)
        for target, source in ((fake.reference, "engine"), (f"docker-daemon:{fake.reference}", None)):
            with pytest.raises(EngineError, match=f"^{NO_ENGINE}$"):
                layerscope.inspect(target, source=source)  # type: ignore[arg-type]
        assert len(fake.heard) == asked


def test_a_path_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").write_text("no archive")
    with pytest.raises(layerscope.LayerscopeError, match=r"^app is no archive"):
        layerscope.inspect("app", source="registry")


def test_a_name_that_is_none() -> None:
    for name in ("Typo.tar", "a//b", "app@sha256:12"):
        with pytest.raises(NotFoundError) as caught:
            layerscope.inspect(name)
        assert str(caught.value) == f"{name}: no such file, and no image can be named so"
        with pytest.raises(UsageError, match=r"is no image's name$"):
            layerscope.inspect(f"docker://{name}")


@pytest.mark.parametrize("before", ["", "docker://", "docker-daemon:"])
def test_a_login_in_a_name_is_not_repeated(before: str) -> None:
    """As git would take it; what CI notes of a run is read by many."""
    with pytest.raises(NotFoundError) as caught:
        layerscope.inspect(f"{before}ann:s3cr@t@registry.example/team/app:1")
    assert str(caught.value) == "***@registry.example/team/app:1: no such file, and no image can be named so"
    assert caught.value.hint == "Logins are no part of a name: docker login or podman login keeps them."


def test_the_base_and_the_others_are_asked_alike() -> None:
    blobs = Blobs()
    both = blobs.image(), blobs.image(LAYERS[:2])
    top, below = (blobs.layout([image]) for image in both)
    with fake_registry(served(top)) as fake, fake_registry(served(below)) as other:
        report = layerscope.inspect(fake.reference, base=other.reference)
        assert report.image.base is not None
        assert report.image.base.layers == 2
        compared = layerscope.compare([fake.reference, other.reference]).compare
        assert [image.source for image in compared.images] == ["docker", "docker"]
        assert layerscope.why(fake.reference, "/app/conf").image.source == "docker"
        assert layerscope.split(fake.reference).image.source == "docker"
        assert layerscope.diff(other.reference, fake.reference).diff.totals.only_new.layers == 1


def test_compare_fetches_no_layers() -> None:
    with fake_registry(served(IMAGE)) as fake:
        layerscope.compare([fake.target])
    asked = [path for _, path, _ in fake.heard if "blobs" in path]
    assert len(asked) == 1  # the configuration


def test_only_the_platform_that_is_meant_is_fetched() -> None:
    blobs = Blobs()
    names = [*(f"arch{number}" for number in range(20)), "amd64"]
    children = [platformed(blobs.image(config={"architecture": each}), each) for each in names]
    with fake_registry(served(blobs.layout([blobs.index([*children, blobs.attestation(children[-1])])]))) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == CONTENT
        assert len([path for _, path, _ in fake.heard if "manifests/" in path]) == 3  # index, image, attestation
        fake.heard.clear()
        assert layerscope.inspect(fake.target, platform="linux/arch7").image.platform.architecture == "arch7"
        assert len([path for _, path, _ in fake.heard if "manifests/" in path]) == 2


def test_layers_that_are_to_be_had_elsewhere() -> None:
    """Of a foreign layer the registry may have a copy, or none."""
    kind = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    files = oci(layer_type=kind)
    routes = served(files)
    with fake_registry(routes) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == CONTENT
    [descriptor] = json.loads(files["index.json"])["manifests"]  # type: ignore[arg-type]
    manifest = json.loads(files["blobs/" + descriptor["digest"].replace(":", "/")])  # type: ignore[arg-type]
    routes[f"blobs/{manifest['layers'][0]['digest']}"] = say(404)
    with fake_registry(routes) as fake:
        report = layerscope.inspect(fake.target)
    assert [layer.present for layer in report.layers] == [False, True, True]


def described(change: Callable[[Json, bytes], None]) -> dict[str, Route]:
    """Make the routes of an image of which the manifest says something else of each layer."""
    files = oci()
    [descriptor] = json.loads(files["index.json"])["manifests"]  # type: ignore[arg-type]
    manifest = json.loads(files["blobs/" + descriptor["digest"].replace(":", "/")])  # type: ignore[arg-type]
    routes = served(files)
    for layer in manifest["layers"]:
        data = bytes(files["blobs/" + layer["digest"].replace(":", "/")])  # type: ignore[arg-type]
        change(layer, data)
        routes[f"blobs/{layer['digest']}"] = whole(data)
    return routes | {"manifests/1": whole(json.dumps(manifest).encode())}


def test_layers_of_no_stated_length() -> None:
    lengths = []
    with fake_registry(described(lambda layer, _: lengths.append(layer.pop("size")))) as fake:
        report = layerscope.inspect(fake.target)
    assert report.totals.content_bytes == CONTENT
    assert [layer.blob_bytes for layer in report.layers] == lengths


@pytest.mark.parametrize("kind", ["right", "wrong", "unknown"])
def test_layers_by_another_digest_than_sha256(kind: str) -> None:
    def change(layer: Json, data: bytes) -> None:
        digest = sha512(data if kind == "right" else data + b"x").hexdigest()
        layer["digest"] = f"sha512:{digest}" if kind != "unknown" else "md5:0"

    with fake_registry(described(change)) as fake:
        if kind == "right":
            assert layerscope.inspect(fake.target).totals.content_bytes == CONTENT
            return
        with pytest.raises(DigestError if kind == "wrong" else RegistryError) as caught:
            layerscope.inspect(fake.target)
    end = ": 'md5:0' is no digest that can be verified" if kind == "unknown" else ""
    assert str(caught.value).endswith(end)


# --- Mirrors -------------------------------------------------------------------------------------------------


def test_a_mirror_of_the_default_registry() -> None:
    routes = {f"/v2/library/app/{what}": route for what, route in served(IMAGE).items()}
    with fake_registry({}) as empty, fake_registry(routes) as mirror:
        report = layerscope.inspect("docker://app:1", mirrors=(empty.address, mirror.address))
        assert (report.image.reference, report.totals.content_bytes) == ("app:1", CONTENT)
        assert len(empty.heard) == 1
        asked = len(mirror.heard)
        with pytest.raises(RegistryError, match=r"^127\.0\.0\.1:1/app:1: 127\.0\.0\.1:1 cannot be reached"):
            layerscope.inspect("docker://127.0.0.1:1/app:1", mirrors=(mirror.address,))
        assert len(mirror.heard) == asked


@pytest.mark.parametrize("host", ["https://mirror.example", "a/b", "", "ann:x@mirror.example", "x" * 300])
def test_a_mirror_that_is_none(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        layerscope.inspect("docker://app:1", mirrors=(host,))
    shown = host.replace("ann:x@", "***@")
    assert str(caught.value) == f"{shown!r} is no host of a mirror"


def test_a_mirror_by_the_command(tmp_path: Path) -> None:
    routes = {f"/v2/library/app/{what}": route for what, route in served(IMAGE).items()}
    with fake_registry(routes) as mirror:
        done = layerscope_command("inspect", "docker://app:1", "--mirror", mirror.address, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["image"]["source"] == "docker"
    assert tmp_path.is_dir()


# --- Proxies -------------------------------------------------------------------------------------------------


@contextmanager
def proxy(way: dict[str, str]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Run a proxy that connects to hosts as ``way`` says; yield its address, and what it was asked."""
    heard: list[tuple[str, str, str]] = []

    class Talk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            heard.append((self.command, self.path, self.headers.get("Proxy-Authorization", "")))
            if self.path not in way:
                self.send_error(502)
                return
            host, _, port = way[self.path].partition(":")
            with socket.create_connection((host, int(port))) as other:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=relay, args=(other, self.connection))
                back.start()
                relay(self.connection, other)
                back.join()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Talk) as address:
        yield address, heard


def relay(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class TestProxied:
    pytestmark = real

    def test_by_the_environment(self, locked: str, trusting: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        authority = str(trusting / "ca.pem")
        push(locked, "team/app", IMAGE, "1", scheme="https", auth=(USER.encode(), PASSWORD.encode()), verify=authority)
        entry = {"auth": b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        (home / ".docker").mkdir()
        (home / ".docker/config.json").write_text(json.dumps({"auths": {"registry.example": entry}}))
        with proxy({"registry.example:443": locked}) as (address, heard):
            monkeypatch.setenv("https_proxy", f"http://pro:x%20y@{address}")
            report = layerscope.inspect("docker://registry.example/team/app:1", tls_verify=False)
            assert report.totals.content_bytes == CONTENT
            expected = "Basic " + b64encode(b"pro:x y").decode()
            assert set(heard) == {("CONNECT", "registry.example:443", expected)}
            with pytest.raises(RegistryError) as caught:
                layerscope.inspect("docker://registry.example/team/app:1")
            assert "the certificate of registry.example cannot be trusted" in str(caught.value)
            with pytest.raises(RegistryError) as refused:
                layerscope.inspect("docker://absent.example/team/app:1")
            assert "absent.example cannot be reached: Tunnel connection failed: 502" in str(refused.value)
            assert "x%20y" not in str(refused.value)


def test_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with fake_registry(served(IMAGE)) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == CONTENT
    with pytest.raises(RegistryError, match=r"registry\.example cannot be reached: Connection refused$"):
        layerscope.inspect("docker://registry.example/app")


def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("socks5://127.0.0.1:1", "http://[", "nonsense://x", "http://127.0.0.1:x", "://"):
        monkeypatch.setenv("https_proxy", value)
        with pytest.raises(RegistryError, match=r"^registry\.example/app: registry\.example cannot be reached: "):
            layerscope.inspect("docker://registry.example/app")


# --- Plain HTTP ----------------------------------------------------------------------------------------------


def test_plain_http_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of this machine that is not one of its usual names is as good as any other host."""
    with fake_registry(served(IMAGE)) as fake:
        port = fake.address.partition(":")[2]
        name = f"{socket.gethostname()}:{port}/team/app:1"
        find = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **other: find("127.0.0.1", *more, **other))
        with pytest.raises(RegistryError, match="cannot be reached: "):
            layerscope.inspect(f"docker://{name}")
        assert layerscope.inspect(f"docker://{name}", tls_verify=False).totals.content_bytes == CONTENT
        assert layerscope.inspect(f"docker://localhost:{port}/team/app:1").totals.content_bytes == CONTENT


def test_the_host_of_the_default_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def find(host: str, *_: Any, **__: Any) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find)
    with pytest.raises(RegistryError) as caught:
        layerscope.inspect("docker://app")
    assert str(caught.value) == f"app: {DEFAULT_REGISTRY_HOST} cannot be reached: Name or service not known"
    assert set(asked) == {DEFAULT_REGISTRY_HOST}


class Heard:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.what: list[tuple[str, int | None]] = []
        self.parts: list[tuple[str, int]] = []
        self.done: list[int] = []

    def start(self, what: str, total: int | None, parts: Sequence[tuple[str, int]] = ()) -> None:
        self.what.append((what, total))
        self.parts, self.done = list(parts), [0] * len(parts)

    def advance(self, amount: int, part: int | None = None) -> None:
        assert part is not None
        self.done[part] += amount


def test_progress_layer_by_layer() -> None:
    with fake_registry(served(IMAGE)) as fake:
        heard = Heard()
        report = layerscope.inspect(fake.target, progress=heard)
    total = report.totals.blob_bytes
    assert heard.what == [(f"reading {fake.reference}", total)]
    assert heard.parts == [(f"layer {(each.digest or '')[7:19]}", each.blob_bytes) for each in report.layers]
    assert heard.done == [each.blob_bytes for each in report.layers]


# --- Ranges --------------------------------------------------------------------------------------------------


def medium_of(target: str) -> Any:
    return open_target(parse_target(target), None, "never", Silence(), None, reach=Reach())


BIG = oci(layers=[tar_of([file("a", bytes(range(256)) * 400)])], compress=bytes)
[DESCRIPTOR] = json.loads(BIG["index.json"])["manifests"]  # type: ignore[arg-type]
MANIFEST = json.loads(BIG["blobs/" + DESCRIPTOR["digest"].replace(":", "/")])  # type: ignore[arg-type]
LAYER = MANIFEST["layers"][0]["digest"]
NAME = f"blobs/{LAYER.replace(':', '/')}"
DATA = bytes(BIG[NAME])  # type: ignore[arg-type]


def test_ranges_and_what_they_cost() -> None:
    with fake_registry(served(BIG)) as fake, medium_of(fake.target) as opened:
        medium = opened.medium
        assert isinstance(medium, Registry)
        for name in list(medium.names()):
            if name != NAME:
                medium.document(name)
        documents = medium.fetched_bytes
        assert documents == sum(len(data) for name, data in BIG.items() if name.startswith("blobs/")) - len(DATA)  # type: ignore[arg-type]
        layer = medium.blobs([NAME])[NAME]
        assert layer.size == len(DATA)
        assert layer.read(0, 10) == DATA[:10]
        assert layer.read(700, 5000) == DATA[700:5700]
        assert layer.read(layer.size - 5, 100) == DATA[-5:]
        assert layer.read(layer.size, 5) == b""
        assert medium.fetched_bytes == documents + 10 + 5000 + 5
        walked = medium.layers([NAME])[NAME]
        assert walked.digest == LAYER
        assert medium.fetched_bytes == documents + 10 + 5000 + 5 + len(DATA)


def test_where_a_range_is_redirected_to_is_kept() -> None:
    with fake_registry({"/there": in_turn(*[whole(DATA)] * 3, say(403), whole(DATA))}) as elsewhere:
        there = say(307, Location=f"http://{elsewhere.address}/there?signature=s3cr3t")
        with fake_registry(served(BIG) | {f"blobs/{LAYER}": there}) as fake, medium_of(fake.target) as opened:
            opened.medium.document("index.json")
            opened.medium.document(f"blobs/{DESCRIPTOR['digest'].replace(':', '/')}")
            layer = opened.medium.blobs([NAME])[NAME]
            for start in range(0, 500, 100):
                assert layer.read(start, 7) == DATA[start : start + 7]
    assert len(fake.asked(LAYER)) == 2  # at first, and when the address did not answer any longer
    assert len(elsewhere.heard) == 5 + 1


def test_a_registry_without_ranges() -> None:
    ignoring = lambda talk: talk.say(200, DATA)  # noqa: E731
    with fake_registry(served(BIG) | {f"blobs/{LAYER}": ignoring}) as fake, medium_of(fake.target) as opened:
        opened.medium.document(f"blobs/{DESCRIPTOR['digest'].replace(':', '/')}")
        layer = opened.medium.blobs([NAME])[NAME]
        with pytest.raises(RegistryError, match=r"the registry sends no ranges of it$"):
            layer.read(5, 10)
        assert opened.medium.layers([NAME])[NAME].digest == LAYER
    assert digest_of(DATA) == LAYER
