"""What BuildKit attests, read from a real document and from nonsense."""

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.provenance import Lines, Provenance, Step, read_provenance
from layerscope.errors import DamagedError

ARCHIVES = Path(__file__).parents[2] / "fixtures" / "archives"


def document_of(archive: str) -> bytes:
    with tarfile.open(ARCHIVES / archive) as members:
        for member in members:
            contents = members.extractfile(member)
            data = contents.read() if contents else b""
            if data.startswith(b'{"_type"'):
                return data
    raise AssertionError(archive)


def test_a_build_that_tells_everything() -> None:
    told = read_provenance(document_of("docker-26-provenance-max.tar"))
    assert told.subjects == {"sha256:ca9b762fec261afa3c6ce3c83238179bbabc5cf013a78a9024b389506ac3346d"}
    assert told.dependencies == ()
    assert (told.last, told.origin()) == ("step11", Step("step1", from_scratch=True))
    assert {name: step.on for name, step in told.steps.items()} == {
        "step0": None,
        "step1": None,
        "step2": "step1",
        "step3": "step2",
        "step4": None,
        "step5": "step3",
        "step6": None,
        "step7": "step5",
        "step8": "step7",
        "step9": "step8",
        "step10": "step9",
        "step11": "step10",
    }
    assert {name: list(map(len, chains)) for name, chains in told.layers.items()} == {
        "step1": [1],
        "step2": [2],
        "step3": [3],
        "step5": [4],
        "step6": [1],
        "step7": [5],
        "step8": [6],
        "step9": [7],
        "step10": [8],
    }
    [source] = told.sources
    assert (source.name, source.language) == ("Dockerfile", "Dockerfile")
    assert source.contents == (ARCHIVES.parent / "contexts" / "buildkit" / "Dockerfile").read_bytes()
    assert told.lines["step1"] == (Lines(0, 3, 3),)
    assert told.lines["step3"] == tuple(Lines(0, line, line) for line in range(8, 14))
    assert told.lines["step6"] == (Lines(0, 17, 17), Lines(0, 20, 20))


def test_a_build_that_tells_little() -> None:
    told = read_provenance(document_of("docker-26-containerd-store-attested.tar"))
    assert told == Provenance(told.subjects, (), {}, None, {}, (), {})
    assert told.origin() is None


NAMES = st.sampled_from(
    [
        *("predicate", "buildConfig", "llbDefinition", "id", "op", "Op", "inputs", "exec", "file", "merge", "source"),
        *("mounts", "actions", "input", "output", "dest", "metadata", "materials", "uri", "digest", "subject"),
        *("https://mobyproject.org/buildkit@v1#metadata", "layers", "step0:0", "invocation", "parameters", "args"),
    ]
)
VALUES = st.none() | st.integers(-2, 3) | st.sampled_from(["step0", "step0:0", "step1:0", "/", "pkg:docker/%"]) | NAMES
DOCUMENTS = st.recursive(VALUES, lambda part: st.lists(part, max_size=3) | st.dictionaries(NAMES, part, max_size=4))


@given(DOCUMENTS)
def test_nonsense_is_refused_or_read(document: object) -> None:
    try:
        told = read_provenance(json.dumps(document).encode())
    except DamagedError:
        return
    assert told.origin() is None or told.origin() in told.steps.values()
    names = (("step0", "step1"), (None, "/"))
    assert all(0 < height <= 2 for height in told.heights(*names).values())
    assert all(layer in (0, 1) and step in told.path() for layer, step in told.makers(*names).items())


@given(st.binary())
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedError):
        read_provenance(b"\x00" + data)
