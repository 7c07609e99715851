"""Laws of what changed: mirrored when asked the other way round, nothing from an image to itself, sums that add up."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from builders import file, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import COPY, META, RUN, Step
from shops import Run, differing, dpkg, wheel

from layerscope.changes import DifferenceReport, DiffReport
from layerscope.render import json as as_json
from layerscope.render.kit.view import View

NAMES = ("a", "b", "srv/a", "srv/x/a", "srv/x/y/b", "usr/bin/curl", "usr/bin/jq")
VERSIONS = ("1.0-1", "1.0-2", "2.0~rc1", "2.0")
SIZES = (0, 1, 20, 300, 4000)
LARGE = (100, 70_000, 90_000)
META_LINES = ("ENV A=b", "ENV A=c", "CMD sh", "USER app", "LABEL x=y")

Member = tuple[str, str, int, int]


class Plan(NamedTuple):
    """A step, in few words: what failed should be readable."""

    kind: str
    what: str
    number: int
    members: tuple[Member, ...]

    def step(self) -> Step:
        what, number = self.what, self.number
        files = [file(name, letter.encode() * size, mtime=mtime) for name, letter, size, mtime in self.members]
        match self.kind:
            case "META":
                made = META(what)
            case "COPY":
                made = COPY(f"{what} /", *files)
            case "RUN" if number:
                made = Step(f"RUN |2 A={number} TOKEN=hunter{number}x /bin/sh -c make {what} # buildkit", tuple(files))
            case "RUN":
                made = RUN(f"make {what} install", *files)
            case "rm":
                made = RUN(f"rm /{what}", whiteout(what))
            case "apt":
                made = RUN("apt-get install", *dpkg({"curl": what} | ({"jq": VERSIONS[number]} if number else {})))
            case "pip":
                made = RUN("pip install", *wheel("flask", what, number))
            case "cache":
                made = RUN("pip install", file("root/.cache/pip/http/a/b/c/d/e/abcde", b"w" * number))
            case _:
                objects = file("srv/.git/objects/x", b"g" * number)
                made = COPY(". /srv", file("srv/.git/HEAD", b"h"), file("srv/.git/config"), objects)
        return made


def plans(
    kinds: Sequence[str],
    what: Sequence[str] = ("",),
    numbers: Sequence[int] = (0,),
    members: st.SearchStrategy[tuple[Member, ...]] | None = None,
) -> st.SearchStrategy[Plan]:
    few = st.just(()) if members is None else members
    return st.tuples(st.sampled_from(kinds), st.sampled_from(what), st.sampled_from(numbers), few).map(Plan._make)


members: st.SearchStrategy[tuple[Member, ...]] = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from("xy"), st.sampled_from(SIZES), st.integers(0, 1)), max_size=3
).map(tuple)
steps = st.one_of(
    plans(("META",), META_LINES),
    plans(("COPY",), NAMES, members=members),
    plans(("RUN",), "abc", range(3), members),
    plans(("rm",), NAMES),
    plans(("apt",), VERSIONS, range(4)),
    plans(("pip",), VERSIONS, (5, 90)),
    plans(("cache", "git"), numbers=LARGE),
)
images = st.lists(steps, max_size=7)
runs: st.SearchStrategy[Run] = st.fixed_dictionaries(
    {},
    optional={"User": st.sampled_from(["", "app"]), "Env": st.lists(st.sampled_from(["A=b", "A=c", "TOKEN=hunter2x"]))},
)


@st.composite
def rebuilt(draw: st.DrawFn) -> tuple[list[Plan], list[Plan]]:
    """Make an image and another that has most of its steps."""
    old = draw(images)
    new = [step for step in old if draw(st.integers(0, 4))]
    for step in draw(st.lists(steps, max_size=3)):
        new.insert(draw(st.integers(0, len(new))), step)
    return old, new


def differ(old: list[Plan], new: list[Plan], *more: Any, **options: Any) -> DifferenceReport:
    return differing([each.step() for each in old], [each.step() for each in new], *more, **options)


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
def test_the_other_way_round_the_answer_is_mirrored(pair: tuple[list[Plan], list[Plan]], one: Run, other: Run) -> None:
    old, new = pair
    there, back = differ(old, new, (one, other)), differ(new, old, (other, one))
    turned = mirrored(built(back))
    turned["instructions"] = [
        {key: each[key] for key in ("change", "old", "new", "arguments")} for each in turned["instructions"]
    ]
    assert in_set_order(turned) == in_set_order(built(there))


@given(images, runs)
@settings(max_examples=50)
def test_from_an_image_to_itself_nothing_changed(image: list[Plan], run: Run) -> None:
    report = differ(image, image, (run, run))
    assert report.identical
    assert {each.change for each in report.instructions} <= {"same"}
    assert (report.settings, report.folders, report.paths, report.packages, report.findings) == ((), (), (), (), ())
    assert report.totals.shared.layers == report.totals.layers.new
    assert report.totals.only_new == report.totals.only_old


@given(pairs)
@settings(max_examples=100)
def test_sums_add_up(pair: tuple[list[Plan], list[Plan]]) -> None:
    report = differ(*pair)
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
def test_instructions_stay_in_their_order(pair: tuple[list[Plan], list[Plan]]) -> None:
    report = differ(*pair)
    for side, steps in zip(("old", "new"), pair, strict=True):
        told = [step.index for each in report.instructions if (step := getattr(each, side))]
        assert told == list(range(len(steps)))


@given(pairs)
@settings(max_examples=50)
def test_it_makes_no_difference_how_contents_are_read(pair: tuple[list[Plan], list[Plan]]) -> None:
    """On demand or as they pass; but blobs have other sizes, and other digests."""
    plain, passing = (built(differ(*pair, compressed=compressed)) for compressed in (False, True))
    for part in ("instructions", "settings", "folders", "paths", "packages", "findings"):
        assert plain[part] == passing[part]
