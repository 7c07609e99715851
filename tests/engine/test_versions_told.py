"""What an engine says of the versions of a base: their digests, and when their layers were made."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest
from engines import Engine
from fake_engine import Talk, fake_engine

import layerscope
from layerscope.comparison import StaleBaseReport

NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
FEBRUARY, MARCH = 1_706_745_600, 1_709_251_200
OF_NONE: Final = -62_135_596_800
"""What an engine written in Go says of an entry without a date."""
Answers = dict[str, Callable[[Talk], None]]


def stale_base(*targets: str) -> StaleBaseReport:
    [base] = layerscope.compare(targets).compare.stale_bases
    return base


@pytest.mark.engine
@pytest.mark.xdist_group("engine")
@pytest.mark.parametrize("buildkit", [False, True], ids=["classic", "buildkit"])
def test_the_newest_version_of_a_base(buildkit: bool, reached: Engine, registry_address: str, context: Path) -> None:
    """Though most images stand on the older one. Dates are whole seconds, so that no two builds may share one."""
    name, digests = f"{registry_address}/os-{buildkit}:1".lower(), []
    for version, seconds in ((1, 0), (2, 1.1)):
        recipe = f"FROM base:1\nRUN sleep {seconds} && head -c {version}000 /dev/zero > /version\nCMD sh\n"
        reached.build(name, recipe, context, buildkit=buildkit)
        reached.docker("tag", name, f"dated-base:{version}")
        reached.docker("push", "--quiet", name)
        [digest] = reached.docker("image", "inspect", '--format={{join .RepoDigests "\\n"}}', name).splitlines()
        digests.append(digest.rpartition("@")[2])
        for app in "ab"[version - 1 :]:
            labels = f"LABEL {NAME}={name} {DIGEST}={digests[-1]}"
            recipe = f"FROM dated-base:{version}\n{labels}\nRUN echo {app} > /app\n"
            reached.build(f"dated-{app}:{version}", recipe, context, buildkit=buildkit)
    base = stale_base("dated-a:1", "dated-b:1", "dated-b:2", "dated-base:1", "dated-base:2")
    assert [each.digest for each in base.versions] == digests
    assert (base.onto, base.is_newest, base.rebuilt) == (digests[1], True, (0, 1))


@pytest.mark.parametrize(
    ("old", "new", "is_newest"),
    [
        pytest.param(FEBRUARY, MARCH, True, id="known"),
        pytest.param(MARCH, MARCH, False, id="the same"),
        pytest.param(0, MARCH, False, id="the beginning of time"),
        pytest.param(OF_NONE, MARCH, False, id="none"),
        pytest.param(None, MARCH, False, id="not told"),
        pytest.param(10**9, 10**30, False, id="no year"),
        pytest.param(10**9, 10**15, False, id="a year of five digits"),
    ],
)
def test_dates(old: int | None, new: int, is_newest: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = told(tmp_path, monkeypatch, (old, new))
    assert base.is_newest == is_newest
    assert not is_newest or base.onto == digest_of("b")


def test_a_base_that_registries_have_under_several_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a mirror does that it was pushed to; images declare any of them."""
    alone = told(tmp_path, monkeypatch, (FEBRUARY, MARCH))
    mirrored = told(tmp_path, monkeypatch, (FEBRUARY, MARCH), {"mirror/os": "0", "other/os": "f"})
    assert mirrored == alone
    assert [each.layer for each in mirrored.versions] != [None, None]


def told(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    dates: tuple[int | None, int],
    mirrors: Mapping[str, str] = MappingProxyType({}),
) -> StaleBaseReport:
    """Ask a fake engine for two versions of a base, and for an image on each of them."""
    answers: Answers = {"/info": lambda talk: talk.say({})}

    def holds(name: str, number: int, layers: str, date: int | None, **more: Any) -> None:
        image = {"Id": f"sha256:{number:064}", "RootFS": {"Layers": list(map(digest_of, layers))}} | more
        step = {"CreatedBy": "RUN a", "Size": 1} | ({} if date is None else {"Created": date})
        answers[f"/{name}/json"] = answers[f"/{image['Id']}/json"] = lambda talk: talk.say(image)
        answers[f"/{image['Id']}/history"] = lambda talk: talk.say([step] * len(layers))

    for number, (layer, date) in enumerate(zip("ab", dates, strict=True)):
        pushed = [f"{name}@{digest_of(digest)[:-1]}{layer}" for name, digest in mirrors.items()]
        holds(f"os:{number}", number, layer, date, RepoDigests=[f"os@{digest_of(layer)}", *pushed])
        labels = {"Labels": {NAME: "os", DIGEST: digest_of(layer)}}
        holds(f"app:{number}", 2 + number, f"{layer}c", date, Config=labels)
    with fake_engine(folder, answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        base = stale_base("os:0", "os:1", "app:0", "app:1")
    (folder / "fake.sock").unlink()
    return base


def digest_of(digit: str) -> str:
    return f"sha256:{digit * 64}"
