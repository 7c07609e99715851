from builders import file, hardlink, tar_of, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import COPY, META, RUN, Step, looked, reclaimable

from layerscope.filesystem import settle
from layerscope.layers.tar import walk
from layerscope.layers.windows import BytesWindow
from layerscope.rules.kit.rule import Severity

BIG = b"b" * 20_000
SMALL = b"s" * 500


def test_what_later_runs_hide_of_earlier_ones_would_go() -> None:
    [found] = looked(
        "consecutive-runs",
        COPY(". .", file("app/main", BIG)),
        RUN("make", file("app/a.o", BIG + BIG), file("app/kept", BIG)),
        RUN("link", file("app/prog", BIG), file("app/a.log", SMALL)),
        RUN("rm", whiteout("app/a.o"), whiteout("app/a.log"), file("app/prog", BIG + b"2"), whiteout("app/main")),
    )

    # What a COPY brought, one RUN cannot unmake, and what is kept stays.
    assert reclaimable(found) == len(BIG + BIG) + len(BIG) + len(SMALL)
    assert found.finding.paths == ("app/a.o", "app/prog", "app/a.log")
    assert (found.finding.layer, found.severity) == (1, Severity.LOW)
    assert "(3), from RUN make to RUN rm:" in found.finding.message


def test_the_layer_is_the_one_with_most_of_the_bytes() -> None:
    [found] = looked(
        "consecutive-runs",
        RUN("a", file("a", BIG)),
        RUN("b", file("b", BIG + BIG)),
        RUN("c", whiteout("a"), whiteout("b")),
    )

    assert (found.finding.layer, reclaimable(found)) == (1, 3 * len(BIG))


def test_of_hard_links_the_bytes_are_claimed_where_they_lie() -> None:
    [found] = looked(
        "consecutive-runs",
        RUN("a", file("a", BIG), hardlink("b", "a")),
        RUN("b", whiteout("a"), whiteout("b")),
    )

    assert found.finding.claims == {0: len(BIG)}


def test_two_that_hide_little_or_nothing_of_each_other_may_stay_two() -> None:
    assert looked("consecutive-runs", RUN("a", file("a", BIG)), RUN("b", file("b", BIG))) == []
    assert looked("consecutive-runs", RUN("a", file("a", SMALL)), RUN("b", whiteout("a"))) == []


def test_three_that_do_are_told_and_claim_nothing() -> None:
    [found] = looked(
        "consecutive-runs",
        RUN("a", file("a", SMALL)),
        RUN("b", file("b", BIG)),
        RUN("c", whiteout("a"), file("c", BIG)),
    )

    assert (found.severity, found.finding.layer, found.finding.claims) == (Severity.INFORMATION, 0, {})


def test_any_other_instruction_ends_a_row() -> None:
    for between in (META("ENV A=1"), META("USER app"), COPY("x /x", file("x", SMALL))):
        steps = RUN("a", file("a", BIG)), RUN("b", file("b", BIG)), between, RUN("c", whiteout("a"))
        assert looked("consecutive-runs", *steps) == []


def test_each_row_is_told_by_itself() -> None:
    found = looked(
        "consecutive-runs",
        RUN("a", file("a", BIG)),
        RUN("b", whiteout("a")),
        META("USER app"),
        RUN("c", file("c", BIG + BIG)),
        RUN("d", whiteout("c")),
    )

    assert [(each.finding.layer, reclaimable(each)) for each in found] == [(2, 2 * len(BIG)), (0, len(BIG))]


def test_a_run_without_a_layer_neither_counts_nor_ends_a_row() -> None:
    empty = Step("RUN /bin/sh -c true # buildkit", None)

    assert looked("consecutive-runs", RUN("a", file("a", BIG)), empty, RUN("b", file("b", BIG))) == []
    [found] = looked("consecutive-runs", RUN("a", file("a", BIG)), empty, RUN("b", whiteout("a")))
    assert "(2), from RUN a to RUN b:" in found.finding.message


def test_the_base_image_s_last_run_is_not_ours_to_join() -> None:
    run = Step("/bin/sh -c make", (file("a", BIG),), "")
    ours = RUN("b", whiteout("a")), RUN("c", file("c", BIG)), RUN("d", file("d", BIG), whiteout("c"))
    [found] = looked("consecutive-runs", run, *ours)

    assert (found.finding.layer, found.in_base, reclaimable(found)) == (2, False, len(BIG))
    assert "(3), from RUN b to RUN d:" in found.finding.message


PATHS = ("a", "b", "c/d", "c/e")
members = st.one_of(
    st.builds(file, st.sampled_from(PATHS), st.sampled_from([BIG, BIG + BIG])),
    st.builds(hardlink, st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.builds(whiteout, st.sampled_from([*PATHS, "c"])),
)
rows = st.lists(st.lists(members, max_size=4), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(members, max_size=3), rows, st.lists(members, max_size=3))
def test_one_run_brings_what_is_there_when_the_last_one_ends(
    below: list[bytes], row: list[list[bytes]], above: list[bytes]
) -> None:
    """What a later COPY hides is none of the row's doing, and what lies below it is brought by none of it."""
    runs = [RUN(f"r{at}", *each) for at, each in enumerate(row)]
    found = looked("consecutive-runs", COPY("x /", *below), *runs, COPY("y /", *above))

    ended = settle([tuple(walk(BytesWindow(tar_of(each)))) for each in (below, *row)]).layers[1:]
    assert sum(map(reclaimable, found)) == sum(layer.content - layer.kept for layer in ended)
