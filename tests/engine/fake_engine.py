"""An engine that says what a test wants, even nonsense; enough of its API to be asked for an image."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

IMAGE_ID = f"sha256:{'1d' * 32}"


class Talk(BaseHTTPRequestHandler):
    """One connection; ``routes`` has the answer to whatever ends a path, a later one before an earlier."""

    protocol_version = "HTTP/1.1"
    timeout = 5  # seconds for a client to ask again or to hang up
    routes: Mapping[str, Callable[["Talk"], None]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        for end in reversed(self.routes):
            if path.endswith(end):
                self.routes[end](self)
                return
        self.say({"message": f"no route for {self.path}"}, status=404)

    do_POST = do_GET  # noqa: N815 - the name that the library wants

    def say(self, *values: object, status: int = 200) -> None:
        """Answer with JSON, one value after another."""
        body = b"".join(json.dumps(value).encode() + b"\n" for value in values)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        """Answer that pieces will come."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def piece(self, data: bytes) -> None:
        """Send a piece; an empty one is the last."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, *_: object) -> None:
        """Say nothing: standard error is looked at."""


def whole(data: bytes, size: int = 32768) -> Callable[[Talk], None]:
    """Send all of an archive as Docker does."""

    def answer(talk: Talk) -> None:
        talk.begin()
        for start in range(0, len(data), size):
            talk.piece(data[start : start + size])
        talk.piece(b"")

    return answer


@contextmanager
def fake_engine(folder: Path, routes: Mapping[str, Callable[[Talk], None]]) -> Iterator[str]:
    """Let a fake engine answer; return its address."""
    usual = {
        "/version": lambda talk: talk.say({"ApiVersion": "1.41"}),
        "/json": lambda talk: talk.say({"Id": IMAGE_ID}),
        "/images/json": lambda talk: talk.say([]),
        "/history": lambda talk: talk.say([]),
    }
    handler = type("Routed", (Talk,), {"routes": usual | dict(routes)})
    path = folder / "fake.sock"
    with Server(str(path), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()


class Server(ThreadingUnixStreamServer):
    """Waits for its threads at the end; a client that went away is none of its worries."""

    daemon_threads = False

    def handle_error(self, *_: object) -> None:
        """Say nothing."""
