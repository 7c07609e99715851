"""``layerscope compare`` through the front door: several images of archives and layouts, in every format."""

import json
import re
from pathlib import Path
from time import process_time
from xml.etree import ElementTree as ET

import pytest
from builders import file, tar_of
from images import (
    COMPRESSIONS,
    GZIP,
    LAYER_TYPE,
    LAYERS,
    Blobs,
    Files,
    Json,
    Saved,
    as_folder,
    as_tar,
    containerd,
    digest_of,
    docker_10,
    docker_25,
    docker_v1,
    name_of,
    named,
)

import layerscope
from layerscope.cli.kit.app import run
from layerscope.comparison import SharingReport
from layerscope.errors import DamagedError, DigestError, MissingBlobError, NotFoundError, UnsupportedError, UsageError
from layerscope.render import formats, renderer
from layerscope.render.kit.view import View

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "compare.md").read_text("utf-8")


def layer(name: str, size: int) -> bytes:
    return tar_of([file(name, b"x" * size)])


OS, LIBS, WEB, WORKER, TOOL = (
    layer("os", 80_000),
    layer("libs", 30_000),
    layer("web", 5000),
    layer("worker", 7000),
    layer("tool", 900),
)
MADE_BY = {
    OS: "ADD rootfs / # buildkit",
    LIBS: "RUN /bin/sh -c apt-get install libs # buildkit",
    WEB: "COPY web / # buildkit",
    WORKER: "COPY worker / # buildkit",
    TOOL: "RUN /bin/sh -c TOKEN=hunter2secret make # buildkit",
}


def saved(tag: str, *layers: bytes) -> Saved:
    return Saved(layers, [tag], past(*layers))


def past(*layers: bytes) -> Json:
    return {"history": [{"created_by": MADE_BY[each]} for each in layers]}


SHOP = (
    saved("web:2", OS, LIBS, WEB),
    saved("libs:1", OS, LIBS),
    saved("worker:2", OS, LIBS, WORKER),
    saved("tool:1", OS, TOOL),
)

TABLE = """\
  images          4  10 layers, 5 distinct
  content  422.9 kB  if each image had all its layers to itself
  stored   122.9 kB  each layer once: sharing saves 70.9%
  blobs    440.8 kB  if each image had all its layers to itself
  stored   131.6 kB  each layer once: sharing saves 70.2%
  pull     131.6 kB  all of them, by a machine that has none of them

  note: Of docker archives, blob bytes are those of the layers as saved: a registry keeps
        them compressed.

Shared parents  content bytes
     adds  images
  80.0 kB       4  ADD rootfs /  1 layer
  30.0 kB       3  ├─ libs:1  2 layers
   5.0 kB          │  ├─ web:2
   7.0 kB          │  └─ worker:2
    900 B          └─ tool:1

Images  content bytes
  #     whole    shared     own       new  image
  1  115.0 kB  110.0 kB  5.0 kB  115.0 kB  web:2
  2  110.0 kB  110.0 kB     0 B       0 B  libs:1
  3  117.0 kB  110.0 kB  7.0 kB    7.0 kB  worker:2
  4   80.9 kB   80.0 kB   900 B     900 B  tool:1

Shared by two  content bytes
  #         1         2        3
  2  110.0 kB
  3  110.0 kB  110.0 kB
  4   80.0 kB   80.0 kB  80.0 kB
"""
MARKDOWN = """\
|  |  |  |
| :-- | --: | :-- |
| images | 4 | 10 layers, 5 distinct |
| content | 422.9 kB | if each image had all its layers to itself |
| stored | 122.9 kB | each layer once: sharing saves 70.9% |
| blobs | 440.8 kB | if each image had all its layers to itself |
| stored | 131.6 kB | each layer once: sharing saves 70.2% |
| pull | 131.6 kB | all of them, by a machine that has none of them |

- Of docker archives, blob bytes are those of the layers as saved: a registry keeps them compressed.

**Shared parents** (content bytes)

```text
     adds  images
  80.0 kB       4  ADD rootfs /
  30.0 kB       3  ├─ libs:1
```

and 3 lines more

**Images** (content bytes)

| # | image | whole | shared | own | new |
| --: | :-- | --: | --: | --: | --: |
| 1 | `web:2` | 115.0 kB | 110.0 kB | 5.0 kB | 115.0 kB |
| 2 | `libs:1` | 110.0 kB | 110.0 kB | 0 B | 0 B |

and 2 images more
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write(tmp_path, docker_10(*SHOP))


def write(folder: Path, files: Files, name: str = "all.tar") -> str:
    path = folder / name
    path.write_bytes(as_tar(files))
    return str(path)


def compare(*targets: str, **more: object) -> SharingReport:
    return layerscope.compare(targets, **more).compare  # type: ignore[arg-type]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command in this process; return what it prints."""
    assert run(["compare", *arguments]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_the_page(shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    assert printed(capsys, shop) == TABLE


def test_the_rest_of_a_long_list_is_counted(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    page = printed(capsys, shop, "--top", "3")
    assert page.count("and 2 more (--top shows them)") == 1  # lines of the tree
    assert page.count("and 1 more (--top shows them)") == 1  # images
    assert "more" not in printed(capsys, shop, "--top", "5")


def test_markdown(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, shop, "--format", "markdown", "--top", "2") == MARKDOWN


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("table", "  app:1, also app:2, app:3, app:4, app:5 and 1 more\n"),
        ("markdown", " | `app:1`, also `app:2`, `app:3`, "),
    ],
)
def test_all_names_of_an_image_are_told(
    name: str, row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for a name and does not find it does not know why."""
    monkeypatch.setenv("COLUMNS", "120")
    target = write(tmp_path, docker_10(*(saved(f"app:{number}", OS) for number in range(1, 7))))
    assert row in printed(capsys, target, "--format", name)


def test_an_image_of_a_whole_archive_has_all_the_names_that_it_carries_there(tmp_path: Path) -> None:
    """Each in one spelling: Docker and BuildKit note one name in three."""
    target = write(tmp_path, docker_25(Saved(LAYERS, ["app:1", "app:latest"]), saved("b:1", OS)))
    assert [each.names for each in compare(target).images] == [("app:1", "app:latest"), ("b:1",)]
    assert [each.names for each in compare(f"{target}:app:latest").images] == [("app:latest",)]
    blobs = Blobs()
    image = blobs.image()
    folder = as_folder(blobs.layout([named(image, "one"), named(image, "two")]), tmp_path / "layout")
    assert [each.names for each in compare(str(folder)).images] == [(f"{folder}:one", f"{folder}:two")]


def test_an_image_may_have_very_many_names(tmp_path: Path) -> None:
    """As an archive that lists one configuration again and again, or lists many names of it."""
    files, tags = docker_10(Saved([OS])), [f"app:{number}" for number in range(20_000)]
    [entry] = json.loads(files["manifest.json"])  # type: ignore[arg-type]  # it is no link
    for many in ([{**entry, "RepoTags": [tag]} for tag in tags], [{**entry, "RepoTags": tags}]):
        target = write(tmp_path, {**files, "manifest.json": json.dumps(many).encode()})
        started = process_time()
        [image] = compare(target).images
        assert process_time() - started < 4
        assert image.names == tuple(tags)


LAST_ON_THE_LAST = """\
     adds  images
  80.0 kB       4  ADD rootfs /
  30.0 kB       2  ├─ RUN apt-get install libs
   5.0 kB          │  ├─ a:1
   7.0 kB          │  └─ b:1
    900 B       2  └─ RUN TOKEN=*** make
   5.0 kB             ├─ c:1
   7.0 kB             └─ d:1
"""


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_what_stands_on_the_last_parent_is_drawn_on_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is drawn before it but blanks."""
    stacks = {"a:1": (OS, LIBS, WEB), "b:1": (OS, LIBS, WORKER), "c:1": (OS, TOOL, WEB), "d:1": (OS, TOOL, WORKER)}
    target = write(tmp_path, docker_10(*(saved(tag, *layers) for tag, layers in stacks.items())))
    page = printed(capsys, target, "--format", name)
    assert re.sub(r"  \d layers?$", "", page, flags=re.MULTILINE).count(LAST_ON_THE_LAST) == 1


def test_json_tells_what_the_library_tells(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(printed(capsys, shop, "--format", "json"))
    report = layerscope.compare([shop])
    assert told["schema_version"] == report.schema_version == 1
    assert [each["own_content_bytes"] for each in told["compare"]["images"]] == [5000, 0, 7000, 900]
    assert told["compare"]["layers"][4] == {
        "chain_id": report.compare.layers[4].chain_id,
        "diff_id": digest_of(TOOL),
        "digest": None,
        "parent": 0,
        "depth": 2,
        "content_bytes": 900,
        "blob_bytes": len(TOOL),
        "images": 1,
        "created_by": "RUN /bin/sh -c TOKEN=*** make # buildkit",
    }


@pytest.mark.parametrize("name", formats("compare"))
def test_no_format_shows_a_secret_or_lets_a_name_speak_its_language(name: str, tmp_path: Path) -> None:
    """Secrets of what is shared, where instructions are told, and of what is not; names from hostile archives."""
    evil = 'a:<script>|`"\x1b[31m\n# x'
    target = write(tmp_path, docker_10(saved(evil, OS, TOOL, WEB), saved("b:1", OS, TOOL, LIBS), saved("c:1", TOOL)))
    text = renderer(name, "compare")(layerscope.compare([target]), View())
    assert "hunter2secret" not in text
    assert "\x1b" not in text
    assert "\n# x" not in text
    if name == "svg":
        ET.fromstring(text)
        assert "<script>" not in text


def test_the_picture(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A block spans the columns of the images that have its layer, and is as high as its bytes."""
    drawing = ET.fromstring(printed(capsys, shop, "--format", "svg"))
    svg = "{http://www.w3.org/2000/svg}"
    names = [each.findtext(f"{svg}title") for each in drawing.findall(f"{svg}text") if each.get("transform")]
    assert names == ["libs:1", "worker:2", "web:2", "tool:1"]
    blocks = {}
    for rect in drawing.findall(f"{svg}rect[@class='b']"):
        x, y, width, height = (float(rect.get(each) or "") for each in ("x", "y", "width", "height"))
        first, columns = round((x - 84) / 150), round(width / 150)
        told = (rect.findtext(f"{svg}title") or "").partition(",")[0]
        blocks[told] = (names[first : first + columns], round(height / 440 * 117_000, -3), round(y + height))
    assert blocks == {
        "80.0 kB  ADD rootfs /": (names, 80_000, 514),
        "30.0 kB  libs": (names[:3], 30_000, 213),
        "7.0 kB  COPY worker /": (["worker:2"], 7000, 100),
        "5.0 kB  COPY web /": (["web:2"], 5000, 100),
        "900 B  TOKEN=*** make": (["tool:1"], 1000, 213),
    }


@pytest.mark.parametrize("name", formats("compare"))
def test_images_of_which_little_is_known(name: str, tmp_path: Path) -> None:
    """No layer at all; layers without history; one image, with nobody to share with."""
    nothing, mute = Saved([], ["nothing:1"]), Saved([OS], ["mute:1"], {"history": []})
    for images in ([nothing], [mute], [nothing, mute]):
        target = write(tmp_path, docker_10(*images))
        text = renderer(name, "compare")(layerscope.compare([target]), View())
        assert all(image.tags is None or image.tags[0] in text for image in images)


def layout(folder: Path, *, with_layers: bool, annotations: Json | None = None, index: Json | None = None) -> str:
    """Write a layout of two images whose layers are compressed, or not there at all."""
    blobs = Blobs()
    manifests = [
        named(blobs.image(layers, config=past(*layers), annotations=note or {}), name)
        for name, layers, note in (("web", (OS, LIBS, WEB), annotations), ("tool", (OS, TOOL), index))
    ]
    files = blobs.layout(manifests)
    for each in () if with_layers else (OS, LIBS, WEB, TOOL):
        del files[name_of({"digest": digest_of(GZIP(each))})]
    return str(as_folder(files, folder))


@pytest.mark.parametrize(("walk", "content"), [("never", None), ("plain", None), ("all", 80_000)])
def test_compressed_layers_are_read_only_when_that_is_asked_for(walk: str, content: int | None, tmp_path: Path) -> None:
    report = compare(layout(tmp_path, with_layers=True), walk=walk)
    assert [each.shared_content_bytes for each in report.images] == [content] * 2
    assert [each.shared_blob_bytes for each in report.images] == [len(GZIP(OS))] * 2
    assert report.layers[0].digest == digest_of(GZIP(OS))
    unknown = (
        "The content bytes of all layers are unknown: manifests do not tell them (--walk all reads compressed layers)."
    )
    assert (unknown in report.notes) == (content is None)


@pytest.mark.parametrize("walk", ["plain", "all"])
def test_manifests_and_configurations_are_enough(walk: str, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = compare(layout(tmp_path / "whole", with_layers=True), walk="never")
    bare = compare(layout(tmp_path / "bare", with_layers=False), walk=walk)
    assert bare.totals == whole.totals
    assert bare.layers == whole.layers
    assert bare.pairs == whole.pairs


def test_one_image_from_two_places_is_one_image(shop: str, tmp_path: Path) -> None:
    """The archive tells of its content bytes, and the manifest of its blob; each of them of both."""
    folder = layout(tmp_path / "layout", with_layers=False)
    report = compare(f"{shop}:tool:1", f"{folder}:tool", f"{folder}:web")
    tool, web = report.images
    assert tool.names == ("tool:1", f"{folder}:tool")
    assert (tool.source, tool.own_content_bytes, tool.own_blob_bytes) == ("docker-archive", 900, len(GZIP(TOOL)))
    assert (web.shared_content_bytes, web.content_bytes) == (80_000, None)
    for order in ((f"{folder}:tool", f"{shop}:tool:1"), (f"{shop}:tool:1", f"{folder}:tool")):
        assert compare(*order).images[0].blob_bytes == len(GZIP(OS)) + len(GZIP(TOOL))


def test_layers_that_are_stored_in_several_ways_weigh_the_same_whoever_is_named_first(tmp_path: Path) -> None:
    """Of two compressions the smaller one counts."""
    blobs = Blobs()
    ways = {"gzip": GZIP, "none": COMPRESSIONS["none"], "zstd": COMPRESSIONS["zstd"]}
    targets = []
    for name, layer in (("gzip", WEB), ("none", TOOL), ("zstd", LIBS)):
        manifest = blobs.image((OS, layer), compress=ways[name], config=past(OS, layer), layer_type=LAYER_TYPE)
        targets.append(str(as_folder(blobs.layout([manifest]), tmp_path / name)))
    one, other = compare(*targets), compare(*targets[::-1])
    smallest = min((way(OS) for way in ways.values()), key=len)
    assert (one.layers[0].digest, one.layers[0].blob_bytes) == (digest_of(smallest), len(smallest))
    assert (one.totals, one.layers, one.parents) == (other.totals, other.layers, other.parents)
    assert [each.blob_bytes for each in one.images] == [each.blob_bytes for each in other.images][::-1]


@pytest.mark.parametrize(
    ("files", "is_said"),
    [
        pytest.param(docker_10(), True, id="without digests"),
        pytest.param(docker_25(), True, id="with those of what is not compressed"),
        pytest.param(containerd(), False, id="with those of what is compressed"),
    ],
)
def test_it_is_said_where_blobs_are_not_those_of_a_registry(files: Files, is_said: bool, tmp_path: Path) -> None:
    """An archive of Docker's containerd store has the blobs that a registry has."""
    report = compare(write(tmp_path, files))
    assert [each.source for each in report.images] == ["docker-archive"]
    assert any(note.startswith("Of docker archives") for note in report.notes) == is_said


def test_no_word_of_archives_where_a_manifest_tells_of_the_blobs(shop: str, tmp_path: Path) -> None:
    folder = layout(tmp_path / "layout", with_layers=False)
    assert not any(note.startswith("Of docker archives") for note in compare(f"{shop}:tool:1", f"{folder}:tool").notes)


@pytest.mark.parametrize("order", [1, -1])
def test_a_layer_that_one_layout_stores_in_two_ways_is_read_in_the_way_that_costs_less(
    order: int, tmp_path: Path
) -> None:
    """Uncompressed, whichever of its manifests comes last."""
    blobs = Blobs()
    plain = blobs.image((OS, WEB), compress=COMPRESSIONS["none"], config=past(OS, WEB), layer_type=LAYER_TYPE)
    packed = blobs.image((OS, TOOL), config=past(OS, TOOL))
    report = compare(str(as_folder(blobs.layout([plain, packed][::order]), tmp_path)))
    assert [each.shared_content_bytes for each in report.images] == [80_000, 80_000]
    assert [each.own_content_bytes for each in report.images][::order] == [5000, None]


@pytest.mark.parametrize("form", ["one archive", "two", "had"])
def test_what_made_a_layer_is_told_by_any_image_that_tells_it(form: str, tmp_path: Path) -> None:
    """The first may have no history, or none that speaks of each layer."""
    mute, told = Saved([OS, LIBS, WEB], ["mute:1"], {"history": []}), saved("told:1", OS, LIBS, TOOL)
    if form == "one archive":
        report = compare(write(tmp_path, docker_10(mute, told)))
    else:
        one, other = (write(tmp_path, docker_10(each), str(each.tags)) for each in (mute, told))
        report = compare(one, other) if form == "two" else compare(other, have=[one])
    words = {each.diff_id: each.created_by for each in report.layers}
    assert [words[digest_of(each)] for each in (OS, LIBS)] == [MADE_BY[OS], MADE_BY[LIBS]]


def test_what_a_machine_has_already(shop: str) -> None:
    report = compare(shop, have=[f"{shop}:libs:1"])
    assert report.had == ("libs:1",)
    assert [each.new_layers for each in report.images] == [1, 0, 1, 1]
    assert [each.pulled_blob_bytes for each in report.images] == [len(WEB), 0, len(WORKER), len(TOOL)]
    assert report.totals.pulled_blob_bytes == len(WEB) + len(WORKER) + len(TOOL)


def test_what_a_machine_has_is_named_once(shop: str) -> None:
    had = compare(shop, have=[f"{shop}:libs:1", f"{shop}:libs:1", shop]).had
    assert had == ("libs:1", "web:2", "worker:2", "tool:1")


NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


@pytest.mark.parametrize(("other", "stale"), [("sha256:cd", True), ("sha256:ab", False), (None, False)])
def test_bases_of_several_versions(
    other: str | None, stale: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one: Json = {NAME: "debian:12", DIGEST: "sha256:ab"}
    two: Json = {NAME: "debian:12", **({DIGEST: other} if other else {})}
    target = layout(tmp_path, with_layers=False, annotations=one, index=two)
    versions = [
        (base.name, version.digest, version.images) for base in compare(target).stale_bases for version in base.versions
    ]
    assert versions == ([("debian:12", "sha256:ab", (0,)), ("debian:12", "sha256:cd", (1,))] if stale else [])
    for name in ("table", "markdown"):
        assert ("debian:12" in printed(capsys, target, "--format", name)) == stale


def test_of_each_platform_a_base_has_a_digest_of_its_own(tmp_path: Path) -> None:
    blobs = Blobs()
    images = (("amd64", "ab"), ("arm64", "cd"), ("amd64", "ef"))
    manifests = [
        blobs.image(
            config={"architecture": each, "author": digest}, annotations={NAME: "debian:12", DIGEST: f"sha256:{digest}"}
        )
        for each, digest in images
    ]
    targets = [as_folder(blobs.layout([each]), tmp_path / str(at)) for at, each in enumerate(manifests)]
    assert compare(*map(str, targets[:2])).stale_bases == ()
    [base] = compare(*map(str, targets)).stale_bases
    assert [version.images for version in base.versions] == [(0,), (2,)]


def test_a_list_of_images(shop: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = tmp_path / "list"
    listed.write_text(f"# ours\n\n  {shop}:web:2 \n{shop}:tool:1\n{shop}:web:2\n")
    told = json.loads(printed(capsys, f"{shop}:libs:1", "--from", str(listed), "--format", "json"))
    assert [each["reference"] for each in told["compare"]["images"]] == ["libs:1", "web:2", "tool:1"]
    assert [each["pods"] for each in told["compare"]["images"]] == [None] * 3


def told_as(*diff_ids: str) -> Files:
    """Save a layer under a configuration that speaks of other ones."""
    return docker_10(Saved([OS], ["a:1"], {"rootfs": {"type": "layers", "diff_ids": diff_ids}}))


def without(contents: bytes, files: Files) -> Files:
    return {name: data for name, data in files.items() if data != contents}


@pytest.mark.parametrize(
    ("files", "choice", "error"),
    [
        pytest.param(docker_v1(), "", UnsupportedError, id="saved before there were diff IDs"),
        pytest.param({"etc/passwd": b"root"}, "", UnsupportedError, id="a root filesystem"),
        pytest.param(docker_10(*SHOP), ":web:3", NotFoundError, id="no such image"),
        pytest.param(without(TOOL, docker_10(SHOP[3])), "", MissingBlobError, id="a layer is not there"),
        pytest.param(told_as(), "", UnsupportedError, id="no diff ID"),
        pytest.param(told_as("sha256:aa", "sha256:bb"), "", DamagedError, id="a diff ID too many"),
    ],
)
def test_what_cannot_be_compared(files: Files, choice: str, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        compare(write(tmp_path, files) + choice)


def test_nothing_to_compare() -> None:
    with pytest.raises(UsageError, match="no image was named"):
        compare()


def test_standard_input_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "-", "--from", "-"]) == 2
    assert "standard input can be read once" in capsys.readouterr().err


def test_a_list_on_standard_input_cannot_name_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list").write_text("-\n")
    with (tmp_path / "list").open() as listed:
        monkeypatch.setattr("sys.stdin", listed)
        assert run(["compare", "--from", "-"]) == 2
    assert "standard input can be read once" in capsys.readouterr().err


def test_a_layer_that_is_not_what_the_manifest_says(tmp_path: Path) -> None:
    target = layout(tmp_path, with_layers=True)
    Path(tmp_path, name_of({"digest": digest_of(GZIP(TOOL))})).write_bytes(GZIP(WEB))
    with pytest.raises(DigestError):
        compare(target, walk="all")


def test_the_example_of_the_documentation(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"^```console\n\$ layerscope compare (.*)\n((?:.*\n)*?)^```", DOC, re.MULTILINE)
    assert example
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    assert printed(capsys, *example[1].split()) == example[2]


def test_the_example_of_the_readme(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows parts of what is printed, in their order; … stands for the others."""
    readme = (ROOT / "README.md").read_text("utf-8")
    example = re.search(r"^```console\n\$ layerscope compare (.*)\n((?:.*\n)*?)^```", readme, re.MULTILINE)
    assert example
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    page = printed(capsys, *example[1].split())
    parts = example[2].split("…\n\n")
    assert len(parts) == 3
    for part in parts:
        _, found, page = page.partition(part)
        assert found


def test_the_picture_of_the_documentation_is_the_one_that_is_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    drawn = printed(capsys, "fixtures/shop", "--format", "svg")
    assert drawn == (ROOT / "docs" / "compare.svg").read_text("utf-8"), "remake it: make picture"


@pytest.mark.parametrize(("images", "has_pairs"), [(250, True), (251, False)])
def test_a_matrix_has_an_end(images: int, has_pairs: bool, tmp_path: Path) -> None:
    saved = [Saved((layer(f"file{number}", 1),)) for number in range(images)]
    (tmp_path / "all.tar").write_bytes(as_tar(docker_10(*saved)))

    sharing = layerscope.compare([str(tmp_path / "all.tar")]).compare

    assert len(sharing.images) == len(sharing.layers) == images
    assert (sharing.pairs is not None) == has_pairs
    assert ("There is no matrix of more than 250 images." in sharing.notes) != has_pairs
