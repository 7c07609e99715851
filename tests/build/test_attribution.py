"""Layers are matched by count and order, or not at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from layerscope.build.attribution import Attribution, Instruction, attribute, attribute_parts
from layerscope.build.dialects import KEYWORDS, TOOLS
from layerscope.model import HistoryEntry

KINDS = KEYWORDS | {"IMPORT", "COMMIT", "SQUASH", "LAYER"}
BUILDERS = {tool.name for tool in TOOLS} | {
    "buildah", "buildkit", "classic", "commit", "crane", "docker-squash", "import", "kaniko", "unknown",
}  # fmt: skip

# Text that looks like history, so that the laws reach into every dialect.
PIECES = [
    *(
        "/bin/sh -c ",
        "cmd /S /C ",
        "#(nop) ",
        " ",
        "|1 A=b ",
        "|0 ",
        "|9 ",
        "RUN ",
        "COPY ",
        "SHELL ",
        "CMD ",
    ),
    *("HEALTHCHECK ", "EXPOSE ", "VOLUME ", "[", "]", "&{[", "]}", '"', "\\", "'\\x03'}", '"0s" ', "map["),
    *(" # buildkit", "|force-mtime=1", "|inheritLabels=false", "--mount=x ", ":sha256:" + "0" * 64),
    *("file:" + "0" * 64, "jib-", "bash", "\n", "\x00", "\ud800"),
]
HISTORY_TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)
COMMENTS = st.sampled_from(["", "buildkit.dockerfile.v0", "buildkit.exporter.image.v0", "FROM x", "Imported from -"])
ENTRIES = st.builds(
    HistoryEntry,
    created=st.none() | st.text(max_size=3),
    created_by=HISTORY_TEXT,
    author=st.sampled_from(["", "kaniko", "Bazel"]),
    comment=COMMENTS | HISTORY_TEXT,
    empty_layer=st.booleans(),
)
HISTORIES = st.lists(ENTRIES, max_size=12)


def made(history: list[HistoryEntry]) -> int:
    return sum(not entry.empty_layer for entry in history)


def test_an_image_of_several_builders() -> None:
    history = [
        HistoryEntry("t0", "# debian.sh --arch 'amd64' out/ 'trixie' '@1'", comment="debuerreotype 0.17"),
        HistoryEntry("t1", "ENV A=b", comment="buildkit.dockerfile.v0", empty_layer=True),
        HistoryEntry("t2", "RUN /bin/sh -c make # buildkit", comment="buildkit.dockerfile.v0"),
        HistoryEntry(None, "bash"),
    ]
    assert attribute(history, 3) == Attribution(
        (
            Instruction(0, "LAYER", "# debian.sh --arch 'amd64' out/ 'trixie' '@1'", "t0", "debuerreotype", False, 0),
            Instruction(1, "ENV", "A=b", "t1", "buildkit", True, None),
            Instruction(2, "RUN", "make", "t2", "buildkit", False, 1),
            Instruction(3, "COMMIT", "bash", None, "commit", False, 2),
        ),
        (),
    )


def test_a_history_that_says_nothing_is_mapped_all_the_same() -> None:
    assert attribute([HistoryEntry(), HistoryEntry()], 2) == Attribution(
        (
            Instruction(0, "LAYER", "", None, "unknown", False, 0),
            Instruction(1, "LAYER", "", None, "unknown", False, 1),
        ),
        (),
    )


@pytest.mark.parametrize("layer_count", [0, 1, 3])
def test_other_counts_are_no_attribution(layer_count: int) -> None:
    history = [HistoryEntry(created_by="RUN a"), HistoryEntry(created_by="RUN b")]
    attribution = attribute(history, layer_count)
    assert [instruction.layer for instruction in attribution.instructions] == [None, None]
    assert attribution.notes == (
        (
            f"The history tells of another number of layers (2) than the image has ({layer_count}), "
            "so no layer is attributed to an instruction."
        ),
    )


def test_no_history() -> None:
    assert attribute([], 3) == Attribution(
        (), ("The image has no history, so no layer (of 3) is attributed to an instruction.",)
    )


def test_entries_that_buildkit_made_up_make_the_order_doubtful() -> None:
    history = [
        HistoryEntry(created_by="WORKDIR /app", comment="buildkit.dockerfile.v0"),
        HistoryEntry(created_by="[2/2] COPY a b", comment="buildkit.exporter.image.v0"),
    ]
    attribution = attribute(history, 2)
    assert [instruction.layer for instruction in attribution.instructions] == [0, 1]
    assert attribution.notes == (
        (
            "BuildKit added entries to the history (1) to match the number of layers, "
            "so a layer may be attributed to the wrong instruction."
        ),
    )
    assert "BuildKit" not in attribute(history, 1).notes[0], "nothing is attributed, so nothing wrongly"


@given(HISTORIES)
def test_agreeing_counts_use_every_layer_once_and_in_order(history: list[HistoryEntry]) -> None:
    instructions = attribute(history, made(history)).instructions
    assert [i.layer for i in instructions if i.layer is not None] == list(range(made(history)))
    assert all((i.layer is None) == i.empty for i in instructions)


@given(HISTORIES, st.integers(0, 20))
def test_other_counts_map_nothing(history: list[HistoryEntry], layer_count: int) -> None:
    attribution = attribute(history, layer_count)
    if layer_count != made(history):
        assert all(i.layer is None for i in attribution.instructions)
        assert len(attribution.notes) == 1


@given(HISTORIES, st.integers(0, 12), st.integers(0, 6), st.integers(0, 6))
def test_of_two_parts_one_may_be_mapped(history: list[HistoryEntry], entries: int, below: int, above: int) -> None:
    whole = attribute(history, below + above)
    parts = attribute_parts(whole, entries, below, below + above)
    made_below = made(history[:entries])
    if made(history) == below + above or (made_below != below and made(history[entries:]) != above):
        assert parts == whole
        return
    told = {i.index: i.layer for i in parts.instructions if not i.empty}
    in_part = {index: layer for index, layer in told.items() if (index < entries) == (made_below == below)}
    assert list(in_part.values()) == list(range(below) if made_below == below else range(below, below + above))
    assert {layer for index, layer in told.items() if index not in in_part} <= {None}
    assert len(parts.notes) == 1
    assert [replace(each, layer=None) for each in parts.instructions] == list(whole.instructions)


@given(HISTORIES)
def test_entries_keep_their_place_time_and_emptiness(history: list[HistoryEntry]) -> None:
    instructions = attribute(history, made(history)).instructions
    assert [(i.index, i.created, i.empty) for i in instructions] == [
        (index, entry.created, entry.empty_layer) for index, entry in enumerate(history)
    ]
    assert {i.kind for i in instructions} <= KINDS
    assert {i.builder for i in instructions} <= BUILDERS


MARKS = ("|", "#(nop) ", "#(squash) ")  # of what is no command


@given(st.text(max_size=40).filter(lambda text: not any(mark in text for mark in MARKS) and text[:2] != "--"))
def test_a_run_comes_back_as_it_was_given(command: str) -> None:
    history = [
        HistoryEntry(created_by=f"/bin/sh -c {command}"),
        HistoryEntry(created_by=f"RUN /bin/sh -c {command} # buildkit", comment="buildkit.dockerfile.v0"),
        HistoryEntry(created_by=f"RUN |1 A=b /bin/sh -c {command} # buildkit", comment="buildkit.dockerfile.v0"),
    ]
    assert {(i.kind, i.text) for i in attribute(history, 3).instructions} == {("RUN", command)}


SIZE = 10_000_000


def filled(before: str, piece: str, after: str = "") -> str:
    return before + piece * (SIZE // len(piece)) + after


@pytest.mark.parametrize(
    ("before", "piece", "after"),
    [
        ("/bin/sh -c ", "a", ""),
        ("/bin/sh -c ", " ", ""),
        ("/bin/sh -c x", "|force-mtime=1 ", ""),
        ("/bin/sh -c ", "|", "force-mtime=1 x"),
        ("/bin/sh -c --mount=x", ":sha256:" + "0" * 64, ""),
        ("|9999 A=b ", "/bin/sh -c ", ""),
        ("|9999 A=b ", " ", ""),
        ("|", "9", ""),
        ("/bin/sh -c #(nop)  CMD [", '"a" ', '"a"]'),
        ("/bin/sh -c #(nop)  CMD [", '\\"', "]"),
        ("/bin/sh -c #(nop)  CMD [", '"', "]"),
        ("/bin/sh -c #(nop)  HEALTHCHECK &{[", '"] "', '] "0s" "0s" "0s" \'\\x00\'}'),
        ("/bin/sh -c #(nop) COPY ", "file:" + "0" * 64, ""),
        ("SHELL [", '["', "]"),
        ("", "RUN", ""),
        ("RUN ", " # buildkit", "x"),
        ("bash", " -x", ""),
    ],
)
def test_ten_megabytes_are_read_in_linear_time(before: str, piece: str, after: str) -> None:
    entry = HistoryEntry(created_by=filled(before, piece, after))
    start = time.process_time()
    attribute([entry], 1)
    assert time.process_time() - start < 20, "a second or less is usual; a quadratic reading takes hours"


def test_a_huge_shell_is_not_copied_for_every_entry() -> None:
    shell = HistoryEntry(created_by=filled("SHELL [", "a", "]"), comment="buildkit.dockerfile.v0")
    runs = [HistoryEntry(created_by="RUN |1 A=b c /bin/zsh -c x # buildkit")] * 20_000
    start = time.process_time()
    attribute([shell, *runs], 20_001)
    assert time.process_time() - start < 3, "a fraction of a second is usual"
