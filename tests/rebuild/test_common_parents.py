"""What compare promises of a common parent: make it, build the images on it, and all together are smaller by that."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from bases import build
from docker import APIClient
from engines import Engine
from pairs import CLEAN, INSTALL

import layerscope
from layerscope.comparison import CommonParentReport

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("rebuild")]

SHARE: Final = 0.03
"""How far a prediction may be off."""


def install(packages: str) -> str:
    return f"RUN {INSTALL} {packages} && {CLEAN}"


class Family(NamedTuple):
    """Images that do the same, each for itself, and as they are when the remedy is followed."""

    apart: Mapping[str, str]
    parent: str
    on_it: Mapping[str, str]
    words: tuple[str, ...]
    """Of the remedy."""
    by_documents: str = "nothing"
    """How much of it documents tell: all, a part, nothing."""


FAMILIES: Final = {
    "one RUN in other company": Family(
        {
            "web": f"{install('curl')}\nCOPY tree/part-0 /srv/web",
            "api": f"COPY tree/part-1 /srv/api\n{install('curl')}",
            "job": f"{install('less')}\n{install('curl')}\nCOPY tree/part-2 /srv/job",
        },
        install("curl"),
        {
            "web": "COPY tree/part-0 /srv/web",
            "api": "COPY tree/part-1 /srv/api",
            "job": f"{install('less')}\nCOPY tree/part-2 /srv/job",
        },
        ("Put there, and leave out of them: RUN apt-get update", "on debian:1"),
        "all",
    ),
    "one package on several lists": Family(
        {
            "web": install("curl less"),
            "api": install("curl file"),
            "job": install("nano curl"),
        },
        install("curl"),
        {"web": install("less"), "api": install("file"), "job": install("nano")},
        ("Install curl there",),
    ),
    "the same files, copied in another order": Family(
        {
            "web": "COPY tree/part-0 /srv/0\nCOPY tree/part-1 /srv/1\nRUN echo web > /srv/name",
            "api": "COPY tree/part-1 /srv/1\nCOPY tree/part-0 /srv/0\nRUN echo api > /srv/name",
            "job": "RUN echo job > /srv/name\nCOPY tree/part-0 tree/part-2 /srv/0/\nCOPY tree/part-1 /srv/1",
        },
        "COPY tree/part-0 /srv/0\nCOPY tree/part-1 /srv/1",
        {
            "web": "RUN echo web > /srv/name",
            "api": "RUN echo api > /srv/name",
            "job": "RUN echo job > /srv/name\nCOPY tree/part-2 /srv/0",
        },
        ("COPY",),
        "a part",
    ),
}


class Rebuilt(NamedTuple):
    """A family, what was told of it, and what following that saved."""

    name: str
    family: Family
    by_documents: tuple[CommonParentReport, ...]
    by_files: tuple[CommonParentReport, ...]
    saved: int


@pytest.fixture(scope="module", params=FAMILIES)
def rebuilt(
    request: pytest.FixtureRequest, engine: Engine, base: Callable[[str], str], context: Path
) -> Iterator[Rebuilt]:
    family = FAMILIES[request.param]
    below = base("debian")
    apart, on_it = ({f"{name}:{tag}" for name in family.apart} for tag in ("apart", "on"))
    build_all(engine, "apart", below, family.apart, context)
    before = stored(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine.host)
        names = sorted(apart)
        by_documents, by_files = (
            layerscope.compare([*names, below], files=each).compare.could_share for each in (False, True)
        )
    engine.docker("rmi", "--force", *apart)
    build(engine, "common:1", f"FROM {below}\n{family.parent}", context)
    build_all(engine, "on", "common:1", family.on_it, context)
    yield Rebuilt(request.param, family, by_documents, by_files, before - stored(engine))
    engine.docker("rmi", "--force", *on_it, "common:1")


def build_all(engine: Engine, tag: str, below: str, rests: Mapping[str, str], context: Path) -> None:
    """Build images side by side."""

    def build_one(name: str) -> str:
        return build(engine, f"{name}:{tag}", f"FROM {below}\n{rests[name]}", context)

    with ThreadPoolExecutor() as pool:
        list(pool.map(build_one, rests))


def stored(engine: Engine) -> int:
    """Return the bytes of all layers that the engine holds, each once."""
    client = APIClient(base_url=engine.host, version="auto")
    try:
        return int(client.df()["LayersSize"])  # type: ignore[no-untyped-call]
    finally:
        client.close()


def test_files_tell_what_is_saved(rebuilt: Rebuilt, record_property: Callable[[str, object], None]) -> None:
    [told] = rebuilt.by_files
    missed = (told.saved_content_bytes or 0) - rebuilt.saved
    row = (
        rebuilt.name,
        f"{told.saved_content_bytes:,}",
        f"{rebuilt.saved:,}",
        f"{missed:+,} ({missed / rebuilt.saved:+.2%})",
    )
    record_property("shared", row)
    assert told.saved_content_bytes == pytest.approx(rebuilt.saved, rel=SHARE)
    assert len(told.images) == 3
    for words in rebuilt.family.words:
        assert words in told.remedy


def test_documents_tell_it_where_instructions_do(rebuilt: Rebuilt) -> None:
    told = sum(each.saved_content_bytes or 0 for each in rebuilt.by_documents)
    if rebuilt.family.by_documents == "all":
        assert told == pytest.approx(rebuilt.saved, rel=SHARE)
    else:
        assert told < rebuilt.saved
        assert bool(told) == (rebuilt.family.by_documents == "a part")
