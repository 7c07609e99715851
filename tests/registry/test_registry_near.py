"""A registry sends us to no place that is nearer to us than itself, whatever names lead to, and whenever."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_registry import Fake, Route, Talk, fake_registry, say, served, whole
from images import oci
from test_registry_ways import BIG, DATA, DESCRIPTOR, LAYER, NAME, medium_of

import layerscope
from layerscope.errors import NotFoundError, RegistryError
from layerscope.sources.registry import blob, client, transport
from layerscope.sources.registry.addresses import network

IMAGE = oci()
CONTENT = 6907
FAR, NEAR = "127.0.0.1", "127.0.0.2"
"""Of this machine's addresses one is taken for one of the wide world."""
STRAY = "We do not go there. Is this the registry that you meant?"
Names = dict[str, list[list[str]]]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (transport, blob, client):
        monkeypatch.setattr(module, "PAUSES", (0.0, 0.02))
    monkeypatch.setattr(transport, "network", lambda host: "global" if host == FAR else network(host))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """A name server: what it says of a name the first time, the second, and from then on."""
    known: Names = {}
    find = socket.getaddrinfo

    def answer(host: str, *arguments: Any, **options: Any) -> list[Any]:
        said = known.get(host, [[host]])
        addresses = said.pop(0) if len(said) > 1 else said[0]
        return [found for each in addresses for found in find(each, *arguments, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.fixture
def near() -> Iterator[Fake]:
    """What nobody but us should reach."""
    routes = {f"/{name}": route for name, route in served(IMAGE).items()}
    with fake_registry(routes | {"/token": say(200, b'{"token": "t"}'), "/there": whole(DATA)}, NEAR) as fake:
        yield fake


def sending(place: Callable[[str], str]) -> dict[str, Route]:
    """Make the routes of a registry that sends everybody elsewhere for blobs."""
    routes = served(IMAGE)
    return {name: say(307, Location=place(name)) if "blobs" in name else route for name, route in routes.items()}


def refusal(reference: str, **options: Any) -> tuple[str, str]:
    with pytest.raises(RegistryError) as caught:
        layerscope.inspect(f"docker://{reference}", **options)
    return str(caught.value), caught.value.hint


def port_of(fake: Fake) -> str:
    return fake.address.partition(":")[2]


@pytest.mark.parametrize("addresses", [[NEAR], [FAR, NEAR]])
def test_a_name_that_leads_near(addresses: list[str], names: Names, near: Fake) -> None:
    """Whatever else it leads to."""
    place = f"cdn.example:{port_of(near)}"
    names["cdn.example"] = [addresses]
    with fake_registry(sending(lambda name: f"http://{place}/{name}")) as fake:
        message = f"{fake.reference}: {fake.address} sends us to {place}, on a private network"
        assert refusal(fake.reference) == (message, STRAY)
    assert near.heard == []


def test_a_name_that_leads_elsewhere_the_second_time(names: Names, near: Fake) -> None:
    """Whoever looks it up to see where it leads, and again to go there, goes near."""
    place = f"cdn.example:{port_of(near)}"
    names["cdn.example"] = [[FAR], [NEAR]]
    with fake_registry(sending(lambda name: f"http://{place}/{name}")) as fake:
        message, _ = refusal(fake.reference)
        assert message == f"{fake.reference}: {place} cannot be reached: Connection refused"
    assert near.heard == []


def test_a_place_that_is_asked_again_and_leads_elsewhere_by_then(names: Names) -> None:
    """Ranges are asked for where the registry sent us to before."""

    def once(talk: Talk) -> None:
        whole(DATA)(talk)
        talk.close_connection = True

    with fake_registry({"/there": once}) as far, fake_registry({"/there": once}, NEAR, int(port_of(far))) as near:
        place = f"cdn.example:{port_of(far)}"
        names["cdn.example"] = [[FAR], [NEAR]]
        routes = served(BIG) | {f"blobs/{LAYER}": say(307, Location=f"http://{place}/there")}
        with fake_registry(routes) as fake, medium_of(fake.target) as opened:
            opened.medium.document("index.json")
            opened.medium.document(f"blobs/{DESCRIPTOR['digest'].replace(':', '/')}")
            layer = opened.medium.blobs([NAME])[NAME]
            assert layer.read(0, 7) == DATA[:7]
            with pytest.raises(RegistryError) as caught:
                layer.read(100, 7)
        assert str(caught.value) == f"{fake.reference}: {fake.address} sends us to {place}, on a private network"
        assert len(far.heard) == 1
        assert near.heard == []


def test_a_registry_is_where_it_answered(names: Names, near: Fake) -> None:
    """Not wherever its name leads as well."""
    names["registry.example"] = [[FAR, NEAR]]
    with fake_registry(sending(lambda name: f"http://{near.address}/{name}")) as fake:
        reference = f"registry.example:{port_of(fake)}/team/app:1"
        host = reference.partition("/")[0]
        message = f"{reference}: {host} sends us to {near.address}, on a private network"
        assert refusal(reference, tls_verify=False) == (message, STRAY)
    assert near.heard == []


def test_a_registry_that_is_near_may_send_us_there(near: Fake) -> None:
    with fake_registry(sending(lambda name: f"http://{near.address}/{name}"), NEAR) as fake:
        assert layerscope.inspect(fake.target).totals.content_bytes == CONTENT
    assert near.heard


def test_no_token_from_near(near: Fake) -> None:
    ask = say(401, WWW_Authenticate=f'Bearer realm="http://{near.address}/token"')
    with fake_registry(served(IMAGE) | {"manifests/1": ask}) as fake:
        message = f"{fake.reference}: {fake.address} sends us to {near.address} for a token, on a private network"
        assert refusal(fake.reference) == (message, "No login is sent there. Is this the registry that you meant?")
    assert near.heard == []


def test_an_address_is_near_by_a_proxy_too(near: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up by the proxy; who says it in numbers has said it."""
    with fake_registry({}) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        with fake_registry(sending(lambda name: f"http://10.0.0.1/{name}")) as fake:
            message = f"{fake.reference}: {fake.address} sends us to 10.0.0.1, on a private network"
            assert refusal(fake.reference) == (message, STRAY)
        named = sending(lambda name: f"http://cdn.example/{name}")
        with fake_registry(named) as fake, pytest.raises(NotFoundError, match=r": cdn\.example does not have blobs/"):
            layerscope.inspect(fake.target)
    assert [path.partition("/blobs")[0] for _, path, _ in proxy.heard] == ["http://cdn.example"]
    assert near.heard == []


def test_the_next_address_is_tried_where_one_does_not_answer(names: Names) -> None:
    names["registry.example"] = [[NEAR, FAR]]
    with fake_registry(served(IMAGE)) as fake:
        reference = f"registry.example:{port_of(fake)}/team/app:1"
        report = layerscope.inspect(f"docker://{reference}", tls_verify=False)
    assert report.totals.content_bytes == CONTENT


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("93.184.216.34", "global"),
        ("2606:2800:220:1::1", "global"),
        ("64:ff9b::5db8:d822", "global"),
        ("10.0.0.7", "private"),
        ("100.64.0.1", "private"),
        ("[::ffff:10.0.0.1]", "private"),
        ("64:ff9b::a00:1", "private"),
        ("fd00::1", "private"),
        ("fec0::1", "private"),
        ("169.254.1.1", "link-local"),
        ("[fe80::1%eth0]", "link-local"),
        ("127.0.0.2", "loopback"),
        ("localhost", "loopback"),
        ("0.0.0.0", "loopback"),
        ("[::1]", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("registry.example", None),
        ("", None),
    ],
)
def test_on_which_network_an_address_is(address: str, where: str | None) -> None:
    assert network(address) == where
