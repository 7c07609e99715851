"""Bases in use in several versions: what is saved if all images stand on one, and how that is told."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import file, tar_of
from hypothesis import given, settings
from hypothesis import strategies as st
from images import COMPRESSIONS, LAYER_TYPE, Blobs, Json, Saved, as_folder, as_tar, docker_10, named

import layerscope
from layerscope.cli.kit.app import run
from layerscope.comparison import SharingReport, StaleBaseReport
from layerscope.render import formats, renderer
from layerscope.render.kit.view import View
from layerscope.sharing.reading import Walk

NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
KB = 1000
OLD_DIGEST, NEW_DIGEST = f"sha256:{'0' * 64}", f"sha256:{'1' * 64}"
BASE = "docker.io/library/debian:12"


def layer(name: str, size: int = KB) -> bytes:
    return tar_of([file(name, name[:1].encode() * size)])


COMMON, OLD, NEW = layer("common", 50 * KB), layer("old", 200 * KB), layer("new", 210 * KB)
OURS = [layer(name, 3 * KB) for name in ("a", "b", "c")]


def past(base: Sequence[str], own: int, *, noted: str = "") -> list[Json]:
    """Write a history: the base's layers by their dates, then those of an image, as buildah does if it notes a base."""
    below = [{"created": date, "created_by": "ADD rootfs / # buildkit"} for date in base]
    note = (
        [{"created_by": "/bin/sh -c #(nop) ENV A=b", "empty_layer": True, "comment": f"FROM {noted}"}] if noted else []
    )
    return [*below, *note, *({"created_by": f"COPY {at} / # buildkit"} for at in range(own))]


OLD_DATES, NEW_DATES = (
    ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"),
    ("2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z"),
)


class Shop:
    """Images in a layout, each under a name."""

    def __init__(self) -> None:
        self._blobs = Blobs()
        self._manifests: list[Json] = []

    def add(
        self, name: str, layers: Sequence[bytes], history: Sequence[Json], digest: str = "", base: str = BASE
    ) -> str:
        """Add an image that declares a base if that has a digest; return its own."""
        manifest = self._blobs.image(
            layers,
            compress=lambda data: data,
            layer_type=LAYER_TYPE,
            config={"history": history, "author": name},
            annotations={NAME: base, DIGEST: digest} if digest else {},
        )
        self._manifests.append(named(manifest, name))
        return str(manifest["digest"])

    def compare(self, folder: Path, *others: Path, walk: Walk = "plain") -> SharingReport:
        target = as_folder(self._blobs.layout(self._manifests), folder)
        return layerscope.compare(list(map(str, (target, *others))), walk=walk).compare


def only(sharing: SharingReport) -> StaleBaseReport:
    [base] = sharing.stale_bases
    return base


def users(shop: Shop, old: str, new: str, *, dated: bool = True, noted: str = "") -> None:
    """Add two images on the old version and one on the new one."""
    dates = (OLD_DATES, NEW_DATES) if dated else ((OLD_DATES[0],) * 2,) * 2
    shop.add("a:1", (COMMON, OLD, OURS[0]), past(dates[0], 1, noted=noted), old)
    shop.add("b:1", (COMMON, OLD, OURS[1]), past(dates[0], 1, noted=noted), old)
    shop.add("c:1", (COMMON, NEW, OURS[2]), past(dates[1], 1, noted=noted), new)


# --- Where the base ends -----------------------------------------------------------------------------------------


def test_the_versions_are_among_the_images(tmp_path: Path) -> None:
    """By the digests of their manifests; what is no longer of use is told, and counts as gone."""
    shop = Shop()
    old = shop.add("other:old", (COMMON, OLD), past(OLD_DATES, 0))
    new = shop.add("other:new", (COMMON, NEW), past(NEW_DATES, 0))
    users(shop, old, new)
    sharing = shop.compare(tmp_path)
    base = only(sharing)
    told = [(each.digest, each.images, each.layer) for each in base.versions]
    tops = [
        next(at for at, each in enumerate(sharing.layers) if each.content_bytes == size)
        for size in (200 * KB, 210 * KB)
    ]
    assert told == [(old, (2, 3), tops[0]), (new, (4,), tops[1])]
    assert (base.onto, base.is_newest, base.replaced) == (new, True, (0,))
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (200 * KB, len(OLD))
    assert base.remedy == (
        f"Rebuild a:1, b:1 on {BASE}@{new[:19]}, the newest of these versions. "
        "Remove what is another version itself: other:old."
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_base_that_is_stored_in_two_ways_has_two_digests(order: int, tmp_path: Path) -> None:
    """Whichever of them is declared, and whichever manifest comes first."""
    blobs = Blobs()
    history = {"history": past(OLD_DATES, 0)}
    ways = (("none", LAYER_TYPE), ("gzip", f"{LAYER_TYPE}+gzip"))
    forms = [
        blobs.image((COMMON, OLD), compress=COMPRESSIONS[way], layer_type=kind, config=history) for way, kind in ways
    ]
    old = as_folder(blobs.layout(forms[::order]), tmp_path / "old")
    for form in forms:
        shop = Shop()
        users(shop, form["digest"], NEW_DIGEST, noted="")
        sharing = shop.compare(tmp_path / form["digest"][7:], old)
        layers = {each.digest: each.layer for each in only(sharing).versions}
        assert layers[form["digest"]] is not None


def test_buildah_noted_where_it_went_on(tmp_path: Path) -> None:
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted="debian:12")
    base = only(shop.compare(tmp_path))
    assert (base.onto, base.is_newest, base.replaced) == (NEW_DIGEST, True, ())
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (200 * KB, len(OLD))
    assert base.remedy == f"Rebuild a:1, b:1 on {BASE}@sha256:111111111111, the newest of these versions."


@pytest.mark.parametrize("names", [("debian:12",), ("debian:bookworm", "debian:12")], ids=["alone", "after another"])
def test_an_image_has_the_name_that_is_declared(names: Sequence[str], tmp_path: Path) -> None:
    """As in docker archives, which have no digests of manifests; both versions have it."""
    for name, layers, dates in (("old", (COMMON, OLD), OLD_DATES), ("new", (COMMON, NEW), NEW_DATES)):
        base = Saved(layers, names, {"history": past(dates, 0)})
        (tmp_path / name).write_bytes(as_tar(docker_10(base)))
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST)
    sharing = shop.compare(tmp_path / "shop")
    assert only(sharing).saved_content_bytes is None
    sharing = layerscope.compare([str(tmp_path / each) for each in ("shop", "old", "new")]).compare
    base = only(sharing)
    assert (base.onto, base.replaced) == (NEW_DIGEST, (3,))
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (200 * KB, len(OLD))


@pytest.mark.parametrize(
    ("old", "new", "is_newest"),
    [
        (("2024-01-01", "2024-02-01"), ("2024-01-01", "2024-03-01"), True),
        (("1970-01-01", "2024-02-01"), ("", "2024-03-01"), True),
        (("2024-01-01", ""), ("2024-01-01", "2024-03-01"), False),
        (("2024-01-01", "1970-01-01"), ("2024-02-01", "2024-03-01"), False),
    ],
    ids=["all dated", "below undated", "top undated", "top of no time"],
)
def test_a_version_is_as_old_as_its_top_layer(
    old: Sequence[str], new: Sequence[str], is_newest: bool, tmp_path: Path
) -> None:
    """Which may have been made long after those below it."""
    shop = Shop()
    for name, top, dates, digest in (("a:1", OLD, old, OLD_DIGEST), ("b:1", NEW, new, NEW_DIGEST)):
        shop.add(name, (layer(name), top, OURS[0]), past(dates, 1, noted="debian:12"), digest)
    assert only(shop.compare(tmp_path)).is_newest == is_newest


def test_nothing_tells_where_it_ends(tmp_path: Path) -> None:
    """What all images of a version have in common may be more; what was noted of another base says nothing."""
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted="debian:11")
    base = only(shop.compare(tmp_path))
    assert [each.layer for each in base.versions] == [None, None]
    assert (base.saved_content_bytes, base.saved_blob_bytes, base.could_share) == (None, None, ())
    assert (base.onto, base.is_newest) == (OLD_DIGEST, False)
    assert base.remedy == (
        f"Rebuild c:1 on {BASE}@sha256:000000000000, or all on a newer one: "
        "nothing tells which of these is the newest. "
        f"To know what that saves, compare {BASE}@sha256:111111111111 as well."
    )


def test_an_image_that_does_not_stand_on_what_it_declares(tmp_path: Path) -> None:
    """One that was squashed, say: then nobody knows what would go."""
    shop = Shop()
    old = shop.add("debian:12", (COMMON, OLD), past(OLD_DATES, 0))
    users(shop, old, NEW_DIGEST, noted="debian:12")
    shop.add("squashed:1", (layer("all"),), past(OLD_DATES[:1], 0), old)
    base = only(shop.compare(tmp_path))
    assert [each.layer is None for each in base.versions] == [True, False]
    assert (base.onto, base.saved_content_bytes) == (old, 210 * KB)


@pytest.mark.parametrize("noted", ["debian:12", "library/debian:12", BASE])
@pytest.mark.parametrize("twice", [False, True])
def test_the_last_note_counts(noted: str, twice: bool, tmp_path: Path) -> None:
    """The base may itself be built on what had its name before."""
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted=noted)
    history = past(OLD_DATES, 1, noted=noted)
    if twice:
        history[1]["comment"] = f"FROM {noted}"
    shop.add("d:1", (COMMON, OLD, layer("d")), history, OLD_DIGEST)
    assert only(shop.compare(tmp_path)).saved_content_bytes == 200 * KB


# --- What is saved -----------------------------------------------------------------------------------------------


def test_who_declares_nothing_and_stands_there_is_rebuilt_too(tmp_path: Path) -> None:
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted="debian:12")
    shop.add("silent:1", (COMMON, OLD, OURS[0], layer("more")), past(OLD_DATES, 2))
    shop.add("elsewhere:1", (COMMON,), past(OLD_DATES[:1], 0))
    base = only(shop.compare(tmp_path))
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (200 * KB, len(OLD))
    assert base.rebuilt == (0, 1, 3)
    assert [each.images for each in base.versions] == [(0, 1), (2,)]


def test_what_another_image_has_stays(tmp_path: Path) -> None:
    """One that declares another base has the old version, and is not to be rebuilt for this one."""
    shop = Shop()
    old = [*past(OLD_DATES, 1, noted="debian:12")]
    shop.add("python:3", (COMMON, OLD, OURS[0]), old, OLD_DIGEST)
    shop.add("c:1", (COMMON, NEW, OURS[2]), past(NEW_DATES, 1, noted="debian:12"), NEW_DIGEST)
    alone = only(shop.compare(tmp_path / "alone"))
    shop.add("app:1", (COMMON, OLD, layer("app")), past(OLD_DATES, 1), OLD_DIGEST, "docker.io/library/python:3")
    beside = only(shop.compare(tmp_path / "beside"))
    assert (alone.saved_content_bytes, alone.saved_blob_bytes) == (200 * KB, len(OLD))
    assert (beside.saved_content_bytes, beside.saved_blob_bytes, beside.rebuilt) == (0, 0, (0,))


def test_a_blob_that_stands_elsewhere_stays(tmp_path: Path) -> None:
    """An engine stores it on each parent, a registry once."""
    shop = Shop()
    for name, first, version in (("a:1", OLD, OLD_DIGEST), ("b:1", NEW, NEW_DIGEST)):
        history = past(OLD_DATES, 1, noted="debian:12")
        shop.add(name, (first, COMMON, layer(name)), history, version)
    base = only(shop.compare(tmp_path))
    assert (base.onto, base.is_newest) == (OLD_DIGEST, False)
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (260 * KB, len(NEW))


def test_bytes_that_nobody_knows(tmp_path: Path) -> None:
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted="debian:12")
    base = only(shop.compare(tmp_path, walk="never"))
    assert (base.saved_content_bytes, base.saved_blob_bytes) == (None, len(OLD))


def test_what_could_be_shared_is_not_saved_twice(tmp_path: Path) -> None:
    """Two versions of a base that were made by one instruction, and weigh alike."""
    shop = Shop()
    for name, python, dates, version in (("a:1", OLD, OLD_DATES, OLD_DIGEST), ("b:1", NEW, NEW_DATES, NEW_DIGEST)):
        history = past(dates, 1, noted="python:3")
        history[1]["created_by"] = "RUN /bin/sh -c make python # buildkit"
        shop.add(name, (COMMON, python, layer(name)), history, version, "docker.io/library/python:3")
    sharing = shop.compare(tmp_path)
    base, [parent] = only(sharing), sharing.could_share
    assert (base.saved_content_bytes, parent.saved_content_bytes) == (200 * KB, 200 * KB)
    assert base.could_share == (0,)
    assert base.remedy.endswith(" Some of these bytes are saved by what could be shared, too: the two do not add up.")


BYTES = {"p": 900, "q": 2000, "r": 4100, "s": 8300}
DATES = st.fixed_dictionaries({name: st.integers(2020, 2024) for name in BYTES})
STACKS = st.lists(st.sampled_from("pqrs"), min_size=1, max_size=3, unique=True)
OWN = st.lists(st.sampled_from("xyz"), max_size=2, unique=True)


@settings(max_examples=40)
@given(st.lists(STACKS, min_size=2, max_size=3, unique_by=tuple), DATES, st.data())
def test_it_is_what_the_images_take_less_once_they_are_rebuilt(
    versions: list[list[str]], dates: dict[str, int], data: st.DataObject
) -> None:
    """Some are a version alone, some declare nothing, some another base; layers that are built anew are other ones."""
    others = data.draw(st.lists(st.integers(0, len(versions) - 1), max_size=4))
    on = [*range(len(versions)), *others]
    own = [data.draw(OWN) for _ in on]
    says = ["base"] * len(versions) + [data.draw(st.sampled_from(["base", "base", "", "other"])) for _ in others]

    def image(at: int, version: int) -> Saved:
        names = versions[version]
        layers = [layer(name, BYTES[name]) for name in names]
        layers += [layer(f"{name} on {on[at]}, built on {version}", 300) for name in own[at]]
        below = past([f"{dates[name]}-01-01T00:00:00Z" for name in names], len(own[at]), noted="base")
        labels = {NAME: says[at], DIGEST: f"sha256:{on[at]}"} if says[at] else {}
        return Saved(layers, [f"app:{at}"], {"history": below, "author": str(at), "config": {"Labels": labels}})

    with TemporaryDirectory() as folder:

        def compare(name: str, images: Sequence[Saved]) -> SharingReport:
            path = Path(folder, name)
            path.write_bytes(as_tar(docker_10(*images)))
            return layerscope.compare([str(path)]).compare

        old = compare("old", [image(at, version) for at, version in enumerate(on)])
        [base] = [each for each in old.stale_bases if each.name == "base"]
        onto = int(base.onto.removeprefix("sha256:"))
        new = compare("new", [image(at, onto if at in base.rebuilt else version) for at, version in enumerate(on)])
    assert not base.replaced
    assert {at for at, name in enumerate(says) if name == "base" and on[at] != onto} <= set(base.rebuilt)
    assert {at for at, name in enumerate(says) if name == "other" or on[at] == onto}.isdisjoint(base.rebuilt)
    for kind in ("content", "blob"):
        less = [getattr(each.totals, f"stored_{kind}_bytes") for each in (old, new)]
        assert getattr(base, f"saved_{kind}_bytes") == max(0, less[0] - less[1])


# --- How it is told ----------------------------------------------------------------------------------------------

TABLE = """\
Stale base  200.0 kB  docker.io/library/debian:12 in 2 versions
  sha256:000000000000  a:1, b:1
  sha256:111111111111  c:1
  → Rebuild a:1, b:1 on docker.io/library/debian:12@sha256:111111111111, the
    newest of these versions.
"""
UNKNOWN_TABLE = """\
Stale base  ?  docker.io/library/debian:12 in 2 versions
  sha256:000000000000  a:1, b:1
  sha256:111111111111  c:1
  → Rebuild c:1 on docker.io/library/debian:12@sha256:000000000000, or all on a
    newer one: nothing tells which of these is the newest. To know what that
    saves, compare docker.io/library/debian:12@sha256:111111111111 as well.
"""
MARKDOWN = """\
**Stale bases**

- 200.0 kB: `docker.io/library/debian:12` in 2 versions
  → `Rebuild a:1, b:1 on docker.io/library/debian:12@sha256:111111111111, the newest of these versions.`
  - `sha256:000000000000`: `a:1`, `b:1`
  - `sha256:111111111111`: `c:1`
"""
UNKNOWN_MARKDOWN = """\
**Stale bases**

- ?: `docker.io/library/debian:12` in 2 versions
  → `Rebuild c:1 on docker.io/library/debian:12@sha256:000000000000, or all on a newer one: nothing tells which of \
these is the newest. To know what that saves, compare docker.io/library/debian:12@sha256:111111111111 as well.`
  - `sha256:000000000000`: `a:1`, `b:1`
  - `sha256:111111111111`: `c:1`
"""


def test_the_example_of_the_documentation_is_what_is_printed() -> None:
    assert f"```text\n{TABLE}```" in (Path(__file__).parents[2] / "docs" / "compare.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "noted", "section"),
    [
        ("table", "debian:12", TABLE),
        ("table", "", UNKNOWN_TABLE),
        ("markdown", "debian:12", MARKDOWN),
        ("markdown", "", UNKNOWN_MARKDOWN),
    ],
)
def test_the_pages(
    name: str,
    noted: str,
    section: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop()
    users(shop, OLD_DIGEST, NEW_DIGEST, noted=noted)
    shop.compare(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["compare", str(tmp_path), "--format", name]) == 0
    page = capsys.readouterr().out
    assert page[page.index(section[:12]) :] == section


@pytest.mark.parametrize("name", formats("compare"))
def test_a_base_may_be_called_anything(name: str, tmp_path: Path) -> None:
    evil = 'a:<script>|`"\x1b[31m\n# x'
    shop = Shop()
    for tag, digest in (("a:1", OLD_DIGEST), ("b:1", "\x1b[31m\n# x")):
        shop.add(tag, (COMMON, layer(tag)), past(OLD_DATES[:1], 1), digest, evil)
    shop.compare(tmp_path)
    text = renderer(name, "compare")(layerscope.compare([str(tmp_path)]), View())
    assert "\x1b" not in text
    assert "\n# x" not in text
