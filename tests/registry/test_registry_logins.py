"""Who a registry believes us to be: where logins come from, who is told of them, and that nobody else is."""

import json
import time
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from engines import layerscope_command
from fake_registry import Fake, Route, fake_registry, in_turn, say, served
from images import oci
from registries import IDENTITY, PASSWORD, USER, Tokens, auth, keep, push

import layerscope
from layerscope.errors import LayerscopeError, RegistryError
from layerscope.reference import DEFAULT_REGISTRY, DEFAULT_REGISTRY_HOST
from layerscope.sources.registry.authorization import challenges
from layerscope.sources.registry.credentials import Login, find_login

real = [pytest.mark.engine, pytest.mark.xdist_group("registry")]
LOG_IN = "Log in first, as by docker login or podman login; docs/registry.md tells where logins are looked for."
IMAGE = oci()
CONTENT = 6907


@pytest.fixture
def locked_app(locked: str, trusting: Path) -> str:
    """An image in a registry that asks for a password."""
    push(
        locked,
        "team/app",
        IMAGE,
        "1",
        scheme="https",
        auth=(USER.encode(), PASSWORD.encode()),
        verify=str(trusting / "ca.pem"),
    )
    return f"{locked}/team/app:1"


@pytest.fixture
def guarded_app(guarded: str, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> str:
    """An image in a registry that asks for a token; ``public/app`` is open to everybody."""
    certificate = str(tokens.certificates / "cert.pem")
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    for repository in ("team/app", "public/app"):
        headers = {"Authorization": f"Bearer {tokens.give(f'repository:{repository}:pull,push')}"}
        push(guarded, repository, IMAGE, "1", scheme="https", headers=headers, verify=certificate)
    tokens.asked.clear()
    return f"{guarded}/team/app:1"


def content(reference: str, **options: Any) -> int:
    return layerscope.inspect(f"docker://{reference}", **options).totals.content_bytes


def refusal(reference: str, **options: Any) -> tuple[str, str]:
    with pytest.raises(LayerscopeError) as caught:
        content(reference, **options)
    assert type(caught.value) is RegistryError
    return str(caught.value), caught.value.hint


# --- A password ---------------------------------------------------------------------------------------------


class TestLocked:
    pytestmark = real

    def test_without_a_login(self, locked_app: str, locked: str) -> None:
        assert refusal(locked_app) == (f"{locked_app}: {locked} asks for a login, and none is kept", LOG_IN)

    def test_the_wrong_password(self, locked_app: str, locked: str, home: Path) -> None:
        keep(home / ".docker/config.json", locked, **auth(password="wr0ng-s3cr3t"))
        message = f"{locked_app}: {locked} does not let us read team/app: it answers 401 UNAUTHORIZED"
        assert refusal(locked_app) == (message, "Check the name; log in with an account that may read it.")

    @pytest.mark.parametrize(
        ("place", "variable"),
        [
            ("home/.docker/config.json", ""),
            ("home/.config/containers/auth.json", ""),
            ("elsewhere/config.json", "DOCKER_CONFIG"),
            ("run/containers/auth.json", "XDG_RUNTIME_DIR"),
            ("settings/containers/auth.json", "XDG_CONFIG_HOME"),
            ("logins.json", "REGISTRY_AUTH_FILE"),
        ],
    )
    def test_where_a_login_is_kept(
        self, place: str, variable: str, locked_app: str, locked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = keep(tmp_path / place, locked)
        if variable == "REGISTRY_AUTH_FILE":
            monkeypatch.setenv(variable, str(path))
        elif variable:
            monkeypatch.setenv(variable, str(tmp_path / place.partition("/")[0]))
        assert content(locked_app) == CONTENT

    def test_an_authority_that_is_not_trusted(
        self, locked_app: str, locked: str, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep(home / ".docker/config.json", locked)
        monkeypatch.delenv("SSL_CERT_FILE")
        message, hint = refusal(locked_app)
        assert message.startswith(f"{locked_app}: the certificate of {locked} cannot be trusted: ")
        assert hint == "Have its authority in SSL_CERT_FILE, or do without: --tls-verify=false."
        assert content(locked_app, tls_verify=False) == CONTENT

    def test_a_process_tells_nobody(self, locked_app: str, locked: str, trusting: Path, tmp_path: Path) -> None:
        secret = "wr0ng-s3cr3t"
        keep(tmp_path / "config.json", locked, **auth(password=secret))
        variables = {"DOCKER_CONFIG": str(tmp_path), "SSL_CERT_FILE": str(trusting / "ca.pem")}
        done = layerscope_command("inspect", f"docker://{locked_app}", **variables)
        assert (done.returncode, done.stdout) == (3, "")
        assert len(done.stderr.splitlines()) == 2
        assert secret not in done.stderr
        keep(tmp_path / "config.json", locked)
        done = layerscope_command("inspect", f"docker://{locked_app}", "--format", "json", **variables)
        assert (done.returncode, done.stderr) == (0, "")
        assert PASSWORD not in done.stdout
        assert auth()["auth"] not in done.stdout


# --- A token ------------------------------------------------------------------------------------------------


class TestGuarded:
    pytestmark = real

    def test_everybody_gets_one_for_what_is_open(self, guarded_app: str, tokens: Tokens) -> None:
        assert content(guarded_app.replace("team/", "public/")) == CONTENT
        scope = "repository:public/app:pull"
        assert tokens.asked == [{"method": "GET", "authorization": "", "service": "tests", "scope": scope}]

    def test_without_a_login(self, guarded_app: str, tokens: Tokens) -> None:
        host = tokens.url.removeprefix("https://").removesuffix("/token")
        assert refusal(guarded_app) == (f"{guarded_app}: {host} gives no token without a login", LOG_IN)

    def test_with_a_password(self, guarded_app: str, guarded: str, tokens: Tokens, home: Path) -> None:
        keep(home / ".docker/config.json", guarded)
        assert content(guarded_app) == CONTENT
        [asked] = tokens.asked
        assert asked["authorization"] == f"Basic {auth()['auth']}"

    def test_with_the_wrong_password(self, guarded_app: str, guarded: str, tokens: Tokens, home: Path) -> None:
        keep(home / ".docker/config.json", guarded, **auth(password="wr0ng-s3cr3t"))
        host = tokens.url.removeprefix("https://").removesuffix("/token")
        assert refusal(guarded_app) == (f"{guarded_app}: {host} refuses the login that is kept", "Log in again.")

    def test_with_an_identity(self, guarded_app: str, guarded: str, tokens: Tokens, home: Path) -> None:
        keep(home / ".docker/config.json", guarded, **auth(password=""), identitytoken=IDENTITY)
        assert content(guarded_app) == CONTENT
        assert tokens.asked == [
            {
                "method": "POST",
                "grant_type": "refresh_token",
                "refresh_token": IDENTITY,
                "client_id": "layerscope",
                "service": "tests",
                "scope": "repository:team/app:pull",
            }
        ]

    def test_a_token_that_is_kept(self, guarded_app: str, guarded: str, tokens: Tokens, home: Path) -> None:
        keep(home / ".docker/config.json", guarded, registrytoken=tokens.give("repository:team/app:pull"))
        assert content(guarded_app) == CONTENT
        assert tokens.asked == []

    def test_compare_asks_for_one_each(self, guarded_app: str, tokens: Tokens) -> None:
        name = f"docker://{guarded_app}".replace("team/", "public/")
        by_digest = f"{name.removesuffix(':1')}@{layerscope.inspect(name).image.digest}"
        tokens.asked.clear()
        assert len(layerscope.compare([name, by_digest]).compare.images) == 1
        assert len(tokens.asked) == 2


# --- Files --------------------------------------------------------------------------------------------------

HOST = "registry.example:5000"
STORED = f"https://{DEFAULT_REGISTRY_HOST}/v1/"
"""What docker files the default registry under."""


@pytest.fixture
def config(home: Path) -> Path:
    (home / ".docker").mkdir()
    return home / ".docker" / "config.json"


def write(path: Path, **document: object) -> None:
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("keys", "user"),
    [
        ([HOST], HOST),
        ([HOST, f"{HOST}/team"], f"{HOST}/team"),
        ([HOST, f"{HOST}/team/app", f"{HOST}/team"], f"{HOST}/team/app"),
        ([HOST, f"{HOST}/tea", f"{HOST}/team/app/x"], HOST),
        ([f"https://{HOST}/v1/"], f"https://{HOST}/v1/"),
        ([f"https://{HOST}/v2/", HOST], HOST),
        ([f"http://{HOST}"], f"http://{HOST}"),
        (["registry.example"], None),
        ([f"other.{HOST}"], None),
    ],
)
def test_the_most_exact_entry_counts(keys: list[str], user: str | None, config: Path) -> None:
    write(config, auths={key: auth(key.replace(":", ";")) for key in keys})
    login = find_login(HOST, "team/app")
    assert (login and login.user) == (user and user.replace(":", ";"))


@pytest.mark.parametrize("key", [STORED, DEFAULT_REGISTRY_HOST, DEFAULT_REGISTRY, f"{DEFAULT_REGISTRY}/team"])
def test_what_the_default_registry_is_filed_under(key: str, config: Path) -> None:
    write(config, auths={key: auth()})
    assert find_login(DEFAULT_REGISTRY, "team/app") == Login(USER, PASSWORD)
    assert find_login(HOST, "team/app") is None


def test_the_first_file_that_knows_one_counts(
    config: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [tmp_path / "logins.json", config, tmp_path / "run/containers/auth.json"]
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(places[0]))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    for number, path in reversed([*enumerate([*places, home / ".config/containers/auth.json"])]):
        keep(path, HOST, **auth(f"user-{number}"))
        assert find_login(HOST, "app") == Login(f"user-{number}", PASSWORD)
    write(config, auths={})
    places[0].write_text("")
    assert find_login(HOST, "app") == Login("user-2", PASSWORD)


def test_user_and_password_apart(config: Path) -> None:
    write(config, auths={HOST: {"username": USER, "password": PASSWORD}})
    assert find_login(HOST, "app") == Login(USER, PASSWORD)
    write(config, auths={HOST: {}}, unknown={"a": 1})
    assert find_login(HOST, "app") is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"auths": []}',
        '{"auths": {"a": 1}}',
        '{"credsStore": 1}',
        "[" * 9999,
        '{"auths": {"x": {"auth": 5}}}',
    ],
)
def test_a_file_that_cannot_be_read(text: str, config: Path) -> None:
    config.write_text(text)
    with pytest.raises(RegistryError, match="cannot be read: ") as caught:
        find_login(HOST, "app")
    assert str(caught.value).startswith(f"the logins in {config} cannot be read: ")


@pytest.mark.parametrize(
    "value", ["?", b64encode(b"s3cr3t-without-a-colon").decode(), b64encode(b"\xff:\xff").decode()]
)
def test_an_entry_that_cannot_be_read(value: str, config: Path) -> None:
    write(config, auths={HOST: {"auth": value}})
    with pytest.raises(RegistryError) as caught:
        find_login(HOST, "app")
    assert str(caught.value) == f"a login in {config} cannot be read: its auth is no user and password"


def test_a_login_shows_nothing() -> None:
    login = Login("ann", "s3cr3t", "s3cr3t", "s3cr3t")
    assert "s3cr3t" not in f"{login!r}{login!s}{[login]}"


# --- Helpers ------------------------------------------------------------------------------------------------


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential helper that knows what stands in a folder, and notes what it was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "docker-credential-tests"
    path.write_text(
        f'#!/bin/sh\nread -r host; echo "$1 $host" >> {folder}/asked\n'
        f"file={folder}/$(echo \"$host\" | tr '/:' '__')\n"
        'if [ -e "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def known(helper: Path, host: str, user: str = USER, secret: str = PASSWORD) -> None:
    answer = json.dumps({"ServerURL": host, "Username": user, "Secret": secret})
    (helper / host.replace("/", "_").replace(":", "_")).write_text(answer)


def test_a_store(helper: Path, config: Path) -> None:
    write(config, auths={HOST: {}}, credsStore="tests")
    assert find_login(HOST, "app") is None
    known(helper, HOST)
    assert find_login(HOST, "app") == Login(USER, PASSWORD)
    assert find_login("other.example", "app") is None
    asked = (helper / "asked").read_text().splitlines()
    assert asked == [f"get {HOST}", f"get {HOST}", "get other.example"]


def test_the_store_knows_the_default_registry_by_its_old_name(helper: Path, config: Path) -> None:
    write(config, credsStore="tests")
    known(helper, STORED)
    assert find_login(DEFAULT_REGISTRY, "library/app") == Login(USER, PASSWORD)


def test_a_helper_for_a_host(helper: Path, config: Path) -> None:
    write(config, credHelpers={HOST: "tests"}, credsStore="unknown", auths={HOST: auth("other")})
    known(helper, HOST, "<token>", IDENTITY)
    assert find_login(HOST, "app") == Login(identity=IDENTITY)


def test_a_helper_without_a_name_is_the_file(config: Path) -> None:
    write(config, credHelpers={HOST: ""}, auths={HOST: auth()})
    assert find_login(HOST, "app") == Login(USER, PASSWORD)


def test_a_helper_that_is_not_there(helper: Path, config: Path) -> None:
    write(config, credsStore="absent")
    assert helper.is_dir()
    with pytest.raises(RegistryError) as caught:
        find_login(HOST, "app")
    assert str(caught.value) == "docker-credential-absent cannot be run: No such file or directory"


def test_a_helper_that_fails(helper: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(config, credsStore="tests")
    (helper / HOST.replace(":", "_")).write_text("s3cr3t nonsense")
    with pytest.raises(RegistryError, match=r"docker-credential-tests answers nonsense$"):
        find_login(HOST, "app")
    (helper / "docker-credential-tests").write_text("#!/bin/sh\nexec sleep 20\n")
    monkeypatch.setattr("layerscope.sources.registry.credentials._PATIENCE", 0.2)
    with pytest.raises(RegistryError, match=r"docker-credential-tests does not answer$"):
        find_login(HOST, "app")


FAILS = 'echo "s3cr3t is no key"; echo s3cr3t >&2; exit 1'
FAILURE = "docker-credential-tests fails with exit code 1"


def failing(helper: Path, config: Path, script: str = FAILS) -> None:
    (helper / "docker-credential-tests").write_text(f"#!/bin/sh\n{script}\n")
    write(config, credsStore="tests")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (FAILS, FAILURE),
        ("exit 1", FAILURE),
        ("echo credentials not found in native keychain, but s3cr3t; exit 7", FAILURE[:-1] + "7"),
        ("kill -9 $$", "docker-credential-tests fails with signal 9"),
    ],
)
def test_a_helper_that_fails_says_nothing(script: str, message: str, helper: Path, config: Path) -> None:
    """Neither that there is no login, nor what it had to say, which may hold a secret."""
    failing(helper, config, script)
    with pytest.raises(RegistryError) as caught:
        find_login(HOST, "app")
    hint = f"It says why: echo {HOST} | docker-credential-tests get. Or log in again without it."
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_another_file_may_know_what_a_helper_cannot_tell(helper: Path, config: Path, home: Path) -> None:
    failing(helper, config)
    keep(home / ".config/containers/auth.json", HOST)
    assert find_login(HOST, "app") == Login(USER, PASSWORD)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exec cat /dev/zero", "answers nonsense"),
        ("head -c 200000 /dev/zero | tr '\\0' '['", "answers nonsense"),
        ("sleep 5 & echo '{}'", "does not answer"),
        ("exec sleep 5 > /dev/null", "does not answer"),
    ],
    ids=["endless", "deep", "outlived", "closed"],
)
def test_a_helper_out_of_its_mind(
    script: str, message: str, helper: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(config, credsStore="tests")
    (helper / "docker-credential-tests").write_text(f"#!/bin/sh\n{script}\n")
    monkeypatch.setattr("layerscope.sources.registry.credentials._PATIENCE", 0.7)
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(RegistryError, match=rf"docker-credential-tests {message}$"):
        find_login(HOST, "app")
    assert time.monotonic() - begun < 4
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_helper_that_does_not_listen(helper: Path, config: Path) -> None:
    write(config, credsStore="tests")
    script = f"#!/bin/sh\nexec <&-\nsleep 0.1\necho '{json.dumps({'Username': USER, 'Secret': PASSWORD})}'\n"
    (helper / "docker-credential-tests").write_text(script)
    assert find_login(HOST, "app") == Login(USER, PASSWORD)


@pytest.mark.parametrize("name", ["../../evil", "a/b", "x\n"])
def test_a_helper_that_is_none(name: str, config: Path) -> None:
    write(config, credsStore=name)
    with pytest.raises(RegistryError, match="is no name of a credential helper"):
        find_login(HOST, "app")


# --- Registries and token servers that mean harm -------------------------------------------------------------


def bearer(realm: str, *, scope: str = "") -> Route:
    more = f',scope="{scope}"' if scope else ""
    return say(401, WWW_Authenticate=f'Bearer realm="{realm}",service="a, b"{more}')


def asking(realm: str) -> dict[str, Route]:
    """Make the routes of a registry that wants a token for its manifest."""
    routes = served(IMAGE)
    routes["manifests/1"] = in_turn(bearer(realm), routes["manifests/1"])
    return routes


def fails(routes: dict[str, Route], home: Path, **options: Any) -> tuple[str, str]:
    with fake_registry(routes) as fake:
        return failure_of(fake, home, **options)


def failure_of(fake: Fake, home: Path, **options: Any) -> tuple[str, str]:
    keep(home / ".docker/config.json", fake.address, **auth(password="s3cr3t"))
    message, hint = refusal(fake.reference, **options)
    assert "s3cr3t" not in message + hint
    return message.replace(fake.reference, "APP").replace(fake.address, "HOST"), hint


def test_a_token_over_plain_http_on_this_machine(home: Path) -> None:
    server_routes = {"/token": say(200, b'{"token": "t0k3n"}')}
    with fake_registry(server_routes) as server, fake_registry(asking(f"http://{server.address}/token")) as fake:
        keep(home / ".docker/config.json", fake.address)
        assert content(fake.reference) == CONTENT
    [(_, path, headers)] = server.heard
    assert path == "/token?scope=repository%3Ateam%2Fapp%3Apull&service=a%2C+b"
    assert headers["Authorization"] == f"Basic {auth()['auth']}"
    assert {each.get("Authorization") for each in fake.asked("manifests/1")} == {None, "Bearer t0k3n"}
    assert all(each["Authorization"] == "Bearer t0k3n" for _, path, each in fake.heard if "blobs" in path)


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("repository:team/app:pull", "repository:team/app:pull"),
        ("repository:mirror/team/app:pull", "repository:mirror/team/app:pull"),
        ("repository:team/app:pull,push", "repository:team/app:pull"),
        ("repository:team/app:pull repository:other/app:push,pull", "repository:team/app:pull"),
        ("registry:catalog:*", "repository:team/app:pull"),
    ],
)
def test_a_token_for_reading_and_no_more(scope: str, asked: str) -> None:
    """Whatever a registry would like to get one for, with the user's login."""
    routes = served(IMAGE)
    with fake_registry({"/token": say(200, b'{"token": "t0k3n"}')}) as server:
        ask = bearer(f"http://{server.address}/token", scope=scope)
        routes["manifests/1"] = in_turn(ask, routes["manifests/1"])
        with fake_registry(routes) as fake:
            assert content(fake.reference) == CONTENT
    [(_, path, _)] = server.heard
    assert parse_qs(urlsplit(path).query)["scope"] == [asked]


HARM = "No login is sent there. Is this the registry that you meant?"


@pytest.mark.parametrize(
    ("realm", "message"),
    [
        ("http://registry.example/token", "registry.example for a token, without TLS"),
        ("http://10.0.0.1/token", "10.0.0.1 for a token, without TLS"),
        ("https://10.0.0.1/token", "10.0.0.1 for a token, on a private network"),
        ("https://169.254.169.254/token", "169.254.169.254 for a token, on a private network"),
        ("", "an address without a host for a token, without TLS"),
        ("/token", "an address without a host for a token, without TLS"),
        ("file:///etc/passwd", "an address without a host for a token, without TLS"),
        ("https://a:b@127.0.0.1/token", "127.0.0.1 for a token, without TLS"),
        ("https://10.0.0.1\\\\.example/token", "an address that is none for a token, without TLS"),
        ("https://a\x07.example/token", "an address that is none for a token, without TLS"),
    ],
)
def test_a_token_from_where_no_login_is_sent(realm: str, message: str, home: Path) -> None:
    assert fails(asking(realm), home) == (f"APP: HOST sends us to {message}", HARM)


@pytest.mark.parametrize("realm", ["https://[::1/token", "http://127.0.0.1:x/token", "https://127.0.0.1:1/token"])
def test_a_token_from_nowhere(realm: str, home: Path) -> None:
    assert "APP: " in fails(asking(realm), home)[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "answers without a token"),
        (b"{}", "answers without a token"),
        (b'{"token": 1}', "answers without a token"),
        (b"[" * 5000, "answers without a token"),
        (b'{"token": "%s"}' % (b"t" * (1 << 21)), "answers without a token"),
    ],
)
def test_a_token_server_that_gives_none(answer: bytes, message: str, home: Path) -> None:
    with fake_registry({"/token": say(200, answer)}) as server:
        told, hint = fails(asking(f"http://{server.address}/token"), home)
    assert (told, hint) == (f"APP: {server.address} {message}", "Is this the registry that you meant?")


@pytest.mark.parametrize("token", ["a\\r\\nX: y", "a b", "é", "\\u0000"])
def test_a_token_that_would_be_two_headers(token: str, home: Path) -> None:
    with fake_registry({"/token": say(200, f'{{"token": "{token}"}}'.encode())}) as server:
        told, _ = fails(asking(f"http://{server.address}/token"), home)
    assert told == "APP: the token is none that can be sent"


def test_a_token_server_that_sends_us_on(home: Path) -> None:
    with fake_registry({}) as third, fake_registry({}) as server:
        server_routes = {"/token": say(307, Location=f"http://{third.address}/token")}
        with fake_registry(server_routes) as sending:
            told, _ = fails(asking(f"http://{sending.address}/token"), home)
    assert told.endswith(f"{sending.address} gives no token: it answers 307")
    assert third.heard == server.heard == []


def test_what_is_open_needs_no_login(helper: Path, config: Path) -> None:
    """Nor a helper that works, as docker has it: without the keys to a safe it fails for every image."""
    failing(helper, config)
    with (
        fake_registry({"/token": say(200, b'{"token": "t"}')}) as server,
        fake_registry(asking(f"http://{server.address}/token")) as fake,
    ):
        assert content(fake.reference) == CONTENT
    [(_, _, headers)] = server.heard
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        (401, 200, "SERVER gives no token without a login"),
        (200, 401, "HOST does not let us read team/app: it answers 401"),
        (200, 403, "HOST does not let us read team/app: it answers 403"),
        (200, 429, "HOST has had too many requests: it answers 429"),
        (None, 401, "HOST asks for a login"),
    ],
)
def test_a_helper_that_fails_is_told_where_we_are_refused(
    token: int | None, status: int, message: str, helper: Path, config: Path
) -> None:
    failing(helper, config)
    with fake_registry({"/token": say(token or 404, b'{"token": "t"}')}) as server:
        ask = bearer(f"http://{server.address}/token") if token else say(401, WWW_Authenticate="Basic")
        with fake_registry({"manifests/1": in_turn(ask, say(status, Retry_After="99"))}) as fake:
            told, hint = refusal(fake.reference)
    told = told.replace(fake.reference, "APP").replace(fake.address, "HOST").replace(server.address, "SERVER")
    assert told == f"APP: {message}, and {FAILURE}"
    assert hint == f"It says why: echo {fake.address} | docker-credential-tests get. Or log in again without it."


def test_a_login_in_a_way_that_is_not_known(home: Path) -> None:
    for header, offered in (("Negotiate", "negotiate"), ('Digest realm="x"', "digest"), ("", "none that is named")):
        told, hint = fails({"manifests/1": say(401, WWW_Authenticate=header)}, home)
        assert told == "APP: HOST asks for a login in a way that is not known"
        assert hint == f"Known are Basic and Bearer; it offers {offered!r}."


def test_a_registry_that_asks_again_and_again(home: Path) -> None:
    with fake_registry({"/token": say(200, b'{"token": "t"}')}) as server:
        told, _ = fails({"manifests/1": bearer(f"http://{server.address}/token")}, home)
    assert told == "APP: HOST does not let us read team/app: it answers 401"
    assert len(server.heard) == 1


def test_a_registry_that_repeats_what_it_was_sent(home: Path) -> None:
    """Errors of registries are not repeated, since they may hold what was sent."""

    def repeating(talk: Any) -> None:
        sent = talk.headers.get("Authorization", "none")
        header = {"WWW-Authenticate": 'Basic realm="x"'}
        talk.say(401, json.dumps({"errors": [{"code": sent, "message": sent}]}).encode(), header)

    told, _ = fails({"manifests/1": repeating}, home)
    assert told == "APP: HOST does not let us read team/app: it answers 401"


def test_a_token_that_expires_on_the_way() -> None:
    """As large images take longer than tokens live."""
    routes = served(IMAGE)
    with fake_registry({"/token": in_turn(say(200, b'{"token": "one"}'), say(200, b'{"token": "two"}'))}) as server:
        realm = f"http://{server.address}/token"
        for name, route in routes.items():

            def only(talk: Any, route: Route = route, name: str = name) -> None:
                wanted = "Bearer one" if name.startswith("manifests") else "Bearer two"
                (route if talk.headers.get("Authorization") == wanted else bearer(realm))(talk)

            routes[name] = only
        with fake_registry(routes) as fake:
            assert content(fake.reference) == CONTENT
    assert {headers.get("Authorization") for _, path, headers in fake.heard if "blobs" in path} >= {"Bearer two"}


def test_what_proves_who_we_are_goes_nowhere_else(home: Path) -> None:
    with fake_registry({f"/{name}": route for name, route in served(IMAGE).items()}) as elsewhere:
        routes = served(IMAGE)
        for name in list(routes):
            ask = say(401, WWW_Authenticate='Basic realm="x"')
            there = say(307, Location=f"http://{elsewhere.address}/{name}") if "blobs" in name else routes[name]
            routes[name] = in_turn(ask, there) if name == "manifests/1" else there
        with fake_registry(routes) as fake:
            keep(home / ".docker/config.json", fake.address)
            assert content(fake.reference) == CONTENT
    assert elsewhere.heard
    assert all("Authorization" not in headers for _, _, headers in elsewhere.heard)
    sent = [headers.get("Authorization") for _, path, headers in fake.heard if "blobs" in path]
    assert set(sent) == {f"Basic {auth()['auth']}"}


def test_an_odd_challenge_does_no_harm() -> None:
    headers = [
        'Basic realm="a, b", Bearer realm="https://x/?a=b,c",service=s,scope="x:y:z"',
        "Negotiate",
        ", ,=,x",
        '"',
    ]
    read = [(each.scheme, dict(each.parameters)) for each in challenges(headers)]
    assert read[0] == ("basic", {"realm": "a, b"})
    assert read[1] == ("bearer", {"realm": "https://x/?a=b,c", "service": "s", "scope": "x:y:z"})
    assert read[2][0] == "negotiate"
