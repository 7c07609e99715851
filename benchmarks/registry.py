"""A registry on the loopback, with one image: `python -m benchmarks.registry start|stop DIRECTORY PORT [ARCHIVE]`.

What was pushed stays in the directory, so that the next run need not push again.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

REPOSITORY: Final = "layerscope-bench"
_PATIENCE: Final = 20


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def reference(port: int, archive: Path) -> str:
    """Name the image that is made of an archive."""
    return f"127.0.0.1:{port}/{REPOSITORY}/{archive.name.partition('.')[0]}:1"


def start(directory: Path, port: int, archive: Path) -> None:
    """Start the registry, which goes on when this ends, and push what it has not."""
    folder = directory / "registry"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "settings.yml").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        command = ["docker-registry", "serve", str(folder / "settings.yml")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (folder / "pid").write_text(str(process.pid))
    deadline = time.monotonic() + _PATIENCE
    while socket.socket().connect_ex(("127.0.0.1", port)):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the registry does not start: {(folder / 'log').read_text()[-300:]}")
        time.sleep(0.05)
    _push(archive, reference(port, archive))


def stop(directory: Path) -> None:
    """Stop the registry that was started here."""
    os.kill(int((directory / "registry" / "pid").read_text()), signal.SIGTERM)


def _push(archive: Path, name: str) -> None:
    host, _, rest = name.partition("/")
    repository, _, tag = rest.rpartition(":")
    with tarfile.open(archive) as members:

        def read(descriptor: dict[str, Any]) -> IO[bytes]:
            member = members.extractfile("blobs/" + descriptor["digest"].replace(":", "/"))
            assert member is not None
            return member

        index = members.extractfile("index.json")
        assert index is not None
        [descriptor] = json.load(index)["manifests"]
        document = read(descriptor).read()
        manifest = json.loads(document)
        where = f"/v2/{repository}"
        for blob in (manifest["config"], *manifest["layers"]):
            if _ask(host, "HEAD", f"{where}/blobs/{blob['digest']}").status != 200:
                place = urlsplit(_ask(host, "POST", f"{where}/blobs/uploads/").headers["Location"])
                target = f"{place.path}?{place.query}&digest={blob['digest']}"
                _ask(host, "PUT", target, read(blob), {"Content-Length": str(blob["size"])}, expected=201)
        kind = {"Content-Type": descriptor["mediaType"]}
        _ask(host, "PUT", f"{where}/manifests/{tag}", document, kind, expected=201)


def _ask(
    host: str,
    method: str,
    target: str,
    body: IO[bytes] | bytes | None = None,
    headers: dict[str, str] | None = None,
    expected: int | None = None,
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        answer = response.read()
        if expected is not None and response.status != expected:
            sys.exit(f"{method} {target}: {response.status} {answer[:300]!r}")
        return response
    finally:
        connection.close()


if __name__ == "__main__":
    verb, where, *more = sys.argv[1:]
    if verb == "start":
        start(Path(where), int(more[0]), Path(more[1]))
    else:
        stop(Path(where))
