"""What several images could share: the advice that documents give, and that which files give."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from builders import file, tar_of
from hypothesis import given
from hypothesis import strategies as st
from images import Blobs, Json, Saved, as_folder, as_tar, docker_10

import layerscope
from layerscope.cli.kit.app import run
from layerscope.comparison import CommonParentReport, SharingReport

KB = 1000
APT = "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit"
BUILD = "RUN /bin/sh -c ./build.sh # buildkit"
COPY = "COPY . /srv # buildkit"
OS = tar_of([file("os", b"o" * 50 * KB)])


def noise(seed: str, size: int) -> bytes:
    return Random(seed).randbytes(size)


def layer(name: str, size: int, *, path: str = "") -> bytes:
    """Make a layer of one file; its bytes go by its name."""
    return tar_of([file(path or name, noise(name, size))])


Step = tuple[str, bytes]


def saved(tag: str, *steps: Step) -> Saved:
    past: Json = {"history": [{"created_by": text} for text, _ in steps]}
    return Saved([contents for _, contents in steps], [tag], past)


def compare(folder: Path, *images: Saved, files: bool = False) -> SharingReport:
    return layerscope.compare([write(folder, *images)], files=files).compare


def write(folder: Path, *images: Saved) -> str:
    path = folder / "all.tar"
    path.write_bytes(as_tar(docker_10(*images)))
    return str(path)


BASE: Step = ("ADD rootfs / # buildkit", OS)
PARENT = saved("base:1", BASE)


def names(report: SharingReport, advice: CommonParentReport) -> list[str]:
    return [report.images[each].reference for each in advice.images]


def told(report: SharingReport) -> list[tuple[list[str], str, str, int | None]]:
    """Who, how it is known, how surely, and what it saves."""
    return [
        (names(report, each), each.method, each.confidence, each.saved_content_bytes) for each in report.could_share
    ]


# --- From documents ----------------------------------------------------------------------------------------------


def test_the_same_run_on_one_parent_was_built_apart(tmp_path: Path) -> None:
    report = compare(
        tmp_path,
        saved("a:1", BASE, (APT, layer("apt of a", 300 * KB)), (COPY, layer("a", KB))),
        saved("b:1", BASE, (APT, layer("apt of b", 310 * KB)), (COPY, layer("b", KB))),
        PARENT,
    )
    [advice] = report.could_share
    apart = tuple(at for at, each in enumerate(report.layers) if "curl" in each.created_by)
    assert told(report) == [(["a:1", "b:1"], "instructions", "medium", 300 * KB)]
    assert (advice.layer, advice.packages, advice.paths) == (0, (), ())
    assert [(each.instruction, each.layers, each.is_whole) for each in advice.moved] == [
        ("RUN apt-get update && apt-get install -y curl", apart, True)
    ]
    assert advice.saved_blob_bytes == len(layer("apt of a", 300 * KB))
    assert advice.remedy == (
        "Make a parent on base:1, and build these 2 images FROM it. "
        "Put there, and leave out of them: RUN apt-get update && apt-get install -y curl."
    )


@pytest.mark.parametrize(
    "text",
    [
        "RUN apk add --no-cache curl && rm -rf /tmp/*",
        "RUN set -eux; apt-get update; apt-get install -y curl; rm -rf /var/lib/apt/lists/*",
        "RUN curl -fsSL https://deb.example/setup_18.x | bash - && apt-get install -y nodejs",
        'RUN /bin/bash -o pipefail -c "dnf -y install curl && dnf clean all" # buildkit',
        "|1 A=b /bin/sh -c useradd app && apt-get install -y curl",
    ],
)
def test_what_installs_by_name(text: str, tmp_path: Path) -> None:
    report = compare(
        tmp_path,
        saved("a:1", BASE, (COPY, layer("a", KB)), (text, layer("apt of a", 300 * KB))),
        saved("b:1", BASE, (COPY, layer("b", KB)), (text, layer("apt of b", 300 * KB))),
    )
    assert told(report) == [(["a:1", "b:1"], "instructions", "low", 300 * KB)]


def test_the_parent_that_is_there_already(tmp_path: Path) -> None:
    report = compare(
        tmp_path,
        saved("curl:1", BASE, (APT, layer("apt of curl", 300 * KB))),
        saved("a:1", BASE, (APT, layer("apt of a", 300 * KB)), (COPY, layer("a", KB))),
    )
    [advice] = report.could_share
    assert advice.remedy == (
        "Build a:1 FROM curl:1, which is what these images have in common. "
        "Leave out: RUN apt-get update && apt-get install -y curl."
    )


@pytest.mark.parametrize("name", ["table", "markdown", "svg"])
def test_builds_of_one_tag_can_be_told_apart(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their IDs, wherever people read; the JSON has both apart."""
    monkeypatch.setenv("COLUMNS", "300")
    targets = []
    for build, more in (("old", []), ("new", [(COPY, layer("a", KB))])):
        (tmp_path / build).mkdir()
        apt = (APT, layer(f"apt of {build}", 300 * KB))
        targets.append(write(tmp_path / build, saved("app:1", BASE, apt, *more)))
    report = layerscope.compare(targets).compare
    old, new = (f"app:1 ({(each.image_id or '').removeprefix('sha256:')[:12]})" for each in report.images)
    assert [each.reference for each in report.images] == ["app:1", "app:1"]
    assert report.could_share[0].remedy.startswith(f"Build {new} FROM {old}, which is")
    assert run(["compare", *targets, "--format", name]) == 0
    page = capsys.readouterr().out
    assert {old, new} == set(re.findall(r"app:1(?: \(\w+\))?", page))


def test_what_installs_by_name_counts_wherever_it_stands(tmp_path: Path) -> None:
    report = compare(
        tmp_path,
        saved("a:1", BASE, (COPY, layer("a", KB)), (APT, layer("apt of a", 300 * KB))),
        saved("b:1", BASE, (APT, layer("apt of b", 300 * KB))),
    )
    assert told(report) == [(["a:1", "b:1"], "instructions", "low", 300 * KB)]
    assert report.could_share[0].remedy.endswith("must not matter to it.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param([(COPY, layer("x", 200 * KB))], [(COPY, layer("y", 200 * KB))], id="a COPY of something else"),
        pytest.param(
            [(COPY, layer("a", KB)), (BUILD, layer("x", 200 * KB))],
            [(COPY, layer("b", KB)), (BUILD, layer("y", 200 * KB))],
            id="a RUN that may depend on what was copied",
        ),
        pytest.param([(APT, layer("x", 200 * KB))], [(APT, layer("y", 300 * KB))], id="layers that weigh differently"),
        pytest.param([(APT, layer("x", 90 * KB))], [(APT, layer("y", 90 * KB))], id="less than is worth saying"),
        pytest.param(
            [("RUN apt-get install -y ./our.deb", layer("x", 200 * KB))],
            [("RUN apt-get install -y ./our.deb", layer("y", 200 * KB)), (COPY, layer("b", KB))][::-1],
            id="an installation of what was copied",
        ),
        *(
            pytest.param(
                [(COPY, layer("a", KB)), (text, layer("x", 200 * KB))],
                [(COPY, layer("b", KB)), (text, layer("y", 200 * KB))],
                id=text,
            )
            for text in (
                "RUN apt-get update && apt-get install -y gcc && make -C /srv",
                "RUN apt-get install -y python3-pip && pip install -r /srv/requirements.txt",
                "RUN apt-get install -y $(cat /srv/packages)",
                "RUN xargs -a /srv/packages apt-get install -y",
                "RUN apt-get install -y curl && sh /srv/install.sh",
                "RUN apk add $PACKAGES",
                "RUN git add . && apt-get update",
            )
        ),
    ],
)
def test_no_advice_without_good_reason(one: list[Step], other: list[Step], tmp_path: Path) -> None:
    assert compare(tmp_path, saved("a:1", BASE, *one), saved("b:1", BASE, *other)).could_share == ()


def test_nothing_is_moved_below_a_base_that_is_another(tmp_path: Path) -> None:
    other = ("ADD other / # buildkit", layer("another base", 60 * KB))
    apt = (APT, layer("apt", 300 * KB))
    assert compare(tmp_path, saved("a:1", BASE, apt), saved("b:1", other, apt)).could_share == ()


def test_the_same_layer_on_different_ones(tmp_path: Path) -> None:
    """An engine stores it on each, a registry once."""
    tree = ("COPY models /srv # buildkit", layer("models", 400 * KB))
    report = compare(
        tmp_path,
        saved("a:1", BASE, ("COPY a / # buildkit", layer("a", KB)), tree),
        saved("b:1", BASE, tree, ("COPY b / # buildkit", layer("b", KB))),
        saved("c:1", BASE, ("COPY c / # buildkit", layer("c", KB)), tree),
    )
    assert told(report) == [(["a:1", "b:1", "c:1"], "layers", "high", 800 * KB)]
    assert report.could_share[0].saved_blob_bytes == 0


def test_blob_bytes_are_enough(tmp_path: Path) -> None:
    """Of manifests without layers."""
    blobs = Blobs()
    manifests = [
        blobs.image(
            (OS, layer(f"apt of {name}", 300 * KB)), config={"history": [{"created_by": t} for t in ("ADD", APT)]}
        )
        for name in "ab"
    ]
    files = blobs.layout(manifests)
    report = layerscope.compare([str(as_folder(files, tmp_path))], walk="never").compare
    [advice] = report.could_share
    assert advice.saved_content_bytes is None
    assert 300 * KB < (advice.saved_blob_bytes or 0) < 302 * KB


# --- From files --------------------------------------------------------------------------------------------------


def records(name: str, *packages: str, status: int) -> list[bytes]:
    """Make what dpkg leaves of packages that are there in an image of this name."""
    stanzas = "".join(
        f"Package: {each}\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n\n" for each in packages
    )
    text = stanzas.encode()
    return [
        file("var/lib/dpkg/status", text + b"#" * (status - len(text))),
        file("var/log/dpkg.log", noise(f"log of {name}", 5 * KB)),
        *(file(f"var/lib/dpkg/info/{each}.list", f"/.\n/usr/bin/{each}\n".encode()) for each in packages),
    ]


def installed(name: str, *packages: str, status: int = 9 * KB) -> bytes:
    """Make the layer of an installation: each package is one program of 200 kB."""
    programs = [file(f"usr/bin/{each}", noise(each, 200 * KB)) for each in packages]
    return tar_of(programs + records(name, *packages, status=status))


LIST_OF_CURL = len("/.\n/usr/bin/curl\n")
SPLIT = (
    saved("web:1", BASE, ("RUN apt-get install -y curl less", installed("web", "curl", "less", status=9 * KB))),
    saved("api:1", BASE, ("RUN apt-get install -y curl file", installed("api", "curl", "file", status=8 * KB))),
    PARENT,
)
PAGE = """\
Could be shared
  187.0 kB  2 images: web:1, api:1
            the same files (medium confidence): packages curl 1.0; /usr/bin/curl and 1 more
            → Make a parent on base:1, and build these 2 images FROM it. Install curl there;
              what remains of RUN apt-get install -y curl file; RUN apt-get install -y curl less
              is done on it.
"""


def test_a_package_on_several_lists(tmp_path: Path) -> None:
    """What dpkg and apt write anew at every run is a price: the smallest status and log, once more in the parent."""
    report = compare(tmp_path, *SPLIT, files=True)
    [advice] = report.could_share
    assert told(report) == [(["web:1", "api:1"], "contents", "medium", 200 * KB + LIST_OF_CURL - 8 * KB - 5 * KB)]
    assert [(each.manager, each.name, each.version, each.requested) for each in advice.packages] == [
        ("dpkg", "curl", "1.0", True)
    ]
    assert advice.paths == ("usr/bin/curl", "var/lib/dpkg/info/curl.list")
    assert advice.path_count == 2
    assert advice.saved_blob_bytes is None
    assert not any(each.is_whole for each in advice.moved)


def test_documents_do_not_tell_of_packages(tmp_path: Path) -> None:
    assert compare(tmp_path, *SPLIT).could_share == ()


def test_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "96")
    assert run(["compare", write(tmp_path, *SPLIT), "--files"]) == 0
    assert capsys.readouterr().out.endswith(PAGE)


def test_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", write(tmp_path, *SPLIT), "--files", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.endswith(
        "**Could be shared**\n\n- 187.0 kB: `web:1`, `api:1`; the same files (medium confidence): `packages curl 1.0; "
        "/usr/bin/curl and 1 more`\n  → `Make a parent on base:1, and build these 2 images FROM it. Install curl "
        "there; what remains of RUN apt-get install -y curl file; RUN apt-get install -y curl less is done on it.`\n"
    )


@pytest.mark.parametrize("files", [[], ["--files"]], ids=["documents", "files"])
def test_markdown_lets_nothing_that_an_image_says_mark_anything_up(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A remedy speaks of instructions, in which signs are common that mean something to Markdown."""
    apt = "RUN apt-get install -y curl && rm -rf /tmp/* /var/tmp/* # @team ![x](y) `z`"
    tree = tar_of([file(f"srv/@team/*x*/{each}", noise(each, 200 * KB)) for each in ("*a*", "*b*")])
    target = write(
        tmp_path,
        saved("@team/*a*|:1", BASE, (apt, tree), (COPY, layer("a", KB))),
        saved("@team/*b*|:1", BASE, (COPY, layer("b", KB)), (apt, tree)),
        saved("@team/*c*|:1", BASE, (apt, tree)),
    )
    assert run(["compare", target, "--have", target, *files, "--format", "markdown"]) == 0
    page = capsys.readouterr().out
    assert page.count("@team") > 6
    assert "**Could be shared**" in page
    bare = re.sub(r"(?s)(`+).*?(?<!`)\1(?!`)", "", page).replace("**", "")
    assert not [line for line in bare.splitlines() if re.search(r"[@*\[\]]", line)]
    rows = [line for line in page.splitlines() if line.startswith("| pull")]
    assert [re.sub(r"`+[^`]*`+", "", row).count("|") for row in rows] == [4]


def test_one_run_that_all_have_goes_whole(tmp_path: Path) -> None:
    """Its books go with it, so that they cost nothing; what git brought of it already is counted too."""
    curl = "RUN apt-get install -y curl"
    report = compare(
        tmp_path,
        saved("web:1", BASE, (curl, installed("web", "curl", "ssl"))),
        saved(
            "git:1",
            BASE,
            ("RUN apt-get install -y git", installed("git", "git", "ssl")),
            (curl, installed("c", "curl")),
        ),
        files=True,
    )
    lists = LIST_OF_CURL + LIST_OF_CURL - 1
    [advice] = report.could_share
    books = 9 * KB + 5 * KB
    assert advice.saved_content_bytes == 400 * KB + lists + books
    assert [each.instruction for each in advice.moved if each.is_whole] == [curl]


PIP = "RUN pip install -r requirements.txt"


def asked(*packages: str, mtime: int = 0) -> Step:
    return ("COPY requirements.txt /", tar_of([file("requirements.txt", "\n".join(packages).encode(), mtime=mtime)]))


def brought(*packages: str, by: str = PIP) -> Step:
    return (by, tar_of([file(f"usr/lib/python3/{each}", noise(each, 100 * KB)) for each in packages]))


@pytest.mark.parametrize("by", [PIP, "RUN apt-get install -y python3-pip && pip install -r requirements.txt"])
def test_a_run_that_makes_of_one_line_what_was_copied_before_does_not_go_whole(by: str, tmp_path: Path) -> None:
    """What images have apart is not saved, and neither image may get what the other asked for."""
    report = compare(
        tmp_path,
        saved("a:1", BASE, asked("flask", "numpy"), brought("flask", "werkzeug", "numpy", by=by)),
        saved("b:1", BASE, asked("flask", "pandas"), brought("flask", "werkzeug", "pandas", by=by)),
        files=True,
    )
    [advice] = report.could_share
    assert told(report) == [(["a:1", "b:1"], "contents", "medium", 200 * KB)]
    assert [(each.instruction, each.is_whole) for each in advice.moved] == [(by, False)]


def test_a_run_after_the_same_copy_goes_whole(tmp_path: Path) -> None:
    """Whatever time the copied file has; what differs by then, as logs do, goes with it."""
    report = compare(
        tmp_path,
        saved("a:1", BASE, asked("flask"), brought("flask", "werkzeug", "log of a")),
        saved("b:1", BASE, asked("flask", mtime=9), brought("flask", "werkzeug", "log of b")),
        files=True,
    )
    [advice] = report.could_share
    assert told(report) == [(["a:1", "b:1"], "contents", "high", 300 * KB + len("flask"))]
    assert [(each.instruction, each.is_whole) for each in advice.moved] == [
        ("COPY requirements.txt /", True),
        (PIP, True),
    ]


def test_versions_of_one_base(tmp_path: Path) -> None:
    """Most of their files are the same, whatever the layers are called."""
    common = [file(f"usr/lib/{each}", noise(each, 100 * KB)) for each in "abcdefgh"]
    old, new = (tar_of([*common, file("etc/version", each)]) for each in (b"1", b"2"))
    report = compare(tmp_path, saved("a:1", ("ADD old /", old)), saved("b:1", ("ADD new /", new)), files=True)
    [advice] = report.could_share
    assert (advice.layer, advice.saved_content_bytes, advice.path_count) == (None, 800 * KB, 8)
    assert "versions of one base" in advice.remedy


def test_the_same_files_on_bases_that_have_nothing_in_common(tmp_path: Path) -> None:
    tree = ("COPY tree / # buildkit", layer("tree", 500 * KB))
    images = (saved("a:1", BASE, tree), saved("b:1", ("ADD other /", layer("another base", 60 * KB)), tree))
    assert compare(tmp_path, *images, files=True).could_share == ()


def test_a_parent_of_three_stands_below_one_of_two(tmp_path: Path) -> None:
    def image(name: str, *parts: str) -> Saved:
        return saved(f"{name}:1", BASE, (COPY, tar_of([file(each, noise(each, 200 * KB)) for each in (*parts, name)])))

    report = compare(
        tmp_path, image("a", "all", "ab", "bc"), image("b", "all", "ab", "bc"), image("c", "all"), files=True
    )
    assert sorted(told(report)) == [
        (["a:1", "b:1"], "contents", "medium", 400 * KB),
        (["a:1", "b:1", "c:1"], "contents", "medium", 400 * KB),
    ]


def test_files_of_images_that_are_compressed(tmp_path: Path) -> None:
    blobs = Blobs()
    manifests = [blobs.image((OS, installed(name, "curl", name)), config=past(name)) for name in ("less", "file")]
    report = layerscope.compare([str(as_folder(blobs.layout(manifests), tmp_path))], files=True).compare
    assert [each.name for each in report.could_share[0].packages] == ["curl"]


def past(name: str) -> Json:
    return {"history": [{"created_by": "ADD /"}, {"created_by": f"RUN apt-get install -y curl {name}"}]}


def test_json_tells_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", write(tmp_path, *SPLIT), "--files", "--format", "json"]) == 0
    [advice] = json.loads(capsys.readouterr().out)["compare"]["could_share"]
    assert (advice["images"], advice["layer"], advice["path_count"]) == ([0, 1], 0, 2)


# --- Laws --------------------------------------------------------------------------------------------------------

PARTS = st.lists(st.sampled_from("abcdefg"), max_size=4, unique=True).map(sorted).map(tuple)
STACKS = st.lists(PARTS, min_size=1, max_size=3).map(tuple)
FLEETS = st.lists(STACKS, min_size=2, max_size=5, unique=True)
PART = 101 * KB


def fleet(stacks: Sequence[Sequence[Sequence[str]]]) -> list[Saved]:
    """Make images on one base: each layer has some parts of a hundred kilobytes."""
    made = {
        parts: tar_of([file(f"srv/{each}", noise(each, PART)) for each in parts]) for stack in stacks for parts in stack
    }
    return [
        saved(f"app:{at}", BASE, *((f"COPY {' '.join(parts)} /srv/ # buildkit", made[tuple(parts)]) for parts in stack))
        for at, stack in enumerate(stacks)
    ]


def advice_of(stacks: Sequence[Sequence[Sequence[str]]], *, files: bool) -> SharingReport:
    with TemporaryDirectory() as folder:
        return compare(Path(folder), *fleet(stacks), files=files)


@given(FLEETS, st.booleans())
def test_no_more_is_saved_than_is_stored_twice(stacks: list[Sequence[Sequence[str]]], files: bool) -> None:
    """Of each part one copy stays, and all pieces of advice together save no byte twice."""
    report = advice_of(stacks, files=files)
    stored = [each.content_bytes or 0 for each in report.layers[1:]]
    distinct = {part for stack in stacks for parts in stack for part in parts}
    saved_bytes = sum(each.saved_content_bytes or 0 for each in report.could_share)
    assert saved_bytes <= sum(stored) - len(distinct) * PART


@given(FLEETS)
def test_what_stays_is_no_less_than_the_largest_image(stacks: list[Sequence[Sequence[str]]]) -> None:
    """Of layers that one RUN made, which go to a parent whole with what is each one's own."""
    make = "RUN /bin/sh -c make # buildkit"
    images = [
        saved(
            f"app:{at}",
            BASE,
            *(
                (
                    make,
                    tar_of(
                        [*(file(each, noise(each, PART)) for each in parts), file("log", noise(f"{at} {up}", 20 * KB))]
                    ),
                )
                for up, parts in enumerate(stack)
            ),
        )
        for at, stack in enumerate(stacks)
    ]
    with TemporaryDirectory() as folder:
        report = compare(Path(folder), *images, files=True)
    saved_bytes = sum(each.saved_content_bytes or 0 for each in report.could_share)
    own = [each.content_bytes or 0 for each in report.images]
    assert saved_bytes <= (report.totals.stored_content_bytes or 0) - max(own)


@given(FLEETS, st.booleans())
def test_all_advice_can_be_followed(stacks: list[Sequence[Sequence[str]]], files: bool) -> None:
    """An image has one parent: of two pieces of advice one's images are all the other's, or none of them."""
    groups = [set(each.images) for each in advice_of(stacks, files=files).could_share]
    assert all(one <= other or other <= one or not one & other for one in groups for other in groups)
    assert all(len(group) > 1 for group in groups)


@given(FLEETS.flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))), st.booleans())
def test_the_order_of_images_changes_nothing(
    orders: tuple[list[Sequence[Sequence[str]]], list[Sequence[Sequence[str]]]], files: bool
) -> None:
    said = []
    for stacks in orders:
        report = advice_of(stacks, files=files)
        said.append(
            sorted(
                (sorted(str(stacks[image]) for image in each.images), each.saved_content_bytes, each.paths)
                for each in report.could_share
            )
        )
    assert said[0] == said[1]
