"""The base image by each way that it is known, through the front door."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import file, tar_of
from hypothesis import given
from hypothesis import strategies as st
from images import GZIP, Blobs, Files, Json, Saved, as_folder, as_tar, digest_of, docker_10, docker_v1, inspect_bytes

import layerscope
from layerscope import Choice
from layerscope.errors import NotFoundError, UnsupportedError, UsageError
from layerscope.report import BaseReport, Report

NO_RULES = Choice(ignore=("*",))
BASE_NAME, BASE_DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
LAYERS = tuple(tar_of([file(f"f{number}", b"x" * number)]) for number in range(6))
SCHEME = {"made": "2024-05-06T07:08:09Z", "later": "2024-05-09T07:08:09Z"}


def step(text: str, *, empty: bool = False, comment: str = "", created: str = "made", author: str = "") -> Json:
    return {
        "created": SCHEME.get(created, created),
        "created_by": text,
        "comment": comment,
        "author": author,
        **({"empty_layer": True} if empty else {}),
    }


def nop(text: str, **more: Any) -> Json:
    """An entry of the classic builder, or of buildah."""
    return step(f"/bin/sh -c #(nop)  {text}", **more)


def run(text: str, **more: Any) -> Json:
    return step(f"/bin/sh -c {text}", **more)


def kit(text: str, **more: Any) -> Json:
    """An entry of BuildKit."""
    return step(text, comment="buildkit.dockerfile.v0", **more)


ROOT = nop("ADD file:00 in / ")
SHELL = nop('CMD ["bash"]', empty=True)


def saved(
    history: Sequence[Json], *, layers: int | None = None, tags: Sequence[str] = ("app:1",), **more: Any
) -> Saved:
    """Make an image whose layers are the first of ``LAYERS``, as many as the history tells of."""
    count = sum(not each.get("empty_layer") for each in history) if layers is None else layers
    return Saved(LAYERS[:count], tags, {"history": list(history), **more})


def read(folder: Path, *images: Saved, choice: str = "", **more: Any) -> Report:
    return inspect_bytes(as_tar(docker_10(*images)), folder, choice, **{"rules": NO_RULES, **more})


def base_of(folder: Path, history: Sequence[Json], **more: Any) -> tuple[int, str, str, str | None] | None:
    """Return layers, method, confidence and name of the base of an image with this history."""
    return told(read(folder, saved(history, **more)).image.base)


def told(base: BaseReport | None) -> tuple[int, str, str, str | None] | None:
    return base and (base.layers, base.method, base.confidence, base.reference)


# --- buildah's comment --------------------------------------------------------------------------------------

FROM_DEBIAN = nop("ENV A=1", empty=True, comment="FROM docker.io/library/debian:12")


@pytest.mark.parametrize(
    ("history", "base"),
    [
        ([ROOT, FROM_DEBIAN, run("make")], (1, "high", "docker.io/library/debian:12")),
        ([ROOT, run("apt", comment="FROM debian:12")], (1, "high", "debian:12")),
        ([ROOT, run("apt", comment="patched FROM debian:12")], (1, "high", "debian:12")),
        ([ROOT, FROM_DEBIAN], (1, "high", "docker.io/library/debian:12")),  # all layers are the base's
        ([ROOT, FROM_DEBIAN, run("a"), run("b", comment="FROM corp/base:1")], (2, "high", "corp/base:1")),
        # The earlier stage of a Dockerfile has an ID and no name: its base is that of all.
        (
            [ROOT, FROM_DEBIAN, run("a"), run("b", comment="FROM 8c58a23d6e58")],
            (1, "medium", FROM_DEBIAN["comment"][5:]),
        ),
        ([ROOT, run("b", comment="FROM 8c58a23d6e58")], (1, "low", None)),
        ([run("a", comment="FROM debian:12")], None),  # nothing below
        ([ROOT, run("a", comment="FROM two words")], None),
        ([ROOT, run("a", comment="notFROM x")], None),
        ([ROOT, run("a", comment="FROM ")], None),
    ],
)
def test_buildah_notes_what_it_began_with(
    history: list[Json], base: tuple[int, str, str | None] | None, tmp_path: Path
) -> None:
    found = base_of(tmp_path, history)
    assert found == (base and (base[0], "buildah-comment", *base[1:]))


def test_a_history_of_other_layers_tells_of_no_base(tmp_path: Path) -> None:
    assert base_of(tmp_path, [ROOT, FROM_DEBIAN, run("make")], layers=3) is None


# --- Annotations and labels ---------------------------------------------------------------------------------


def layout(history: Sequence[Json], *, attested: Any = None, index: Json | None = None, **manifest: Any) -> Files:
    """Make an OCI layout of one image, with an attestation that ``attested`` makes of the manifest's descriptor."""
    blobs = Blobs()
    layers = LAYERS[: sum(not each.get("empty_layer") for each in history)]
    config = {"history": list(history), **manifest.pop("config", {})}
    image = blobs.image(layers, config=config, **manifest)
    manifests = [{**image, "annotations": index} if index else image]
    if attested:
        manifests.append(blobs.attestation(image, attested(image)))
    return blobs.layout(manifests)


def read_layout(folder: Path, history: Sequence[Json], **more: Any) -> Report:
    return layerscope.inspect(str(as_folder(layout(history, **more), folder / "layout")), rules=NO_RULES)


GUESSED = [ROOT, SHELL, run("make", created="later")]
"""Guessed to stand on one layer."""


def test_an_annotation_names_the_base_that_is_counted_otherwise(tmp_path: Path) -> None:
    report = read_layout(tmp_path, GUESSED, annotations={BASE_NAME: "debian:12", BASE_DIGEST: "sha256:ab"})
    assert report.image.base == BaseReport("debian:12", "sha256:ab", 1, "history", "medium")


def test_an_annotation_adds_the_digest_of_the_same_name_only(tmp_path: Path) -> None:
    history = [ROOT, FROM_DEBIAN, run("make")]
    same = read_layout(tmp_path / "same", history, annotations={BASE_NAME: "debian:12", BASE_DIGEST: "sha256:ab"})
    assert same.image.base == BaseReport("docker.io/library/debian:12", "sha256:ab", 1, "buildah-comment", "high")
    other = read_layout(tmp_path / "other", history, annotations={BASE_NAME: "alpine:3", BASE_DIGEST: "sha256:ab"})
    assert other.image.base == BaseReport("docker.io/library/debian:12", None, 1, "buildah-comment", "high")


def test_an_annotation_alone_counts_no_layers(tmp_path: Path) -> None:
    assert read_layout(tmp_path, [ROOT, run("make")], annotations={BASE_NAME: "debian:12"}).image.base is None


@pytest.mark.parametrize("annotations", [{BASE_NAME: "scratch"}, {BASE_NAME: "", BASE_DIGEST: ""}])
def test_an_annotation_may_say_that_there_is_no_base(annotations: Json, tmp_path: Path) -> None:
    assert read_layout(tmp_path, GUESSED, annotations=annotations).image.base is None


def test_the_index_names_no_base(tmp_path: Path) -> None:
    """Some tools name the image itself by that annotation there."""
    report = read_layout(tmp_path, GUESSED, index={BASE_NAME: "app:1"})
    assert told(report.image.base) == (1, "history", "medium", None)


@pytest.mark.parametrize(
    ("label_at", "name"), [(3, "debian:12"), (1, None)], ids=["set by this build", "come down from the base"]
)
def test_a_label_names_the_base_of_whom_set_it(label_at: int, name: str | None, tmp_path: Path) -> None:
    history = [*GUESSED]
    history.insert(label_at, nop(f"LABEL {BASE_NAME}=debian:12", empty=True))
    config = {"config": {"Labels": {BASE_NAME: "debian:12"}}}
    assert base_of(tmp_path, history, **config) == (1, "history", "medium", name)


# --- Other images of the same archive -----------------------------------------------------------------------

BELOW = [ROOT, nop('ENTRYPOINT ["/init"]', empty=True)]


def test_an_image_of_the_same_archive_that_this_one_goes_on_from(tmp_path: Path) -> None:
    report = read(tmp_path, saved(BELOW, tags=["corp/base:1"]), saved([*BELOW, run("a"), run("b")]), choice=":app:1")
    assert told(report.image.base) == (1, "same-archive", "high", "corp/base:1")
    assert [each.in_base for each in report.instructions] == [True, True, False, False]
    assert [each.in_base for each in report.layers] == [True, False, False]


def test_the_nearest_of_several(tmp_path: Path) -> None:
    middle = [*BELOW, run("a"), nop('CMD ["a"]', empty=True)]
    images = [saved(BELOW, tags=["one:1"]), saved([*middle, run("b")]), saved(middle, tags=["two:1"])]
    assert told(read(tmp_path, *images, choice=":app:1").image.base) == (2, "same-archive", "high", "two:1")
    assert told(read(tmp_path, *images, choice=":two:1").image.base) == (1, "same-archive", "high", "one:1")
    assert read(tmp_path, *images, choice=":one:1").image.base is None


def test_layers_that_a_cache_shared_make_no_base(tmp_path: Path) -> None:
    """Two images of like Dockerfiles: the one goes on where the other already ends otherwise."""
    other = saved([run("a"), nop("LABEL version=1", empty=True)], tags=["other:1"])
    assert read(tmp_path, other, saved([run("a"), run("b")]), choice=":app:1").image.base is None


def test_lines_that_several_dockerfiles_begin_with_may_be_no_base(tmp_path: Path) -> None:
    """Only what a Dockerfile ends with tells that this one was built to its end."""
    begun = saved([*BELOW, run("a")], tags=["begun:1"])
    report = read(tmp_path, begun, saved([*BELOW, run("a"), run("b")]), choice=":app:1")
    assert told(report.image.base) == (2, "same-archive", "medium", "begun:1")


def test_an_image_without_history_may_be_the_base(tmp_path: Path) -> None:
    bare = Saved(LAYERS[:1], ["bare:1"], {"history": []})
    report = read(tmp_path, bare, saved([run("a"), run("b")]), choice=":app:1")
    assert told(report.image.base) == (1, "same-archive", "medium", "bare:1")


def test_the_same_layers_are_not_below(tmp_path: Path) -> None:
    same = saved([run("a"), run("b"), nop("ENV A=1", empty=True)], tags=["same:1"])
    assert read(tmp_path, same, saved([run("a"), run("b")]), choice=":app:1").image.base is None


# --- Provenance ---------------------------------------------------------------------------------------------

DEBIAN = "docker.io/library/debian:12"
BUILT = [kit("ADD rootfs.tar / # buildkit"), kit("RUN apt # buildkit"), kit("COPY . . # buildkit")]


def exec_op(below: int, *more: Json) -> Json:
    mounts = [*more, {"input": below, "dest": "/", "output": 0}]
    return {"exec": {"meta": {"args": ["sh"]}, "mounts": mounts}}


def file_op(*inputs: int) -> Json:
    """Some actions, each but the last on what the one before made."""
    last = len(inputs) - 1
    actions = [{"input": each, "output": 0 if at == last else -1, "Action": {}} for at, each in enumerate(inputs)]
    return {"file": {"actions": actions}}


def merge_op(*inputs: int) -> Json:
    return {"merge": {"inputs": [{"input": each} for each in inputs]}}


def image_op(reference: str = f"{DEBIAN}@sha256:ab") -> Json:
    return {"source": {"identifier": f"docker-image://{reference}"}}


def llb(*steps: tuple[Json | None, list[str]]) -> list[Json]:
    return [
        {"id": f"step{number}", "op": {"Op": op}, **({"inputs": inputs} if inputs else {})}
        for number, (op, inputs) in enumerate(steps)
    ]


CONTEXT = ({"source": {"identifier": "local://context"}}, [])
PLAIN = llb((image_op(), []), (exec_op(0), ["step0:0"]), (None, ["step1:0"]))
WAYS_DOWN = {
    "plain": PLAIN,
    "mounts before the root": llb(
        CONTEXT,
        (image_op(), []),
        (exec_op(1, {"input": 0, "dest": "/src", "output": -1}), ["step0:0", "step1:0"]),
        (None, ["step2:0"]),
    ),
    "actions upon actions": llb(
        (image_op(), []), CONTEXT, (file_op(0, 2, 3), ["step0:0", "step1:0"]), (None, ["step2:0"])
    ),
    "a linked copy": llb(
        (image_op(), []),
        CONTEXT,
        (file_op(-1), ["step1:0"]),
        (merge_op(0, 1), ["step0:0", "step2:0"]),
        (None, ["step3:0"]),
    ),
}
FROM_SCRATCH = llb(CONTEXT, (file_op(-1), ["step0:0"]), (exec_op(0), ["step1:0"]), (None, ["step2:0"]))


def statement(
    *, steps: Sequence[Json] = (), layers: Json | None = None, materials: Sequence[Json] = (), version: int = 0
) -> Any:
    """Make what makes a statement of an image; ``layers`` says how many of its layers stood after a step."""

    def make(image: Json) -> Json:
        stored = [{"digest": digest_of(GZIP(layer)), "size": 1} for layer in LAYERS]
        chains = {f"{name}:0": [stored[:count]] for name, count in (layers or {}).items()}
        kit_says = {"layers": chains}
        if version:
            predicate: Json = {
                "buildDefinition": {
                    "internalParameters": {"buildConfig": {"llbDefinition": list(steps)}},
                    "resolvedDependencies": list(materials),
                },
                "runDetails": {"metadata": {"buildkit_metadata": kit_says}},
            }
        else:
            predicate = {
                "materials": list(materials),
                "buildConfig": {"llbDefinition": list(steps)},
                "metadata": {"https://mobyproject.org/buildkit@v1#metadata": kit_says},
            }
        digest = image["digest"].removeprefix("sha256:")
        return {"subject": [{"name": "app", "digest": {"sha256": digest}}], "predicate": predicate}

    return make


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("way", WAYS_DOWN)
def test_provenance_of_every_step_counts_the_layers_of_the_image_below(way: str, version: int, tmp_path: Path) -> None:
    steps = WAYS_DOWN[way]
    source = next(each["id"] for each in steps if (each["op"]["Op"] or {}).get("source") == image_op()["source"])
    attested = statement(steps=steps, layers={source: 2, "step9": 3}, version=version)
    report = read_layout(tmp_path, BUILT, attested=attested)
    assert report.image.base == BaseReport(DEBIAN, "sha256:ab", 2, "provenance", "high")
    assert report.notes == ()
    assert [each.in_base for each in report.layers] == [True, True, False]


def test_provenance_whose_layers_are_others_counts_none(tmp_path: Path) -> None:
    def of_other_layers(image: Json) -> Json:
        made: Json = statement(steps=PLAIN, layers={"step0": 1})(image)
        kit_says = made["predicate"]["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]
        kit_says["layers"] = {"step0:0": [[{"digest": "sha256:00"}], None], "step1:0": None}
        return made

    assert read_layout(tmp_path / "a", BUILT, attested=of_other_layers).image.base is None
    assert read_layout(tmp_path / "b", BUILT, attested=statement(steps=PLAIN)).image.base is None


def test_provenance_says_that_there_is_no_base(tmp_path: Path) -> None:
    history = [kit("ADD rootfs.tar /"), kit('CMD ["bash"]', empty=True), kit("COPY . .", created="later")]
    assert read_layout(tmp_path / "a", history).image.base is not None
    assert read_layout(tmp_path / "b", history, attested=statement(steps=FROM_SCRATCH)).image.base is None


@pytest.mark.parametrize(
    ("materials", "name"),
    [
        (["pkg:docker/debian@12?platform=linux%2Famd64"], "debian:12"),
        (["pkg:docker/docker/dockerfile@1", "pkg:docker/localhost%3A5000/corp/base@7"], "localhost:5000/corp/base:7"),
        (["pkg:docker/debian@12", "pkg:docker/golang@1.22"], None),  # one of them is, and nothing says which
        (["pkg:golang/x@1"], None),
    ],
)
def test_dependencies_name_a_base_that_is_counted_otherwise(
    materials: list[str], name: str | None, tmp_path: Path
) -> None:
    listed = [{"uri": each, "digest": {"sha256": "ab"}} for each in materials]
    report = read_layout(tmp_path, [ROOT, *BUILT], attested=statement(materials=listed))
    assert told(report.image.base) == (1, "history", "medium", name)
    assert report.image.base is not None
    assert report.image.base.digest == (name and "sha256:ab")


@pytest.mark.parametrize(
    ("document", "note"),
    [
        (b"{", "The attestation of how the image was built cannot be read: Input data was truncated."),
        (b'{"predicate": {"materials": 1}}', "The attestation of how the image was built cannot be read: Expected"),
        (
            b'{"subject": [{"digest": {"sha256": "00"}}]}',
            "The attestation of how the image was built speaks of another",
        ),
        (
            b'{"subject": null, "predicate": null}',
            "The attestation of how the image was built speaks of another image.",
        ),
        (b'{"predicate": ' + b'{"a":' * 100_000, "The attestation of how the image was built cannot be read"),
    ],
)
def test_a_damaged_attestation_costs_a_note(document: bytes, note: str, tmp_path: Path) -> None:
    report = read_layout(tmp_path, BUILT, attested=lambda *_: document)
    assert report.image.base is None
    assert len(report.notes) == 1
    assert report.notes[0].startswith(note)


def test_an_attestation_that_is_not_what_its_digest_says_costs_a_note(tmp_path: Path) -> None:
    files = layout(BUILT, attested=statement(steps=PLAIN, layers={"step0": 1}))
    name = next(name for name, data in files.items() if b'"predicate"' in bytes(data))  # type: ignore[arg-type]
    files[name] = bytes(files[name]).replace(b"step0", b"step1")  # type: ignore[arg-type]
    report = layerscope.inspect(str(as_folder(files, tmp_path / "layout")), rules=NO_RULES)
    assert report.image.base is None
    assert [note.partition(": ")[0] for note in report.notes] == [
        "The attestation of how the image was built cannot be read"
    ]


@pytest.mark.parametrize(
    "steps",
    [
        llb((exec_op(0), ["step1:0"]), (exec_op(0), ["step0:0"]), (None, ["step1:0"])),  # in a circle
        llb((image_op(), []), (exec_op(7), ["step0:0"]), (None, ["step1:0"])),
        llb((image_op(), []), (exec_op(0), ["step0:1"]), (None, ["step1:0"])),  # of another output
        llb((image_op(), []), ({"diff": {}}, ["step0:0"]), (None, ["step1:0"])),
        llb((image_op(), []), (file_op(-1, 9), ["step0:0"]), (None, ["step1:0"])),
        llb((image_op(), []), ({"file": {"actions": None}}, ["step0:0"]), (None, ["step1:0"])),
        llb((image_op(), []), (None, ["step9:0"])),
    ],
)
def test_a_way_down_that_cannot_be_told_leads_to_no_base(steps: list[Json], tmp_path: Path) -> None:
    report = read_layout(tmp_path, BUILT, attested=statement(steps=steps, layers={"step0": 1}))
    assert (report.image.base, report.notes) == (None, ())


# --- Guesses from the history -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "base"),
    [
        # Another builder goes on.
        ([ROOT, SHELL, kit("COPY . . # buildkit"), kit("RUN make # buildkit")], (1, "medium")),
        ([ROOT, run("a"), step("RUN make", author="kaniko")], (2, "medium")),
        ([ROOT, SHELL, step("jib-maven-plugin:3", comment="classes", author="Jib")], (1, "medium")),
        ([step("bazel build ..."), kit("COPY a b")], (1, "medium")),
        ([step("bazel build ..."), step("bazel build ...")], None),
        ([kit("COPY a b"), kit("RUN make")], None),
        # A CMD in the middle, and what speaks for it.
        ([ROOT, SHELL, run("make", created="later"), nop('CMD ["app"]', empty=True)], (1, "medium")),
        ([ROOT, SHELL, run("make"), nop('CMD ["app"]', empty=True)], (1, "medium")),
        ([ROOT, SHELL, run("make"), nop('ENTRYPOINT ["app"]', empty=True)], (1, "medium")),
        ([ROOT, SHELL, run("make")], (1, "low")),
        ([ROOT, nop('CMD ["app", "-x"]', empty=True), run("make"), nop('CMD ["app"]', empty=True)], (1, "low")),
        ([ROOT, SHELL], None),  # the image's own
        ([ROOT, run("make"), SHELL], None),
        ([SHELL, run("make")], None),  # nothing below
        # BuildKit's history of two images upon each other: the upper seam, since the lower tells less.
        (
            [ROOT, SHELL, kit("RUN python", created="later"), kit('CMD ["python3"]', empty=True, created="later"),
             kit("COPY . .", created="2024-06-01T00:00:00+02:00")],
            (2, "medium"),
        ),
        # A whole root filesystem, and time passed.
        ([ROOT, run("make", created="later")], (1, "low")),
        ([ROOT, run("make")], None),
        ([run("a"), run("make", created="later")], None),
        # Dates that are none, and those that are always the same.
        ([ROOT, SHELL, run("make", created="0001-01-01T00:00:00Z")], (1, "low")),
        ([nop("ADD a /", created="1970-01-01T00:00:00Z"), run("make")], None),
        ([nop("ADD a /", created="soon"), run("make", created="9999-99-99")], None),
        # BuildKit made entries up, so that any may be matched to the wrong layer.
        ([ROOT, kit("COPY a b"), step("COPY c d", comment="buildkit.exporter.image.v0")], (1, "low")),
    ],
)  # fmt: skip
def test_the_history_gives_the_seam_away(history: list[Json], base: tuple[int, str] | None, tmp_path: Path) -> None:
    assert base_of(tmp_path, history) == (base and (base[0], "history", base[1], None))


def test_by_a_guess_of_low_confidence_nothing_is_marked(tmp_path: Path) -> None:
    report = read(tmp_path, saved([ROOT, SHELL, run("make")]))
    assert report.image.base is not None
    marks = [each.in_base for part in (report.layers, report.instructions) for each in part]
    assert marks == [None] * len(marks)


def test_what_follows_the_bases_cmd_and_makes_no_layer_may_be_either_s(tmp_path: Path) -> None:
    history = [ROOT, SHELL, nop("ENV A=1", empty=True), run("a", created="later"), nop("USER x", empty=True)]
    report = read(tmp_path, saved(history))
    assert [each.in_base for each in report.instructions] == [True, True, None, False, False]


# --- The base that is given ---------------------------------------------------------------------------------


def archive(folder: Path, name: str, *images: Saved) -> str:
    path = folder / name
    path.write_bytes(as_tar(docker_10(*images)))
    return str(path)


@given(st.integers(0, 5), st.integers(1, 6), st.booleans())
def test_a_given_base_counts_exactly_its_layers_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, count: int, below: int, compressed: bool
) -> None:
    folder = tmp_path_factory.mktemp("given")
    plain = as_tar(docker_10(saved([run(f"step {n}") for n in range(below)], tags=["base:1"])))
    base = folder / "base"
    base.write_bytes(GZIP(plain) if compressed else plain)
    target = archive(folder, "app", saved([run(f"step {n}") for n in range(count)]))
    if below > count:
        with pytest.raises(UsageError, match=f"it has {count} layers, and the other {below}"):
            layerscope.inspect(target, base=str(base), rules=NO_RULES)
        return
    report = layerscope.inspect(target, base=str(base), rules=NO_RULES)
    assert told(report.image.base) == (below, "given", "high", "base:1")
    assert [each.in_base for each in report.layers] == [index < below for index in range(count)]
    assert [each.in_base for each in report.instructions] == [index < below for index in range(count)]


def test_a_given_base_is_believed_whatever_else_is_said(tmp_path: Path) -> None:
    base = archive(tmp_path, "base.tar", saved([ROOT, run("a")], tags=["base:1"]))
    report = read(tmp_path, saved([ROOT, FROM_DEBIAN, run("a"), run("b")]), base=base)
    assert told(report.image.base) == (2, "given", "high", "base:1")
    assert [each.in_base for each in report.instructions] == [True, True, True, False]


def test_the_first_layer_that_differs_is_named(tmp_path: Path) -> None:
    other = Saved([LAYERS[0], LAYERS[2]], ["other:1"], {"history": []})
    with pytest.raises(UsageError) as caught:
        read(tmp_path, saved([run("a"), run("b")]), base=archive(tmp_path, "other.tar", other))
    here, there = (digest_of(layer)[7:19] for layer in (LAYERS[1], LAYERS[2]))
    assert str(caught.value) == (
        f"app:1 is not built on other:1: layer 1 is the first to differ ({here} here, {there} there)"
    )
    assert caught.value.hint == "A base that was rebuilt since has other layers: name the one of then."


def test_one_of_several_images_is_given_by_its_name(tmp_path: Path) -> None:
    both = archive(tmp_path, "both.tar", saved([run("a")], tags=["one:1"]), saved([run("a"), run("b")], tags=["two:1"]))
    for name, layers in (("one:1", 1), ("two:1", 2)):
        report = read(tmp_path, saved([run("a"), run("b"), run("c")]), base=f"docker-archive:{both}:{name}")
        assert told(report.image.base) == (layers, "given", "high", name)


def test_a_base_of_several_platforms_is_taken_for_the_image_s_own(tmp_path: Path) -> None:
    from images import platformed

    blobs = Blobs()
    arm = blobs.image(LAYERS[:2], config={"architecture": "arm64"})
    manifests = [platformed(blobs.image(LAYERS[3:5]), "amd64"), platformed(arm, "arm64")]
    base = as_folder(blobs.layout([blobs.index(manifests)]), tmp_path / "base")
    target = saved([run("a"), run("b"), run("c")], architecture="arm64")
    assert read(tmp_path, target, base=str(base)).totals.layers == 3
    report = read(tmp_path, target, base=f"oci:{base}")
    assert told(report.image.base) == (2, "given", "high", str(base))


def test_what_cannot_be_a_base(tmp_path: Path) -> None:
    app = saved([run("a"), run("b")])
    old = tmp_path / "old.tar"
    old.write_bytes(as_tar(docker_v1()))
    with pytest.raises(UnsupportedError, match="an image without diff IDs"):
        read(tmp_path, app, base=str(old))
    with pytest.raises(UsageError, match="has no diff IDs, so no layer of it can be told to be another's"):
        layerscope.inspect(str(old), base=archive(tmp_path, "base.tar", app), rules=NO_RULES)
    with pytest.raises(NotFoundError, match="no such file or folder"):
        read(tmp_path, app, base="oci:/nowhere")
    with pytest.raises(UsageError, match="no image was named"):
        read(tmp_path, app, base="")
    with pytest.raises(UsageError, match="cannot both come from standard input"):
        layerscope.inspect("-", base="-")


def test_of_a_given_archive_the_layers_are_never_read(tmp_path: Path) -> None:
    files = docker_10(saved([run("a")], tags=["base:1"]))
    broken: Files = {name: b"no tar at all" if name.endswith("layer.tar") else data for name, data in files.items()}
    for number, data in enumerate((as_tar(broken), GZIP(as_tar(broken)))):
        base = tmp_path / f"base{number}"
        base.write_bytes(data)
        report = read(tmp_path, saved([run("a"), run("b")]), base=str(base))
        assert told(report.image.base) == (1, "given", "high", "base:1")


# --- Histories that tell of another number of layers ---------------------------------------------------------


def disagreement(claims: int, layers: int, what: str) -> str:
    end = " attributed to an instruction" if what.startswith("no") else " attributed to instructions"
    return f"The history tells of another number of layers ({claims}) than the image has ({layers}), so {what}{end}."


TWO_LAYERS = [ROOT, nop("ENV A=1", empty=True), run("a")]


@pytest.mark.parametrize(
    ("base", "history", "layers", "made", "note"),
    [
        # What is above has lost entries, or has some too many: the base's layers are counted from the bottom.
        (
            TWO_LAYERS,
            [*TWO_LAYERS, run("b")],
            5,
            [0, None, 1, None],
            "only those of the base image (2) are",
        ),
        (
            TWO_LAYERS,
            [*TWO_LAYERS, run("b"), run("c")],
            3,
            [0, None, 1, None, None],
            "only those of the base image (2) are",
        ),
        (TWO_LAYERS, TWO_LAYERS, 3, [0, None, 1], "only those of the base image (2) are"),
        # The base has none, or not enough: the layers above it are counted from there.
        (
            [],
            [run("b"), nop("USER x", empty=True), run("c")],
            4,
            [2, None, 3],
            "only those above the base image (2) are",
        ),
        ([ROOT], [ROOT, run("b")], 3, [None, 2], "only those above the base image (1) are"),
        # Neither agrees, or the base's history is another one.
        ([ROOT], [ROOT, run("b")], 4, [None, None], "no layer is"),
        (TWO_LAYERS, [ROOT, run("z"), run("b")], 4, [None, None, None], "no layer is"),
        ([], [], 2, [], None),
    ],
)
def test_with_a_known_base_one_part_may_be_told(
    base: list[Json], history: list[Json], layers: int, made: list[int | None], note: str | None, tmp_path: Path
) -> None:
    """The base has two layers."""
    below = archive(tmp_path, "base.tar", saved(base, layers=2, tags=["base:1"]))
    report = read(tmp_path, saved(history, layers=layers), base=below)
    assert told(report.image.base) == (2, "given", "high", "base:1")
    assert [each.layer for each in report.instructions] == made
    claims = sum(not each.get("empty_layer") for each in history)
    if note:
        assert report.notes == (disagreement(claims, layers, note),)
    of_layers = {each.instruction: each.index for each in report.layers if each.instruction is not None}
    assert of_layers == {index: layer for index, layer in enumerate(made) if layer is not None}


def test_a_base_in_the_same_archive_tells_its_part_too(tmp_path: Path) -> None:
    base = [*TWO_LAYERS, nop('CMD ["a"]', empty=True)]
    images = saved([*base, run("b")], layers=5), saved(base, tags=["base:1"])
    report = read(tmp_path, *images, choice=":app:1")
    assert told(report.image.base) == (2, "same-archive", "high", "base:1")
    assert [each.layer for each in report.instructions] == [0, None, 1, None, None]
    assert [each.in_base for each in report.instructions] == [True, True, True, True, False]


# --- Findings -----------------------------------------------------------------------------------------------


def wasteful(folder: Path, include_base: bool = False, **more: Any) -> Report:
    """An image with a library that only a linker reads in the base, and another one of the user's."""
    layers = [tar_of([file(f"usr/lib/lib{number}.a", b"x" * 1000 * number)]) for number in (1, 2)]
    image = Saved(layers, ["app:1"], {"history": [ROOT, SHELL, run("make", created="later")], **more})
    return read(folder, image, rules=Choice(select=("static-libraries",), include_base=include_base))


def test_findings_in_the_base_are_counted_apart(tmp_path: Path) -> None:
    report = wasteful(tmp_path)
    found = [(each.layer, each.in_base, each.reclaimable_bytes) for each in report.findings]
    assert found == [(1, False, 2000), (0, True, 1000)]
    assert (report.totals.reclaimable_bytes, report.totals.base_reclaimable_bytes) == (2000, 1000)


def test_findings_in_the_base_are_counted_with_the_others_where_that_is_wished(tmp_path: Path) -> None:
    report = wasteful(tmp_path, include_base=True)
    assert [each.in_base for each in report.findings] == [False, True]
    assert (report.totals.reclaimable_bytes, report.totals.base_reclaimable_bytes) == (3000, 0)


def test_without_a_known_base_all_findings_are_the_user_s(tmp_path: Path) -> None:
    report = wasteful(tmp_path, history=[ROOT, SHELL, run("make")])
    assert report.image.base is not None
    assert report.image.base.confidence == "low"
    assert [each.in_base for each in report.findings] == [None, None]
    assert (report.totals.reclaimable_bytes, report.totals.base_reclaimable_bytes) == (3000, 0)
