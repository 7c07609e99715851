"""Lists of images: lines, and the pods of a cluster."""

import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import file, tar_of
from hypothesis import given
from hypothesis import strategies as st
from images import GZIP, Saved, as_folder, as_tar, docker_10, piped

import layerscope
from layerscope.cli.kit.app import run
from layerscope.errors import DamagedError, LayerscopeError, UsageError
from layerscope.sharing.named import Named, read_names


def pod(*images: str, phase: str = "Running", **more: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "spec": {"containers": [{"name": "c", "image": each} for each in images], **more},
        "status": {"phase": phase},
    }


def cluster(*pods: dict[str, Any]) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}).encode()


def test_pods_of_a_cluster() -> None:
    """Each pod counts once for an image, in whichever of its containers; those that are over have no image."""
    document = cluster(
        pod("web:1", "proxy:2"),
        pod("web:1", "web:1", initContainers=[{"image": "web:1"}], ephemeralContainers=[{"image": "debug:1"}]),
        pod("job:1", phase="Succeeded"),
        pod("job:2", phase="Failed"),
        pod("", phase="Pending"),
        {"kind": "Pod"},
    )
    assert read_names(document, "pods") == (
        Named("proxy:2", 1),
        Named("web:1", 2),
        Named("debug:1", 1),
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_one_pod_is_printed_as_itself(mark: bytes) -> None:
    assert read_names(mark + b"\n " + json.dumps(pod("web:1")).encode(), "pods") == (Named("web:1", 1),)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_lines(mark: bytes) -> None:
    document = mark + b"# ours\r\n\n  web:1\r\ndir/all.tar:app:2\nweb:1\n\t#none\n"
    assert read_names(document, "list") == (Named("web:1"), Named("dir/all.tar:app:2"))


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"", UsageError),
        (b"# nothing\n\n", UsageError),
        (cluster(), UsageError),
        (cluster(pod("job:1", phase="Succeeded")), UsageError),
        (b"web:1\xff\n", DamagedError),
        (b'{"items": 3}', DamagedError),
        (b'{"items": [{"spec": {"containers": [{"image": ["a"]}]}}]}', DamagedError),
        (b'{"items"', DamagedError),
        (b"{" + b'"items":[{' * 100_000, DamagedError),
        (b'{"items": [{"spec": {"containers": [{"image": "\xff"}]}}]}', DamagedError),
    ],
    ids=["empty", "comments", "no pods", "all over", "no UTF-8", "no list", "no name", "cut off", "deep", "odd name"],
)
def test_what_names_no_image(document: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="the list"):
        read_names(document, "the list")


KEYS = st.sampled_from(["items", "spec", "containers", "image", "status", "phase"])
documents = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


@given(st.binary(max_size=60) | documents.map(lambda each: json.dumps(each).encode()))
def test_whatever_it_holds_no_other_error_is_raised(document: bytes) -> None:
    try:
        names = read_names(document, "the list")
    except LayerscopeError:
        return
    assert names
    assert len({each.target for each in names}) == len(names)


@pytest.mark.parametrize(("name", "code"), [("absent", 3), ("/", 3)])
def test_a_list_that_cannot_be_read(name: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "--from", name]) == code
    assert name in capsys.readouterr().err


NOBODY = "127.0.0.1:9"


@pytest.mark.parametrize(
    ("options", "asked"),
    [([], ["engine", "registry"]), (["--source", "engine"], ["engine"]), (["--source", "registry"], ["registry"])],
    ids=["as usual", "the engine", "the registry"],
)
def test_who_is_asked_for_the_images_of_a_cluster(
    options: list[str],
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As for every image that is named by reference; never a file of that name."""
    image = f"{NOBODY}/web:1"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{NOBODY}")
    Path("pods").write_bytes(cluster(pod(image)))
    assert run(["compare", "--from", "pods", *options]) == 3
    error = capsys.readouterr().err
    told = {"engine": "no engine answers", "registry": f"{NOBODY} cannot be reached"}
    assert [who for who in told if told[who] in error] == asked


@pytest.mark.parametrize(
    ("options", "asked"), [([], "no engine answers"), (["--source", "registry"], "cannot be reached")]
)
def test_the_images_of_a_cluster_are_no_files(
    options: list[str], asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{NOBODY}")
    Path("pods").write_bytes(cluster(pod(f"{NOBODY}/web:1")))
    Path(NOBODY).mkdir()
    Path(NOBODY, "web").write_bytes(as_tar(docker_10()))
    assert run(["compare", "--from", "pods", *options]) == 3
    assert asked in capsys.readouterr().err


def test_an_image_that_is_named_twice_does_not_run_in_twice_as_many_pods(tmp_path: Path) -> None:
    """By hand, and by the cluster."""
    target = tmp_path / "web.tar"
    target.write_bytes(as_tar(docker_10()))
    [image] = layerscope.compare([str(target)] * 2, pods={str(target): 3}).compare.images
    assert image.pods == 3


# --- Names that mean one file, or one folder ---------------------------------------------------------------------

TAGS = tuple(f"app:{number}" for number in range(60))
FILES = docker_10(*(Saved([tar_of([file("os", b"x" * 800)]), tar_of([file(tag, b"own")])], [tag]) for tag in TAGS))


@pytest.fixture
def few_files() -> Iterator[None]:
    """Let this process open 40 files more than it has open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(each.name) for each in Path("/dev/fd").iterdir()) + 40, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("data", [as_tar(FILES), GZIP(as_tar(FILES))], ids=["plain", "compressed"])
def test_a_pipe_can_be_asked_for_several_images(data: bytes) -> None:
    """It passes by once: so what is there is read once, however many are named."""
    with piped(data) as path:
        images = layerscope.compare([f"{path}:{tag}" for tag in reversed(TAGS)]).compare.images
    assert [each.reference for each in images] == list(reversed(TAGS))


def test_a_pipe_can_be_asked_by_turns_with_others(tmp_path: Path) -> None:
    """What is named later waits for its turn."""
    other = tmp_path / "other.tar"
    other.write_bytes(as_tar(docker_10(*(Saved(tags=[each], config={"author": each}) for each in ("b:1", "b:2")))))
    with piped(as_tar(FILES)) as path:
        targets = [f"{path}:app:1", f"{other}:b:1", f"{path}:app:3", f"{other}:b:2", f"{path}:app:2"]
        images = layerscope.compare(targets, pods=dict.fromkeys(targets[2:], 2)).compare.images
    told = [(each.reference, each.pods) for each in images]
    assert told == [("app:1", None), ("b:1", None), ("app:3", 2), ("b:2", 2), ("app:2", 2)]


@pytest.mark.parametrize("files", [False, True])
@pytest.mark.usefixtures("few_files")
def test_images_that_are_named_one_by_one_are_those_of_the_whole(files: bool, tmp_path: Path) -> None:
    archive, folder = tmp_path / "all.tar", as_folder(FILES, tmp_path / "all")
    archive.write_bytes(as_tar(FILES))
    for path in (archive, folder) if not files else (archive,):  # of a folder each layer is a file of its own
        named = layerscope.compare([f"{path}:{tag}" for tag in TAGS], files=files)
        numbered = layerscope.compare([f"{path}:@{number}" for number in range(len(TAGS))], files=files)
        whole = layerscope.compare([str(path)], files=files)
        assert named == whole
        assert numbered.compare.layers == whole.compare.layers


@pytest.mark.usefixtures("few_files")
def test_files_are_not_kept_open_once_the_next_is_named(tmp_path: Path) -> None:
    targets = [tmp_path / f"{number}.tar" for number in range(len(TAGS))]
    for tag, target in zip(TAGS, targets, strict=True):
        target.write_bytes(as_tar(docker_10(Saved(tags=[tag], config={"author": tag}))))
    images = layerscope.compare(list(map(str, targets))).compare.images
    assert [each.reference for each in images] == list(TAGS)


def test_files_that_are_named_by_turns_are_not_taken_for_each_other(tmp_path: Path) -> None:
    """Their images have the same names, and stand in the order in which they are named."""
    paths = [tmp_path / name for name in ("a", "a:1")]
    for path in paths:
        images = [Saved(tags=[f"app:{tag}"], config={"author": f"{path.name} {tag}"}) for tag in (1, 2)]
        path.write_bytes(as_tar(docker_10(*images)))
    targets = [f"{path}:app:{tag}" for tag in (1, 2) for path in (*paths, paths[0])]
    images = layerscope.compare(targets).compare.images
    apart = [layerscope.compare([target]).compare.images[0].image_id for target in dict.fromkeys(targets)]
    assert [each.image_id for each in images] == apart
    assert len(set(apart)) == 4
