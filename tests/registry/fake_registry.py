"""A registry that does what a test wants, even harm; enough of its API to be asked for an image."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Event

from images import Files
from registries import name_of, serving

Route = Callable[["Talk"], None]
REPOSITORY = "team/app"


class Talk(BaseHTTPRequestHandler):
    """One connection; ``routes`` has the answer to what follows the repository in a path, or to a whole path."""

    protocol_version = "HTTP/1.1"
    timeout = 20
    wbufsize = 65536  # a small answer in one piece, for which nobody waits
    routes: Mapping[str, Route]
    heard: list[tuple[str, str, dict[str, str]]]
    over: Event

    def do_GET(self) -> None:
        self.heard.append((self.command, self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        what = path.removeprefix(f"/v2/{REPOSITORY}/")
        route = self.routes.get(what) or self.routes.get(path)
        if route is None:
            self.say(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no"}]}')
        else:
            route(self)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names that the library wants

    def say(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def begin(self, headers: Mapping[str, str] | None = None) -> None:
        """Answer that something will come, and hang up after it."""
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def wait(self, seconds: float = 20) -> None:
        """Do nothing, until the test is over."""
        self.over.wait(seconds)
        self.close_connection = True

    def drip(self, data: bytes, pause: float) -> None:
        """Send byte after byte."""
        for start in range(len(data)):
            self.wfile.write(data[start : start + 1])
            self.wfile.flush()
            if self.over.wait(pause):
                break
        self.close_connection = True

    def finish(self) -> None:
        """Close both ways, also where nobody listens any longer."""
        try:
            super().finish()
        except OSError:
            with suppress(OSError):
                self.wfile.close()
            self.rfile.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Fake:
    """A running fake: its address, and what it was asked."""

    def __init__(self, address: str, heard: list[tuple[str, str, dict[str, str]]]) -> None:
        self.address = address
        self.heard = heard

    @property
    def target(self) -> str:
        return f"docker://{self.reference}"

    @property
    def reference(self) -> str:
        return f"{self.address}/{REPOSITORY}:1"

    def asked(self, end: str) -> list[dict[str, str]]:
        """Return the headers of all requests for what ends so."""
        return [headers for _, path, headers in self.heard if path.partition("?")[0].endswith(end)]


def served(files: Files) -> dict[str, Route]:
    """Make the routes of an image as it is."""
    routes: dict[str, Route] = {}
    [descriptor] = json.loads(files["index.json"])["manifests"]  # type: ignore[arg-type]
    for name, data in files.items():
        if name.startswith("blobs/"):
            digest = name.removeprefix("blobs/").replace("/", ":")
            for kind in ("manifests", "blobs"):
                routes[f"{kind}/{digest}"] = whole(data)  # type: ignore[arg-type]
    routes["manifests/1"] = whole(files[name_of(descriptor)])  # type: ignore[arg-type]
    return routes


def whole(data: bytes, headers: Mapping[str, str] | None = None) -> Route:
    """Send something, or the range of it that is asked for."""

    def answer(talk: Talk) -> None:
        asked = talk.headers.get("Range")
        if not asked:
            talk.say(200, data, headers)
            return
        start, _, end = asked.removeprefix("bytes=").partition("-")
        part = data[int(start) : int(end or len(data)) + 1]
        talk.say(206, part, {"Content-Range": f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}"})

    return answer


def say(status: int, body: bytes = b"", **headers: str) -> Route:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda talk: talk.say(status, body, named)


def in_turn(*routes: Route) -> Route:
    """Answer by one route after another, the last one from then on."""
    left = list(routes)

    def answer(talk: Talk) -> None:
        route = left.pop(0) if len(left) > 1 else left[0]
        route(talk)

    return answer


def cut(data: bytes, after: int) -> Route:
    """Promise everything that was asked for, and hang up after some bytes of it."""

    def answer(talk: Talk) -> None:
        start = int((talk.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        talk.send_response(206 if start else 200)
        if start:
            talk.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        talk.send_header("Content-Length", str(len(data) - start))
        talk.end_headers()
        talk.wfile.write(data[start : start + after])
        talk.wfile.flush()
        talk.close_connection = True

    return answer


def endless(piece: bytes, limit: int = 1 << 30) -> Route:
    """Send something that has no end."""

    def answer(talk: Talk) -> None:
        talk.begin()
        for _ in range(limit // len(piece)):
            talk.wfile.write(piece)

    return answer


@contextmanager
def fake_registry(routes: Mapping[str, Route], host: str = "127.0.0.1", port: int = 0) -> Iterator[Fake]:
    """Let a fake answer, without TLS."""
    heard: list[tuple[str, str, dict[str, str]]] = []
    over = Event()
    handler = type("Routed", (Talk,), {"routes": routes, "heard": heard, "over": over})
    with serving(handler, at=(host, port)) as address:
        try:
            yield Fake(address, heard)
        finally:
            over.set()
            time.sleep(0.01)
