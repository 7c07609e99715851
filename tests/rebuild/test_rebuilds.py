"""What is promised: follow the advice, build again, and the image is smaller by the bytes that were told."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

import pytest
from bases import build
from engines import Engine
from pairs import PAIRS, Pair

import layerscope
from layerscope import Choice, Report, rules

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("rebuild")]

SHARE = 0.02
BYTES = 64_000
"""How far a prediction may be off: the larger of the two."""
WORTH_IT = 10 * BYTES
"""Bytes that a pair saves at least, lest any prediction would do."""
_OTHER_ENGINES = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG")
CACHES = {
    rule.name
    for module in iter_modules(rules.__path__)
    if module.name.startswith("caches_")
    for rule in import_module(f"{rules.__name__}.{module.name}").RULES
}


class Rebuilt(NamedTuple):
    """The two images of a pair, as the engine weighs them and as layerscope sees them."""

    name: str
    pair: Pair
    flawed_bytes: int
    remedied_bytes: int
    base_layers: int
    flawed: Report
    """Of the image with the flaw, what the pair's rules say."""
    remedied: Report
    """Of the other one, what all rules say."""


@pytest.fixture(scope="module", params=PAIRS)
def rebuilt(
    request: pytest.FixtureRequest,
    engine: Engine,
    base: Callable[[str], str],
    context: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Rebuilt]:
    pair = PAIRS[request.param]
    folder = tmp_path_factory.mktemp("remedied") / "context"
    shutil.copytree(context, folder, symlinks=True)
    (folder / ".dockerignore").write_text(pair.ignored)
    below = base(pair.base)
    sides = (
        (("flawed:1", pair.flawed, context), Choice(select=pair.rules)),
        (("remedied:1", pair.remedied, folder), Choice()),
    )

    def seen(side: tuple[tuple[str, str, Path], Choice]) -> tuple[int, Report]:
        (image, rest, files), choice = side
        build(engine, image, f"FROM {below}\n{rest}", files, buildkit=pair.buildkit)
        size = int(_inspected(engine, image, "{{.Size}}"))
        return size, layerscope.inspect(image, pull="never", rules=choice)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor() as both:
        for name in _OTHER_ENGINES:
            patch.delenv(name, raising=False)
        patch.setenv("DOCKER_HOST", engine.host)
        (flawed_bytes, flawed), (remedied_bytes, remedied) = both.map(seen, sides)
    shutil.rmtree(folder)
    layers = int(_inspected(engine, below, "{{len .RootFS.Layers}}"))
    yield Rebuilt(request.param, pair, flawed_bytes, remedied_bytes, layers, flawed, remedied)
    engine.docker("rmi", "--force", "flawed:1", "remedied:1")


def _inspected(engine: Engine, image: str, template: str) -> str:
    return engine.docker("image", "inspect", f"--format={template}", image)


def test_the_image_is_smaller_by_what_was_predicted(
    rebuilt: Rebuilt, record_property: Callable[[str, object], None]
) -> None:
    base = sum(each.reclaimable_bytes for each in rebuilt.flawed.findings if _layer(each.layer) < rebuilt.base_layers)
    predicted = rebuilt.flawed.totals.reclaimable_bytes - base
    measured = rebuilt.flawed_bytes - rebuilt.remedied_bytes
    assert measured >= WORTH_IT, (predicted, measured)
    missed = predicted - measured
    row = (
        rebuilt.name,
        ", ".join(rebuilt.pair.rules),
        *(f"{each:,}" for each in (rebuilt.flawed_bytes, rebuilt.remedied_bytes, predicted, measured)),
        f"{missed:+,} ({missed / measured:+.2%})" if missed else "0",
    )
    record_property("rebuilt", row)
    assert abs(missed) <= max(SHARE * measured, BYTES), row


def test_the_remedy_is_as_it_was_worded(rebuilt: Rebuilt) -> None:
    remedies = [each.remedy for each in rebuilt.flawed.findings if _layer(each.layer) >= rebuilt.base_layers]
    applied = (rebuilt.pair.remedied, ", ".join(rebuilt.pair.ignored.split()))
    for words in rebuilt.pair.words:
        pattern = ".*".join(map(re.escape, words.split("…")))
        assert any(re.search(pattern, remedy) for remedy in remedies), (words, remedies)
        assert any(re.search(pattern, text) for text in applied), (words, applied)


def test_nothing_is_left_to_say(rebuilt: Rebuilt) -> None:
    """Neither of the flaw, nor of any cache: what was mounted or cleaned up is no cause for alarm."""
    unwanted = {*rebuilt.pair.rules, *CACHES}
    found = [each for each in rebuilt.remedied.findings if each.rule in unwanted]
    assert [each for each in found if _layer(each.layer) >= rebuilt.base_layers] == []
    assert rebuilt.remedied.notes == ()


def _layer(layer: int | None) -> int:
    assert layer is not None
    return layer
