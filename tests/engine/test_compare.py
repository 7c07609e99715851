"""Several images of a real engine: what is shared is what the engine itself says, to the byte."""

import json
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from engines import Engine, layerscope_command

import layerscope
from layerscope.comparison import SharingReport

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

PARENT = (
    "FROM base:1\nRUN mkdir -p /srv/lib && head -c 300000 /dev/zero > /srv/lib/big\nENV A=b\nCOPY tree/one /srv/lib/\n"
)
IMAGES = {
    "shop-parent:1": PARENT,
    "shop-web:1": "FROM shop-parent:1\nCOPY tree/sub /srv/tree/\nRUN head -c 20000 /dev/zero > /srv/web\n",
    "shop-api:1": "FROM shop-parent:1\nWORKDIR /srv/api\nRUN head -c 4000 /dev/zero > app && rm /srv/lib/big\n",
    "shop-jobs:1": "FROM shop-web:1\nRUN true\nRUN head -c 100 /dev/zero > /srv/jobs\nCMD sh\n",
    "shop-tool:1": "FROM base:1\nLABEL a=b\nRUN head -c 7000 /dev/zero > /srv-tool\n",
    "shop-same:1": "FROM shop-web:1\n",
}
"""Of parents that are images themselves, of layers without bytes, of one that is another under a second name.

No symbolic links: what BuildKit tells of its own layers leaves them out (test_images.py)."""


@pytest.fixture(params=[False, True], ids=["classic", "buildkit"])
def built(request: pytest.FixtureRequest, reached: Engine, context: Path) -> Engine:
    for name, dockerfile in IMAGES.items():
        reached.build(name, dockerfile, context, buildkit=request.param)
    return reached


def usage(engine: Engine) -> dict[str, Any]:
    """Ask the engine what `docker system df -v` prints rounded."""
    client = APIClient(base_url=engine.host, version="auto")
    try:
        return dict(client.df())  # type: ignore[no-untyped-call]
    finally:
        client.close()


def compare(*targets: str, **more: Any) -> SharingReport:
    return layerscope.compare(targets, **more).compare


def test_own_and_shared_bytes_are_those_that_the_engine_tells(built: Engine) -> None:
    """All that it holds is compared, whatever other tests left there: it counts what all its images share."""
    told = usage(built)
    sizes = {each["Id"]: (each["Size"], each["SharedSize"]) for each in told["Images"]}
    report = compare(*(f"docker-daemon:{image_id}" for image_id in sizes))
    assert {each.image_id: (each.content_bytes, each.shared_content_bytes) for each in report.images} == sizes
    assert {each.image_id: each.own_content_bytes for each in report.images} == {
        image_id: whole - shared for image_id, (whole, shared) in sizes.items()
    }
    assert report.totals.stored_content_bytes == told["LayersSize"]
    assert report.totals.blob_sharing is None  # an engine keeps no blobs


@pytest.mark.usefixtures("built")
def test_the_tree_is_the_one_that_was_built() -> None:
    report = compare(*IMAGES)
    named = {name: number for number, image in enumerate(report.images) for name in image.names}
    assert named["shop-same:1"] == named["shop-web:1"] or len(report.images) == len(IMAGES)
    tops = {image.layer: image.reference for image in report.images}
    above = {
        image.reference: tops.get(report.parents[image.parent].layer)
        for image in report.images
        if image.parent is not None
    }
    assert above["shop-jobs:1"] == above["shop-web:1"] == "shop-web:1"
    assert above["shop-api:1"] == "shop-parent:1"
    assert above["shop-tool:1"] is None  # what it shares is base:1, which is none of the images
    assert report.totals.shared_content_bytes == report.images[named["shop-web:1"]].content_bytes


def test_the_engine_and_its_archive_agree(built: Engine, tmp_path: Path) -> None:
    """Histories tell of an engine's layers, headers of an archive's."""
    names = list(IMAGES)[:5]
    path = tmp_path / "all.tar"
    built.docker("save", "--output", path, *names)
    asked, read = compare(*names), compare(str(path))
    assert {each.reference for each in read.images} == set(names)
    assert asked.totals.stored_content_bytes == read.totals.stored_content_bytes
    own = [{each.reference: each.own_content_bytes for each in report.images} for report in (asked, read)]
    assert own[0] == own[1]
    content = [{each.chain_id: each.content_bytes for each in report.layers} for report in (asked, read)]
    assert content[0] == content[1]


@pytest.mark.usefixtures("built")
def test_what_is_there_already_is_not_pulled() -> None:
    report = compare("shop-web:1", "shop-api:1", have=["shop-parent:1"])
    assert [each.new_content_bytes for each in report.images] == [each.own_content_bytes for each in report.images]
    assert report.images[1].own_content_bytes == 4000


def test_the_pods_of_a_cluster(built: Engine, tmp_path: Path) -> None:
    """Names of a cluster are asked of the engine, even where there is a file of that name."""
    pods = [{"spec": {"containers": [{"image": each}]}} for each in ("shop-web:1", "shop-web:1", "shop-tool:1")]
    listed = tmp_path / "pods.json"
    listed.write_text(json.dumps({"items": pods}))
    (tmp_path / "shop-tool:1").write_text("no image")
    done = layerscope_command("compare", "--from", "-", "--format", "json", stdin=listed, DOCKER_HOST=built.host)
    assert (done.returncode, done.stderr) == (0, "")
    images = json.loads(done.stdout)["compare"]["images"]
    assert [(each["reference"], each["pods"]) for each in images] == [("shop-web:1", 2), ("shop-tool:1", 1)]
