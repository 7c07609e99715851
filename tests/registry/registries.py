"""Real registries on the loopback, private to the tests, and how images get there."""

import json
import ssl
import subprocess
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from engines import IN_CI, absent, answers, daemon, free_port
from images import Files, Json, dump

USER, PASSWORD = "ann", "pass word:é"
HASH = "$2b$05$abcdefghijklmnopqrstuup1oJ50yjc8k/WTFu2q1COsa1VRP9yw2"
"""The password, as bcrypt has it."""
IDENTITY = "identity-5f1c"


def need(*programs: str) -> None:
    reason = absent(*programs)
    if reason and IN_CI:
        pytest.fail(f"a real registry is needed in CI: {reason}")
    if reason:
        pytest.skip(f"no real registry: {reason}")


@contextmanager
def registry(folder: Path, *, auth: Json | None = None, certificates: Path | None = None) -> Iterator[str]:
    """Run a registry; yield its address."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    http: Json = {"addr": address}
    if certificates:
        http["tls"] = {"certificate": str(certificates / "cert.pem"), "key": str(certificates / "key.pem")}
    settings = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": http,
        **({"auth": auth} if auth else {}),
    }
    folder.mkdir()
    path = folder / "registry.yml"
    path.write_text(json.dumps(settings))  # which is YAML, too
    with daemon(folder / "log", "docker-registry", "serve", path, ready=lambda: answers(("127.0.0.1", port))):
        yield address


def push(address: str, repository: str, files: Files, tag: str, **options: Any) -> str:
    """Push what the index of an OCI layout lists first, as it is; return the digest of its manifest."""
    [descriptor, *_] = json.loads(bytes_of(files, "index.json"))["manifests"]
    url = f"{options.pop('scheme', 'http')}://{address}/v2/{repository}"
    with requests.Session() as session:
        session.trust_env = False
        for name, value in options.items():
            setattr(session, name, value)
        _push(session, url, files, descriptor, tag)
    return str(descriptor["digest"])


def _push(session: requests.Session, url: str, files: Files, descriptor: Json, tag: str) -> None:
    data = bytes_of(files, name_of(descriptor))
    manifest = json.loads(data)
    for child in manifest.get("manifests", ()):
        if name_of(child) in files:
            _push(session, url, files, child, child["digest"])
    for blob in (manifest.get("config"), *manifest.get("layers", ())):
        if blob and session.head(f"{url}/blobs/{blob['digest']}").status_code == 404:
            content = bytes_of(files, name_of(blob))
            place = _done(session.post(f"{url}/blobs/uploads/")).headers["Location"]
            mark = "&" if "?" in place else "?"
            _done(session.put(f"{place}{mark}digest={blob['digest']}", data=content))
    kind = manifest.get("mediaType") or descriptor["mediaType"]
    _done(session.put(f"{url}/manifests/{tag}", data=data, headers={"Content-Type": kind}))


def _done(response: requests.Response) -> requests.Response:
    assert response.ok, f"{response.request.method} {response.url}: {response.status_code} {response.text}"
    return response


def name_of(descriptor: Json) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/")


def bytes_of(files: Files, name: str) -> bytes:
    content = files[name]
    assert isinstance(content, bytes)
    return content


# --- Logins -------------------------------------------------------------------------------------------------


def auth(user: str = USER, password: str = PASSWORD) -> Json:
    return {"auth": b64encode(f"{user}:{password}".encode()).decode()}


def keep(path: Path, host: str, **entry: str) -> Path:
    """Keep a login for a host in a file, by default the one that is right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": {host: entry or auth()}}))
    return path


# --- A token server -----------------------------------------------------------------------------------------


class Tokens:
    """A token server: it gives out tokens that a registry believes, and notes what it was asked."""

    def __init__(self, certificates: Path) -> None:
        self.certificates = certificates
        self.asked: list[Json] = []
        self.lifetime = 60
        self.url = ""

    @property
    def auth(self) -> Json:
        """What a registry is told about it."""
        bundle = str(self.certificates / "cert.pem")
        return {"token": {"realm": self.url, "service": "tests", "issuer": "tokens", "rootcertbundle": bundle}}

    def give(self, scope: str) -> str:
        """Sign a token (RFC 7519) by the key of the certificate, for what may be done with a repository."""
        kind, name, actions = scope.split(":")
        now = int(time.time())
        claims = {
            "iss": "tokens",
            "sub": USER,
            "aud": "tests",
            "nbf": now - 60,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": str(len(self.asked)),
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        pem = (self.certificates / "cert.pem").read_text()
        certificate = pem.split("-----")[2].replace("\n", "")
        header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        text = ".".join(map(encoded, (dump(header), dump(claims))))
        sign = ["openssl", "dgst", "-sha256", "-sign", str(self.certificates / "key.pem")]
        signature = subprocess.run(sign, input=text.encode(), capture_output=True, check=True).stdout
        return f"{text}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def token_server(tokens: Tokens) -> Iterator[Tokens]:
    """Let it answer, over TLS."""

    class Talk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            authorization = self.headers.get("Authorization", "")
            tokens.asked.append({"method": "GET", "authorization": authorization, **query})
            expected = "Basic " + auth()["auth"]
            self.answer(query, is_welcome=authorization in ("", expected), is_known=bool(authorization))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = {name: values[0] for name, values in parse_qs(text).items()}
            tokens.asked.append({"method": "POST", **query})
            self.answer(query, is_welcome=query.get("refresh_token") == IDENTITY, is_known=True)

        def answer(self, query: Json, *, is_welcome: bool, is_known: bool) -> None:
            is_open = ":public/" in query["scope"]
            if not is_welcome or not (is_known or is_open):
                self.send_error(401)
                return
            body = dump({"token" if self.command == "GET" else "access_token": tokens.give(query["scope"])})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tokens.certificates / "cert.pem", tokens.certificates / "key.pem")
    with serving(Talk, context) as address:
        tokens.url = f"https://{address}/token"
        yield tokens


class Server(ThreadingHTTPServer):
    """A client that went away is none of its worries."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(
    talk: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None, at: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[str]:
    """Let a server of this kind answer; yield its address."""
    with Server(at, talk) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{at[0]}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def rsa_certificates(folder: Path) -> Path:
    """Make a key that tokens are signed with, and a certificate of 127.0.0.1 that is its own authority."""
    folder.mkdir()
    words = "req -x509 -newkey rsa:2048 -nodes -subj /CN=tokens -addext subjectAltName=IP:127.0.0.1 -days 2"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", *words.split(), *files], capture_output=True, check=True)
    return folder
