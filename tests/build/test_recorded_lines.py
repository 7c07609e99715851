"""Lines that BuildKit recorded: exact where the record is sound, a note and nothing more where it is not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from images import Blobs, Files, Json, as_folder, digest_of, files_of

import layerscope
from layerscope import Choice, Recipe
from layerscope.report import Report

FIXTURES = Path(__file__).parents[2] / "fixtures"
ARCHIVES, CONTEXTS = FIXTURES / "archives", FIXTURES / "contexts"
NO_RULES = Choice(ignore=("*",))
PLAIN, BASED, RECOMPRESSED = (
    f"docker-26-provenance-{name}.tar" for name in ("max", "base", "base-zstd")
)  # fmt: skip
KIT = "https://mobyproject.org/buildkit@v1#metadata"


def read(archive: str, **more: Any) -> Report:
    return layerscope.inspect(str(ARCHIVES / archive), rules=NO_RULES, **more)


def places(report: Report, name: str = "Dockerfile") -> list[str | None]:
    """Return each instruction's lines; of those that have some the file is ``name``."""
    found = [each.dockerfile for each in report.instructions]
    assert all(each is None or each.startswith(f"{name}:") for each in found)
    return [each and each.removeprefix(f"{name}:") for each in found]


LINES: dict[str, list[str | None]] = {
    PLAIN: ["3", "4", "5", "7", "8-13", "14-16", "17", "18", "20", "21", "22"],
    BASED: [None, None, None, None, None, "8", "9", "10", "11", "12", "13-15", "16-19", *map(str, range(20, 27))],
}
"""Of the base with its trigger, no line is in the file."""
LINES[RECOMPRESSED] = LINES[BASED]
DOCKERFILES = {PLAIN: "buildkit", BASED: "based", RECOMPRESSED: "based"}


@pytest.mark.parametrize("archive", LINES)
def test_every_line_is_known_without_a_dockerfile(archive: str) -> None:
    report = read(archive)
    assert (places(report), report.notes) == (LINES[archive], ())


def test_a_short_attestation_has_no_dockerfile() -> None:
    report = read("docker-26-containerd-store-attested.tar")
    assert (set(places(report)), report.notes) == ({None}, ())


def test_findings_have_lines_too() -> None:
    report = layerscope.inspect(str(ARCHIVES / BASED), rules=Choice(select=("removed-later",)))
    assert [(each.dockerfile, each.in_base) for each in report.findings] == [("Dockerfile:21", False)]


# --- A Dockerfile that a person names -----------------------------------------------------------------------


@pytest.mark.parametrize("archive", LINES)
def test_the_same_file_needs_no_further_words(archive: str) -> None:
    """Which stage and which arguments it was built with is in the record."""
    path = str(CONTEXTS / DOCKERFILES[archive] / "Dockerfile")
    report = read(archive, recipe=Recipe(path))
    assert (places(report, path), report.notes) == (LINES[archive], ())


def test_another_file_is_compared_with_the_history(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("# moved by a line\n" + (CONTEXTS / "based" / "Dockerfile").read_text())
    report = read(BASED, recipe=Recipe(str(path), target="app", build_args={"VERSION": "2"}))
    moved = [
        line and "-".join(str(int(number) + 1) for number in line.split("-")) for line in LINES[BASED]
    ]  # fmt: skip
    assert (places(report, str(path)), report.notes) == (moved, ())


def test_a_base_may_be_a_stage_of_the_same_file(tmp_path: Path) -> None:
    files = files_of((ARCHIVES / PLAIN).read_bytes())
    config = json.loads(next(data for data in files.values() if isinstance(data, bytes) and b'"history"' in data))
    blobs = Blobs()
    rootfs = {"type": "layers", "diff_ids": config["rootfs"]["diff_ids"][:3]}
    descriptor = blobs.image((), config={"rootfs": rootfs, "history": config["history"][:5]})
    base = as_folder(blobs.layout([descriptor]), tmp_path / "base")
    path = str(CONTEXTS / "buildkit" / "Dockerfile")
    for recipe in (None, Recipe(path)):
        report = read(PLAIN, base=str(base), recipe=recipe)
        assert [each.in_base for each in report.instructions] == [True] * 5 + [False] * 6
        assert (places(report, path if recipe else "Dockerfile"), report.notes) == (LINES[PLAIN], ())


# --- Records that are wrong, or say less --------------------------------------------------------------------


def altered(archive: str, folder: Path, change: Callable[[Json], None]) -> Report:
    """Read a fixture whose attestation was changed, digests and all."""
    files = files_of((ARCHIVES / archive).read_bytes())
    texts = ((name, each) for name, each in files.items() if isinstance(each, bytes))
    name, data = next((name, each) for name, each in texts if each.startswith(b'{"_type"'))
    document = json.loads(data)
    change(document)
    replace_blob(files, name, json.dumps(document).encode())
    return layerscope.inspect(str(as_folder(files, folder / "layout")), rules=NO_RULES)


def replace_blob(files: Files, name: str, data: bytes) -> None:
    """Put other contents in place of a blob, and the new digests and sizes wherever the old ones stand."""
    sizes = {each: len(text) for each, text in files.items()}
    files[name] = data
    changed = [name]
    while changed:
        name = changed.pop(0)
        text = files.pop(name)
        assert isinstance(text, bytes)
        old, new = name.rpartition("/")[2], digest_of(text).removeprefix("sha256:")
        renamed = name if name == "index.json" else f"blobs/sha256/{new}"
        was, sizes[renamed] = sizes[name], len(text)
        files[renamed] = text
        for other, each in list(files.items()):
            if isinstance(each, bytes) and old.encode() in each and each.lstrip().startswith(b"{"):
                told = each.replace(old.encode(), new.encode())
                for size in (b'"size":%d', b'"size": %d'):
                    told = told.replace(size % was, size % len(text))
                files[other] = told
                changed += [other] if other not in changed else []


def metadata(document: Json) -> Json:
    found: Json = document["predicate"]["metadata"][KIT]
    return found


def lines_at(step: str, *lines: int, source: int = 0) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        ranges = [{"start": {"line": line}, "end": {"line": line}} for line in lines]
        metadata(document)["source"]["locations"][step] = {"locations": [{"sourceIndex": source, "ranges": ranges}]}

    return change


def dockerfile_of(text: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        from base64 import b64encode

        metadata(document)["source"]["infos"][0]["data"] = b64encode(text.encode()).decode()

    return change


COMPARED = LINES[PLAIN]
"""What comparing alone finds, too."""


@pytest.mark.parametrize(
    ("change", "lines", "note"),
    [
        (lines_at("step8", 10**6), COMPARED, "instruction 7 is a RUN, and Dockerfile:1000000 is none of this image."),
        (lines_at("step8", -5), COMPARED, "instruction 7 is a RUN, and Dockerfile:-5 is none of this image."),
        (lines_at("step8", 17), COMPARED, "instruction 7 is a RUN, and Dockerfile:17 is none of this image."),
        (lines_at("step8", 9), COMPARED, "instruction 7 stands at Dockerfile:8-13, and the one before it at"),
        (lines_at("step8", 9, 18), COMPARED, "instruction 7 is a RUN, and Dockerfile:9 is none of this image."),
        (dockerfile_of("FROM scratch\nBAKE x\n"), [None] * 11, "Dockerfile:2: 'BAKE' is no Dockerfile instruction."),
        (dockerfile_of(""), [None] * 11, "Dockerfile: has no FROM, so it is no Dockerfile."),
        (
            lambda document: document["predicate"]["invocation"]["parameters"]["args"].update(target="absent"),
            [None] * 11,
            "Dockerfile has no stage 'absent'.",
        ),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_costs_a_note(
    change: Callable[[Json], None], lines: list[str | None], note: str, tmp_path: Path
) -> None:
    report = altered(PLAIN, tmp_path, change)
    assert places(report) == lines
    (said,) = report.notes
    assert said.startswith(f"The Dockerfile in the attestation cannot be made sense of: {note}")


def drop(key: str) -> Callable[[Json], None]:
    return lambda document: metadata(document).pop(key)


@pytest.mark.parametrize(
    "change",
    [
        drop("layers"),  # then the lines of all instructions are compared
        lambda document: metadata(document)["layers"].update({"step7:0": None}),
        lambda document: metadata(document)["layers"].update({"step8:0": [[{"digest": "sha256:00"}], None]}),
        lambda document: metadata(document)["source"]["locations"].pop("step8"),
        lines_at("step8", 18, source=7),
        lines_at("step8"),
        lambda document: document["predicate"]["invocation"]["parameters"]["args"].update({"build-arg:A": 7}),
    ],
)
def test_a_record_that_says_less_is_completed_by_comparing(change: Callable[[Json], None], tmp_path: Path) -> None:
    report = altered(PLAIN, tmp_path, change)
    assert (places(report), report.notes) == (COMPARED, ())


@pytest.mark.parametrize(
    "change",
    [
        drop("source"),
        lambda document: metadata(document)["source"].update(infos=None),
        lambda document: metadata(document)["source"].update(locations=None),
        lambda document: document["predicate"].update(buildConfig=None),
        lambda document: document["predicate"]["buildConfig"]["llbDefinition"][1].update(inputs=["step10:0"]),
    ],
)
def test_a_record_without_lines_is_none(change: Callable[[Json], None], tmp_path: Path) -> None:
    report = altered(PLAIN, tmp_path, change)
    assert report.notes == ()
    assert set(places(report)) <= {None, *COMPARED}


def test_the_record_knows_what_comparing_cannot(tmp_path: Path) -> None:
    """A command is found on its line though the history has another text of it, and so is what follows it."""
    dockerfile = (CONTEXTS / "buildkit" / "Dockerfile").read_text()
    assert dockerfile.count("RUN nuke") == 1
    report = altered(PLAIN, tmp_path, dockerfile_of(dockerfile.replace("RUN nuke", "RUN another program than")))
    assert (places(report), report.notes) == (LINES[PLAIN], ())


def test_entries_that_the_exporter_made_up_have_no_line_by_record(tmp_path: Path) -> None:
    """They may stand for another step's layer."""
    files = files_of((ARCHIVES / PLAIN).read_bytes())
    texts = [(name, each) for name, each in files.items() if isinstance(each, bytes)]
    name, data = next((name, each) for name, each in texts if b'"history"' in each)
    config = json.loads(data)
    config["history"][7].update(created_by="[6/8] RUN something", comment="buildkit.exporter.image.v0")
    replace_blob(files, name, json.dumps(config).encode())
    report = layerscope.inspect(str(as_folder(files, tmp_path / "layout")), rules=NO_RULES)
    assert places(report) == [line if index != 7 else None for index, line in enumerate(LINES[PLAIN])]
    (note,) = report.notes
    assert note.startswith("BuildKit added entries to the history (1)")


def test_a_name_that_is_none_is_not_told(tmp_path: Path) -> None:
    def change(document: Json) -> None:
        metadata(document)["source"]["infos"][0]["filename"] = "\x1b[31m"

    assert places(altered(PLAIN, tmp_path, change)) == COMPARED


def test_provenance_by_the_newer_specification(tmp_path: Path) -> None:
    def change(document: Json) -> None:
        old = document["predicate"]
        document["predicate"] = {
            "buildDefinition": {
                "externalParameters": {"request": old["invocation"]["parameters"]},
                "internalParameters": {"buildConfig": old["buildConfig"]},
                "resolvedDependencies": old["materials"],
            },
            "runDetails": {"metadata": {"buildkit_metadata": old["metadata"][KIT]}},
        }

    report = altered(BASED, tmp_path, change)
    assert (places(report), report.notes) == (LINES[BASED], ())
