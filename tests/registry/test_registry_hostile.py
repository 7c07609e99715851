"""What a registry may do wrong: each is an error that says what and where, in bounded time, and nothing is believed."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest
from builders import file, tar_of
from fake_registry import Fake, Route, Talk, cut, endless, fake_registry, in_turn, say, served, whole
from images import COMPRESSIONS, INDEX_TYPE, LAYERS, Blobs, Json, digest_of, dump, oci, told

import layerscope
from layerscope.errors import (
    DamagedError,
    DigestError,
    LayerscopeError,
    NotFoundError,
    RegistryError,
    UnsupportedError,
)
from layerscope.sources.registry import blob, client, connections, transport

NOISE = Random(5).randbytes(3_000_000)
LARGE = tar_of([file("noise", NOISE)])
Failing = Callable[..., tuple[LayerscopeError, float]]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for less than people would."""
    monkeypatch.setattr(connections, "PATIENCE", 1)
    for module in (transport, blob, client):
        monkeypatch.setattr(module, "PAUSES", (0.0, 0.02, 0.04))


def failing(routes: dict[str, Route], within: float = 10, **options: object) -> LayerscopeError:
    """Return the error, its address made the same in every run."""
    with fake_registry(routes) as fake:
        return failure_of(fake, within, **options)


def failure_of(fake: Fake, within: float = 10, **options: object) -> LayerscopeError:
    begun = time.monotonic()
    with pytest.raises(LayerscopeError) as caught:
        layerscope.inspect(fake.target, **options)  # type: ignore[arg-type]
    assert time.monotonic() - begun < within
    assert caught.value.exit_code == 3
    message = str(caught.value).replace(fake.reference, "APP").replace(fake.address, "HOST")
    return type(caught.value)(message, hint=caught.value.hint)


def says(error: LayerscopeError, kind: type[LayerscopeError], message: str, hint: str) -> bool:
    assert (type(error), str(error), error.hint) == (kind, message, hint)
    return True


def parts(files: dict[str, object]) -> tuple[Json, bytes]:
    """Return the manifest of a layout of one image, and its first layer."""
    [descriptor] = json.loads(files["index.json"])["manifests"]  # type: ignore[arg-type]
    manifest = json.loads(files["blobs/" + descriptor["digest"].replace(":", "/")])  # type: ignore[arg-type]
    return manifest, files["blobs/" + manifest["layers"][0]["digest"].replace(":", "/")]  # type: ignore[return-value]


IMAGE = oci()
MANIFEST, LAYER = parts(IMAGE)  # type: ignore[arg-type]
DIGEST = MANIFEST["layers"][0]["digest"]
BLOB = f"blobs/{DIGEST}"
CONFIG = bytes(IMAGE["blobs/" + MANIFEST["config"]["digest"].replace(":", "/")])  # type: ignore[arg-type]
NAME = BLOB.replace(":", "/")
BIG = oci(layers=[LARGE])
BIG_MANIFEST, BIG_LAYER = parts(BIG)  # type: ignore[arg-type]
BIG_BLOB = f"blobs/{BIG_MANIFEST['layers'][0]['digest']}"


def test_the_fake_serves_an_image() -> None:
    with fake_registry(served(IMAGE)) as fake:
        report = layerscope.inspect(fake.target)
    assert report.totals.content_bytes == 6907
    assert "Authorization" not in {name for _, _, headers in fake.heard for name in headers}


# --- Refusals -----------------------------------------------------------------------------------------------


def test_an_unknown_tag() -> None:
    error = failing(served(IMAGE) | {"manifests/1": say(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')})
    assert says(error, NotFoundError, "APP: HOST has no 1 of team/app", "Check the name and the tag.")


def test_an_unknown_repository() -> None:
    error = failing({"manifests/1": say(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')})
    assert says(error, NotFoundError, "APP: HOST has no repository team/app", "Check the name and the tag.")


def test_what_is_not_allowed() -> None:
    error = failing({"manifests/1": say(403, b'{"errors": [{"code": "DENIED", "message": "secret"}]}')})
    message = "APP: HOST does not let us read team/app: it answers 403 DENIED"
    assert says(error, RegistryError, message, "Check the name; log in with an account that may read it.")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"errors": 1}', b'{"errors": [{"code": "a\\nb"}]}', b'{"errors": [{"code": "Bearer x"}]}'],
)
def test_of_an_odd_refusal_only_the_status_is_told(body: bytes) -> None:
    error = failing({"manifests/1": say(418, body)})
    assert says(error, RegistryError, "APP: HOST answers 418", "Try again later.")


def test_a_refusal_without_end() -> None:
    for status in (404, 500, 401, 307):
        with_length = endless(b"x" * 65536)

        def answer(talk: Talk, status: int = status, send: Route = with_length) -> None:
            begin = talk.send_response
            talk.send_response = lambda _: begin(status)  # type: ignore[method-assign,assignment]
            send(talk)

        assert isinstance(failing({"manifests/1": answer}), RegistryError | NotFoundError)


def test_a_layer_that_is_not_there() -> None:
    error = failing(served(IMAGE) | {BLOB: say(404)})
    assert says(error, NotFoundError, f"APP: HOST does not have {BLOB}", "Push the image again, whole.")


# --- Tries and pauses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(status: int) -> None:
    routes = served(IMAGE)
    for name, route in routes.items():
        routes[name] = in_turn(say(status, b"later"), say(status, b"later"), route)
    with fake_registry(routes) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == 6907
    assert len(fake.asked("manifests/1")) == 3


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (503, "APP: HOST answers 503", "Try again later."),
        (
            429,
            "APP: HOST has had too many requests: it answers 429",
            "Wait for longer than 20 seconds, or log in.",
        ),
    ],
)
def test_what_does_not_pass(status: int, message: str, hint: str) -> None:
    with fake_registry({"manifests/1": say(status)}) as fake:
        assert says(failure_of(fake), RegistryError, message, hint)
    assert len(fake.asked("manifests/1")) == 4


def test_a_pause_that_is_asked_for() -> None:
    routes = served(IMAGE)
    routes["manifests/1"] = in_turn(say(429, Retry_After="1"), routes["manifests/1"])
    begun = time.monotonic()
    with fake_registry(routes) as fake:
        layerscope.inspect(fake.target)
    assert 1 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("pause", ["86400", "Fri, 31 Dec 9999 23:59:59 GMT", "1e99", "-1", "soon", "9" * 5000])
def test_a_pause_that_nobody_waits_for(pause: str) -> None:
    with fake_registry({"manifests/1": say(429, Retry_After=pause)}) as fake:
        assert "has had too many requests" in str(failure_of(fake))


def test_a_connection_that_breaks() -> None:
    routes = served(IMAGE)

    def hang_up(talk: Talk) -> None:
        talk.close_connection = True

    for name, route in routes.items():
        routes[name] = in_turn(hang_up, route)
    with fake_registry(routes) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == 6907


def test_nobody_is_there() -> None:
    with fake_registry({}) as fake:
        pass
    error = failure_of(fake)
    hint = "Check the name, the network and the proxy variables, or try again."
    assert says(error, RegistryError, "APP: HOST cannot be reached: Connection refused", hint)


def test_what_comes_before_an_answer() -> None:
    """Interim answers (RFC 9110, 15.2) are none."""
    routes = served(IMAGE)
    for name, route in routes.items():

        def hinting(talk: Talk, route: Route = route) -> None:
            for status in (103, 100, 102, 199, 103):
                talk.wfile.write(b"HTTP/1.1 %d Soon\r\nLink: </x>; rel=preload\r\nContent-Length: 7\r\n\r\n" % status)
            route(talk)

        routes[name] = hinting
    with fake_registry(routes) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == 6907
    assert len(fake.asked("manifests/1")) == 1


def test_another_protocol_is_none_that_was_asked_for() -> None:
    error = failing({"manifests/1": say(101, Upgrade="h2c")})
    assert says(error, RegistryError, "APP: HOST answers 101", "Try again later.")


def test_a_document_that_breaks_off_is_asked_for_again() -> None:
    routes = served(IMAGE)
    documents = {"manifests/1": dump(MANIFEST), f"blobs/{MANIFEST['config']['digest']}": CONFIG}
    for name, data in documents.items():
        routes[name] = in_turn(cut(data, 9), cut(data, 99), routes[name])
    with fake_registry(routes) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == 6907
    with fake_registry(routes | {"manifests/1": cut(dump(MANIFEST), 9)}) as fake:
        assert says(failure_of(fake), RegistryError, "APP: HOST cannot be reached: the connection breaks off", SLOW)
    assert len(fake.heard) == 4


# --- Slowness -----------------------------------------------------------------------------------------------

SLOW = "Check the name, the network and the proxy variables, or try again."


def test_a_registry_that_says_nothing() -> None:
    error = failing({"manifests/1": Talk.wait})
    assert says(error, RegistryError, "APP: HOST cannot be reached: it does not answer in time", SLOW)


def test_a_registry_that_drips() -> None:
    def headers(talk: Talk) -> None:
        talk.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000, 0.05)

    def body(talk: Talk) -> None:
        talk.begin({"Content-Length": "10000"})
        talk.drip(b" " * 10000, 0.05)

    for route in (headers, body):
        error = failing({"manifests/1": route})
        assert says(error, RegistryError, "APP: HOST cannot be reached: it does not answer in time", SLOW)


def test_a_head_that_goes_on_and_on() -> None:
    """At a pace that a layer may have, but it is none."""

    def headers(talk: Talk) -> None:
        talk.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        with suppress(OSError):
            for number in count():
                talk.wfile.write(b"x" * 2000 + (b"" if number % 25 else b"\r\nX: "))
                talk.wfile.flush()
                if talk.over.wait(0.01):
                    break

    error = failing({"manifests/1": headers}, within=3)
    assert says(error, RegistryError, "APP: HOST cannot be reached: it does not answer in time", SLOW)


def test_a_registry_that_stalls_is_waited_for_once() -> None:
    """Not once for each manifest of an index that does not say what they are for."""
    listed = [{**MANIFEST["config"], "digest": digest_of(b"%d" % number)} for number in range(20)]
    routes = {"manifests/1": whole(dump({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed}))}
    error = failing(routes | {f"manifests/{each['digest']}": Talk.wait for each in listed}, within=5)
    assert says(error, RegistryError, "APP: HOST cannot be reached: it does not answer in time", SLOW)


@pytest.mark.parametrize("pause", [0.05, 20])
def test_a_layer_that_stalls(pause: float) -> None:
    def answer(talk: Talk) -> None:
        talk.begin({"Content-Length": str(len(LAYER))})
        talk.drip(LAYER, pause)

    error = failing(served(IMAGE) | {BLOB: answer}, within=15)
    assert isinstance(error, RegistryError)
    assert f"APP: {DIGEST}: it breaks off after " in str(error)
    assert error.hint == "Try again later; if it stays so, push the image again."


def test_a_registry_that_never_gets_to_the_point() -> None:
    """Heads, tails and sizes of chunks are read by the standard library, which would do so for ever."""

    def continues(talk: Talk) -> None:
        while True:
            talk.wfile.write(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 1000)

    def hints(talk: Talk) -> None:
        while True:
            talk.wfile.write(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1000)

    def trails(talk: Talk) -> None:
        talk.begin({"Transfer-Encoding": "chunked"})
        talk.wfile.write(b"1\r\n{\r\n0\r\n")
        while True:
            talk.wfile.write(b"X: y\r\n" * 1000)

    for route in (continues, hints, trails):
        error = failing({"manifests/1": route})
        message = "APP: HOST cannot be reached: it does not speak HTTP as it should"
        assert (type(error), str(error)) == (RegistryError, message)


def test_chunks_of_a_byte() -> None:
    def crumbs(talk: Talk) -> None:
        talk.begin({"Transfer-Encoding": "chunked"})
        talk.wfile.write(b"1\r\n \r\n" * 200_000 + b"0\r\n\r\n")

    assert isinstance(failing({"manifests/1": crumbs}, within=20), DamagedError)


def test_what_a_registry_says_instead_of_http_is_not_repeated() -> None:
    def echo(talk: Talk) -> None:
        talk.wfile.write(b"HTTP/9.9 s3cr3t \x1b[31m\r\n\r\n")
        talk.close_connection = True

    error = failing({"manifests/1": echo})
    assert str(error) == "APP: HOST cannot be reached: it does not speak HTTP as it should"


# --- Broken blobs -------------------------------------------------------------------------------------------


def test_a_layer_is_taken_up_where_it_broke() -> None:
    with fake_registry(served(BIG)) as fake:
        expected = told(layerscope.inspect(fake.target))
    with fake_registry(served(BIG) | {BIG_BLOB: cut(BIG_LAYER, 1_200_000)}) as fake:
        assert told(layerscope.inspect(fake.target)) == expected
    ranges = [headers.get("Range") for headers in fake.asked(BIG_BLOB)]
    last = len(BIG_LAYER) - 1
    assert ranges == [None, f"bytes=1200000-{last}", f"bytes=2400000-{last}"]


def test_a_layer_is_taken_up_where_ranges_are_ignored() -> None:
    def ignoring(talk: Talk) -> None:
        talk.say(200, BIG_LAYER)

    with fake_registry(served(BIG) | {BIG_BLOB: in_turn(cut(BIG_LAYER, 1_200_000), ignoring)}) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == len(NOISE)


def test_a_layer_that_breaks_off_each_time() -> None:
    with fake_registry(served(IMAGE) | {BLOB: cut(LAYER, 10)}) as fake:
        error = failure_of(fake)
    message = f"APP: {DIGEST}: it breaks off after 40 of {len(LAYER)} bytes, each time"
    assert says(error, RegistryError, message, "Try again later; if it stays so, push the image again.")
    assert len(fake.asked(BLOB)) == 4


def test_another_range_than_asked_for() -> None:
    def other(talk: Talk) -> None:
        talk.say(206, LAYER[5:], {"Content-Range": f"bytes 5-{len(LAYER) - 1}/{len(LAYER)}"})

    error = failing(served(IMAGE) | {BLOB: in_turn(cut(LAYER, 10), other)})
    message = f"APP: {DIGEST}: another range was sent than asked for"
    assert says(error, RegistryError, message, "Try again later.")


# --- Lies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_layer_of_another_digest(compression: str) -> None:
    files = oci(COMPRESSIONS[compression])
    manifest, layer = parts(files)  # type: ignore[arg-type]
    digest = manifest["layers"][0]["digest"]
    other = COMPRESSIONS[compression](LAYERS[0].replace(b"x" * 3000, b"y" * 3000))
    other = other.ljust(len(layer), b"\0") if compression == "none" else other
    error = failing(served(files) | {f"blobs/{digest}": whole(other)})
    assert isinstance(error, DigestError)
    expected = f"APP: {digest}: its digest is {digest_of(other)}"
    lengths = f"APP: {digest}: {len(other):,} bytes long, where {len(layer):,} were promised"
    assert str(error) == (expected if len(other) == len(layer) else lengths)


def test_a_layer_of_another_length() -> None:
    longer = LAYER + b"\0" * 7
    error = failing(served(IMAGE) | {BLOB: whole(longer)})
    message = f"APP: {DIGEST}: {len(longer)} bytes long, where {len(LAYER)} were promised"
    assert says(error, DigestError, message.replace(str(len(longer)), f"{len(longer):,}"), "Push the image again.")


def test_a_layer_without_end() -> None:
    error = failing(served(IMAGE) | {BLOB: endless(LAYER)})
    message = f"APP: {DIGEST}: more bytes than the {len(LAYER)} that were promised"
    assert says(error, DigestError, message, "Push the image again.")


def test_a_document_that_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a pace that a layer may have, it would take hours."""
    monkeypatch.setattr("layerscope.sources.registry.client._PATIENCE", 1)

    def slowly(talk: Talk) -> None:
        talk.begin({"Content-Length": str(15_000_000)})
        with suppress(OSError):
            while not talk.over.wait(0.02):
                talk.wfile.write(b" " * 20_000)
                talk.wfile.flush()

    error = failing({"manifests/1": slowly}, within=4)
    assert says(error, RegistryError, "APP: HOST cannot be reached: it does not answer in time", SLOW)


def test_two_lengths_of_one_answer() -> None:
    def answer(talk: Talk) -> None:
        talk.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
        talk.close_connection = True

    error = failing({"manifests/1": answer})
    assert says(error, RegistryError, "APP: HOST cannot be reached: it does not speak HTTP as it should", SLOW)


def test_an_index_for_more_platforms_than_there_are() -> None:
    """The error says what there is in a line that can be read."""
    names = [f"m{number:04}" for number in range(5000)]
    listed = [{**MANIFEST["config"], "platform": {"os": "linux", "architecture": name}} for name in names]
    index = dump({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed})
    error = failing({"manifests/1": whole(index)}, platform="linux/arm64")
    offered = ", ".join(f"linux/{name}" for name in names[:20])
    message = f"APP has no image for linux/arm64, but {offered} and 4,980 more"
    assert says(error, NotFoundError, message, "Choose one with --platform.")


def test_manifests_that_fill_the_memory() -> None:
    """Each is as long as one may be, and all are held; the index does not say what they are for."""
    documents = [dump(MANIFEST).ljust(15_000_000 + number) for number in range(12)]
    listed = [{**MANIFEST["config"], "digest": digest_of(each), "size": len(each)} for each in documents]
    routes = served(IMAGE) | {f"manifests/{digest_of(each)}": whole(each) for each in documents}
    routes["manifests/1"] = whole(dump({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed}))
    with fake_registry(routes) as fake:
        with suppress(LayerscopeError):
            layerscope.inspect(fake.target)
        assert len([path for _, path, _ in fake.heard if "/manifests/sha256:" in path]) == 5


@pytest.mark.parametrize("size", [-(2**70), 2**64, 2**200])
def test_a_size_that_no_layer_has(size: int, tmp_path: Path) -> None:
    """Nor has it one in a key of the cache."""
    layers = [{**MANIFEST["layers"][0], "size": size}, *MANIFEST["layers"][1:]]
    routes = served(IMAGE) | {"manifests/1": whole(dump({**MANIFEST, "layers": layers}))}
    cache = layerscope.Cache(tmp_path)
    if size < 0:  # as if nothing was said of it
        with fake_registry(routes) as fake:
            report = layerscope.inspect(fake.target, cache=cache)
            assert layerscope.inspect(fake.target, cache=cache).layers == report.layers
    else:
        error = failing(routes, cache=cache)
        message = f"APP: {DIGEST}: {len(LAYER)} bytes long, where {size:,} were promised"
        assert says(error, DigestError, message, "Push the image again.")


@pytest.mark.parametrize("length", ["5", "99999999999999999999"])
def test_a_manifest_of_another_length(length: str) -> None:
    manifest = dump(MANIFEST)

    def answer(talk: Talk) -> None:
        talk.begin({"Content-Length": length})
        talk.wfile.write(manifest)

    error = failing({"manifests/1": answer})
    assert isinstance(error, RegistryError | DamagedError)
    assert str(error).startswith("APP: ")


def test_a_manifest_without_end() -> None:
    error = failing({"manifests/1": endless(b" " * 65536)})
    assert isinstance(error, DamagedError)
    assert "APP: 1 is 1" in str(error)
    assert str(error).endswith(" bytes long, more than any manifest or configuration needs")
    assert error.hint == "Is this the image that you meant?"


def test_a_configuration_without_end() -> None:
    digest = MANIFEST["config"]["digest"]
    error = failing(served(IMAGE) | {f"blobs/{digest}": endless(b" " * 65536)})
    assert isinstance(error, DamagedError)
    assert f"APP: {digest} is 1" in str(error)


def test_a_manifest_of_another_digest() -> None:
    other = dump(MANIFEST) + b" "
    with fake_registry({f"manifests/{digest_of(dump(MANIFEST))}": whole(other)}) as fake:
        name = fake.reference.replace(":1", f"@{digest_of(dump(MANIFEST))}")
        with pytest.raises(DigestError) as caught:
            layerscope.inspect(f"docker://{name}")
    digest = digest_of(dump(MANIFEST))
    assert str(caught.value) == f"{name}: the manifest's digest is {digest_of(other)}, where '{digest}' was promised"


def test_a_manifest_of_another_digest_than_the_header_says() -> None:
    error = failing({"manifests/1": whole(dump(MANIFEST), {"Docker-Content-Digest": "sha256:" + "0" * 64})})
    message = f"APP: the manifest's digest is {digest_of(dump(MANIFEST))}, where 'sha256:{'0' * 64}' was promised"
    assert says(error, DigestError, message, "Is this the registry that you meant?")


def test_a_child_of_another_digest() -> None:
    blobs = Blobs()
    files = blobs.layout([blobs.index([blobs.image()])])
    [child] = [name for name in blobs.files if b'"layers": [' in blobs.files[name]]
    digest = child.removeprefix("blobs/").replace("/", ":")
    error = failing(served(files) | {f"manifests/{digest}": whole(blobs.files[child] + b" ")})
    assert isinstance(error, DigestError)


def test_nonsense_instead_of_a_manifest() -> None:
    for body in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"layers": 1}', b"<html>"):
        assert isinstance(failing({"manifests/1": whole(body)}), DamagedError | layerscope.LayerscopeError)


def test_schema_1() -> None:
    document = dump({"schemaVersion": 1, "name": "app", "fsLayers": [{"blobSum": DIGEST}], "history": []})
    error = failing({"manifests/1": whole(document)})
    assert isinstance(error, UnsupportedError)
    assert str(error).endswith("a manifest of Docker's schema 1")


def test_an_index_of_itself() -> None:
    """Which cannot be made, but an index of very many can."""
    children = [{"mediaType": INDEX_TYPE, "digest": f"sha256:{number:064x}", "size": 2} for number in range(5000)]
    document = dump({"schemaVersion": 2, "manifests": children})
    routes = {"manifests/1": whole(document)}
    routes |= {f"manifests/{child['digest']}": whole(b"{}") for child in children}
    with fake_registry(routes) as fake:
        assert isinstance(failure_of(fake, within=20), DamagedError)
    assert len(fake.heard) < 300


def test_digests_that_lead_elsewhere() -> None:
    for digest in ("sha256:../../../secret", "../x", "sha256:", ":", "a:b\r\nX: y", "sha256:é", "sha256:" + "a" * 9999):
        config = {**MANIFEST["config"], "digest": digest}
        with fake_registry(served(IMAGE) | {"manifests/1": whole(dump({**MANIFEST, "config": config}))}) as fake:
            assert isinstance(failure_of(fake), LayerscopeError)
        assert all("secret" not in path for _, path, _ in fake.heard)


# --- Redirects ----------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[Fake]:
    """Another server on this machine, which has all blobs."""
    with fake_registry({f"/{name}": route for name, route in served(IMAGE).items()}) as fake:
        yield fake


def sent_to(fake: Fake, **headers: str) -> dict[str, Route]:
    """Make the routes of a registry that sends everybody elsewhere for blobs."""
    routes = served(IMAGE)
    for name in routes:
        if name.startswith("blobs/"):
            routes[name] = say(307, Location=f"http://{fake.address}/{name}?signature=s3cr3t", **headers)
    return routes


def test_blobs_from_elsewhere(elsewhere: Fake) -> None:
    with fake_registry(sent_to(elsewhere)) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == 6907
    assert len(elsewhere.asked(BLOB)) == 1


def test_a_redirect_without_end() -> None:
    with fake_registry(served(IMAGE) | {BLOB: say(307, Location=f"/v2/team/app/{BLOB}")}) as fake:
        error = failure_of(fake)
    hint = "Is this the registry that you meant?"
    assert says(error, RegistryError, "APP: HOST sends us around without end", hint)
    assert len(fake.asked(BLOB)) == 6


STRAY = "We do not go there. Is this the registry that you meant?"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("https://10.1.2.3/x?signature=s3cr3t", "10.1.2.3, on a private network"),
        ("https://192.168.0.1:8443/x", "192.168.0.1:8443, on a private network"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254, on a private network"),
        ("https://[fd00::1]/x", "[fd00::1], on a private network"),
        ("https://[::ffff:10.0.0.1]/x", "[::ffff:10.0.0.1], on a private network"),
        ("http://172.16.0.9/x", "172.16.0.9, on a private network"),
        ("file:///etc/passwd", "an address without a host, without TLS"),
        ("ftp://127.0.0.1/x", "127.0.0.1, without TLS"),
        ("https:///x", "an address without a host, which is no place for blobs"),
        ("https://ann:s3cr3t@127.0.0.1/x", "127.0.0.1, which is no place for blobs"),
        ("https://10.0.0.1\\.cdn.example/x", "an address that is none, which is no place for blobs"),
        ("https://%31%30.0.0.1/x", "an address that is none, which is no place for blobs"),
        ("https://cdn\x07.example/x", "an address that is none, which is no place for blobs"),
    ],
)
def test_a_redirect_that_leads_astray(place: str, message: str) -> None:
    error = failing(served(IMAGE) | {BLOB: say(307, Location=place)})
    assert says(error, RegistryError, f"APP: HOST sends us to {message}", STRAY)


@pytest.mark.parametrize("place", ["http://[::1/x", "http://127.0.0.1:99999/x", "https://é\x80.example./x", "//"])
def test_a_redirect_to_nowhere(place: str) -> None:
    error = failing(served(IMAGE) | {BLOB: say(307, Location=place.encode().decode("latin-1"))})
    assert isinstance(error, RegistryError)
    assert "x" not in str(error).partition("APP: ")[2].partition(":")[0].replace("example", "")


def test_a_redirect_that_does_not_say_where() -> None:
    error = failing(served(IMAGE) | {BLOB: say(307)})
    assert says(error, RegistryError, "APP: HOST answers 307", "Try again later.")


def test_nothing_is_left_open(elsewhere: Fake) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for routes in (served(IMAGE), sent_to(elsewhere), served(IMAGE) | {BLOB: cut(LAYER, 10)}):
        with fake_registry(routes) as fake, suppress(LayerscopeError):
            layerscope.inspect(fake.target)
    time.sleep(0.3)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
