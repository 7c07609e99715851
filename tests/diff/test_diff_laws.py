"""Laws of what changed: mirrored when asked the other way round, nothing from an image to itself, sums that add up."""

import json
from typing import Any

from builders import file, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import COPY, META, RUN, Step
from shops import Run, differing, dpkg, wheel

from layerscope.changes import DifferenceReport, DiffReport
from layerscope.render import json as as_json
from layerscope.render.kit.view import View

names = st.sampled_from(["a", "b", "srv/a", "srv/x/a", "srv/x/y/b", "usr/bin/curl", "usr/bin/jq"])
members = st.builds(
    lambda name, letter, size, mtime: file(name, letter * size, mtime=mtime),
    names,
    st.sampled_from([b"x", b"y"]),
    st.sampled_from([0, 1, 20, 300, 4000]),
    st.integers(0, 1),
)
versions = st.sampled_from(["1.0-1", "1.0-2", "2.0~rc1", "2.0"])
steps = st.one_of(
    st.builds(META, st.sampled_from(["ENV A=b", "ENV A=c", "CMD sh", "USER app", "LABEL x=y"])),
    st.builds(lambda name, each: COPY(f"{name} /", *each), names, st.lists(members, max_size=3)),
    st.builds(
        lambda flag, each: RUN(f"make {flag} install", *each), st.sampled_from("abc"), st.lists(members, max_size=3)
    ),
    st.builds(lambda name: RUN(f"rm /{name}", whiteout(name)), names),
    st.builds(lambda curl, jq: RUN("apt-get install", *dpkg({"curl": curl, "jq": jq})), versions, versions),
    st.builds(lambda version: RUN("apt-get install curl", *dpkg({"curl": version})), versions),
    st.builds(
        lambda version, size: RUN("pip install", *wheel("flask", version, size)), versions, st.sampled_from([5, 90])
    ),
    st.builds(
        lambda size: RUN("pip install", file("root/.cache/pip/http/a/b/c/d/e/abcde", b"w" * size)),
        st.sampled_from([100, 70_000, 90_000]),
    ),
    st.builds(
        lambda size: COPY(
            ". /srv", file("srv/.git/HEAD", b"h"), file("srv/.git/config"), file("srv/.git/x", b"g" * size)
        ),
        st.sampled_from([100, 70_000, 90_000]),
    ),
)
images = st.lists(steps, max_size=7)
runs: st.SearchStrategy[Run] = st.fixed_dictionaries(
    {},
    optional={"User": st.sampled_from(["", "app"]), "Env": st.lists(st.sampled_from(["A=b", "A=c", "TOKEN=hunter2x"]))},
)


@st.composite
def rebuilt(draw: st.DrawFn) -> tuple[list[Step], list[Step]]:
    """Make an image and another that has most of its steps."""
    old = draw(images)
    new = [step for step in old if draw(st.integers(0, 4))]
    for step in draw(st.lists(steps, max_size=3)):
        new.insert(draw(st.integers(0, len(new))), step)
    return old, new


pairs = rebuilt() | st.tuples(images, images)
TURNED = {"added": "removed", "up": "down", "new": "gone", "old": "new", "only_old": "only_new"}
TURNED |= {"old_bytes": "new_bytes", "old_version": "new_version"}
TURNED |= {after: before for before, after in TURNED.items() if before != "new"}


def built(report: DifferenceReport) -> dict[str, Any]:
    """Return what the JSON holds."""
    whole = json.loads(as_json.render(DiffReport(1, report), View()))["diff"]
    del whole["notes"]
    return whole  # type: ignore[no-any-return]


def mirrored(part: Any, name: str = "") -> Any:
    """Turn everything that is old into the new, what was added into what was removed."""
    if isinstance(part, list):
        return [mirrored(each) for each in part]
    if not isinstance(part, dict):
        return {"new": "gone", "gone": "new"}.get(part) or TURNED.get(part, part) if name == "change" else part
    is_findings = "gone" in part
    turned = {"new": "gone", "gone": "new"} if is_findings else {**TURNED, "new": "old"}
    return {turned.get(key, key): mirrored(each, key) for key, each in part.items()}


def in_set_order(diff: dict[str, Any]) -> dict[str, Any]:
    """Put instructions in an order that does not say which side is the old one."""
    return {**diff, "instructions": sorted(diff["instructions"], key=repr)}


@given(pairs, runs, runs)
@settings(max_examples=200)
def test_the_other_way_round_the_answer_is_mirrored(pair: tuple[list[Step], list[Step]], one: Run, other: Run) -> None:
    old, new = pair
    there, back = differing(old, new, (one, other)), differing(new, old, (other, one))
    turned = mirrored(built(back))
    turned["instructions"] = [
        {"change": each["change"], "old": each["old"], "new": each["new"]} for each in turned["instructions"]
    ]
    assert in_set_order(turned) == in_set_order(built(there))


@given(images, runs)
@settings(max_examples=50)
def test_from_an_image_to_itself_nothing_changed(image: list[Step], run: Run) -> None:
    report = differing(image, image, (run, run))
    assert report.identical
    assert {each.change for each in report.instructions} <= {"same"}
    assert (report.settings, report.folders, report.paths, report.packages, report.findings) == ((), (), (), (), ())
    assert report.totals.shared.layers == report.totals.layers.new
    assert report.totals.only_new == report.totals.only_old


@given(pairs)
@settings(max_examples=100)
def test_sums_add_up(pair: tuple[list[Step], list[Step]]) -> None:
    report = differing(*pair)
    sums = report.totals
    for side in ("old", "new"):

        def of(what: Any, side: str = side) -> int:
            """Add up the groups of a kind."""
            return sum(getattr(getattr(what, name), f"{side}_bytes") for name in what.__struct_fields__)

        kept, content = getattr(sums.kept_bytes, side), getattr(sums.content_bytes, side)
        assert of(sums.instructions) == content
        assert sum(step.content_bytes for each in report.instructions if (step := getattr(each, side))) == content
        assert of(sums.paths) == kept
        assert of(sums.packages) + getattr(sums.unowned_bytes, side) == kept
        only = getattr(sums, f"only_{side}")
        assert sums.shared.content_bytes + only.content_bytes == content
        assert sums.shared.layers + only.layers == getattr(sums.layers, side)
        changed = sum(getattr(each, f"{side}_bytes") for each in report.paths)
        assert changed == of(sums.paths) - sums.paths.same.new_bytes - sums.paths.uncompared.new_bytes
        assert changed == sum(getattr(each, f"{side}_bytes") for each in report.folders)
    assert sum(each.count for each in report.folders) == len(report.paths)
    grown = sum(each.new_bytes - each.old_bytes for each in report.paths)
    assert sums.kept_bytes.old + grown == sums.kept_bytes.new


@given(pairs)
@settings(max_examples=50)
def test_instructions_stay_in_their_order(pair: tuple[list[Step], list[Step]]) -> None:
    report = differing(*pair)
    for side, steps in zip(("old", "new"), pair, strict=True):
        told = [step.index for each in report.instructions if (step := getattr(each, side))]
        assert told == list(range(len(steps)))


@given(pairs)
@settings(max_examples=50)
def test_it_makes_no_difference_how_contents_are_read(pair: tuple[list[Step], list[Step]]) -> None:
    """On demand or as they pass; but blobs have other sizes, and other digests."""
    plain, passing = (built(differing(*pair, compressed=compressed)) for compressed in (False, True))
    for part in ("instructions", "settings", "folders", "paths", "packages", "findings"):
        assert plain[part] == passing[part]
