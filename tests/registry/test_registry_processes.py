"""Large layers arrive in several processes, each over connections of its own; nobody can tell from what is said."""

import json
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from builders import file, tar_of
from fake_registry import Route, cut, fake_registry, say, served, whole
from images import oci

NOISE = Random(3)
LAYERS = [tar_of([file(f"noise/{number}", NOISE.randbytes(1_500_000))]) for number in range(4)]
IMAGE = oci(layers=LAYERS)
[DESCRIPTOR] = json.loads(IMAGE["index.json"])["manifests"]  # type: ignore[arg-type]
MANIFEST = json.loads(IMAGE["blobs/" + DESCRIPTOR["digest"].replace(":", "/")])  # type: ignore[arg-type]
BLOBS = [layer["digest"] for layer in MANIFEST["layers"]]
DATA = [bytes(IMAGE["blobs/" + digest.replace(":", "/")]) for digest in BLOBS]  # type: ignore[arg-type]

SCRIPT = """
import json, msgspec, os, sys
import layerscope
from layerscope.sources.registry import Registry, blob, client, transport
blob.PAUSES = client.PAUSES = transport.PAUSES = (0.0, 0.01)
forks, fork = [], os.fork
os.sched_getaffinity = lambda _: {{0}}
os.fork = lambda: forks.append(1) or fork()
closed, close = [], Registry.close
Registry.close = lambda medium: closed.append(medium.fetched_bytes) or close(medium)
{before}
try:
    told = msgspec.to_builtins(layerscope.inspect(sys.argv[1]))
    del told["image"]["reference"]
except layerscope.LayerscopeError as error:
    told = str(error)
print(json.dumps([len(forks), told, closed]))
"""
ALONE = "import layerscope.sources.registry as registry; registry._AT_ONCE = 1"


def told(routes: dict[str, Route], before: str = "") -> tuple[int, Any, list[int]]:
    """Inspect in a process of its own, which has no thread but one."""
    with fake_registry(routes) as fake:
        script = [sys.executable, "-c", SCRIPT.format(before=before), fake.target]
        ran = subprocess.run(script, capture_output=True, text=True, check=True, timeout=60)
        assert ran.stderr == ""
        forks, said, fetched = json.loads(ran.stdout)
        return forks, said.replace(fake.reference, "APP") if isinstance(said, str) else said, fetched


def test_several_processes_find_what_one_finds() -> None:
    forks, report, fetched = told(served(IMAGE))
    assert (report, fetched) == told(served(IMAGE), ALONE)[1:]
    assert forks == 1  # two at once, though there is one core
    documents = sum(len(bytes(IMAGE[f"blobs/{digest.replace(':', '/')}"])) for digest in documents_of())  # type: ignore[arg-type]
    assert fetched == [documents + sum(map(len, DATA))]


def test_layers_from_elsewhere() -> None:
    """A process that takes over knows where the registry is, and so where it may send us."""
    routes = served(IMAGE)
    with fake_registry({f"/{name}": route for name, route in routes.items()}) as elsewhere:
        sent = {name: say(307, Location=f"http://{elsewhere.address}/{name}") for name in routes if "blobs" in name}
        assert told(routes | sent)[1] == told(routes)[1]
    assert {path for _, path, _ in elsewhere.heard} >= {f"/blobs/{digest}" for digest in BLOBS}


def documents_of() -> tuple[str, str]:
    return DESCRIPTOR["digest"], MANIFEST["config"]["digest"]


@pytest.mark.parametrize("number", range(4))
def test_a_layer_that_fails_whichever_process_has_it(number: int) -> None:
    routes = {f"blobs/{BLOBS[number]}": cut(DATA[number], 7)}
    message = f"APP: {BLOBS[number]}: it breaks off after 21 of {len(DATA[number]):,} bytes, each time"
    for before in ("", ALONE):
        assert told(served(IMAGE) | routes, before)[1] == message


def test_a_layer_of_another_digest() -> None:
    other = DATA[2][:-9] + bytes(9)
    message = told(served(IMAGE) | {f"blobs/{BLOBS[2]}": whole(other)})[1]
    assert message.startswith(f"APP: {BLOBS[2]}: the gzip data ")
