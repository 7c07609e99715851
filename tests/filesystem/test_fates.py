"""The law of fates, a sentence each; sizes are powers of two, so that a sum tells what is in it."""

import sys
from types import FrameType

import pytest
from bare_entries import file, folder, hardlink, opaque, symlink, whiteout

from layerscope.errors import UnsupportedError
from layerscope.filesystem import Fate, Filesystem, LayerBytes, fates, settle
from layerscope.model import Entry, EntryKind


def bytes_of(*layers: list[Entry]) -> list[tuple[int, int, int]]:
    """Settle layers and return of each what is kept, overwritten and removed."""
    filesystem = settled(*layers)
    return [(layer.kept, layer.overwritten, layer.removed) for layer in filesystem.layers]


def settled(*layers: list[Entry]) -> Filesystem:
    return settle([tuple(layer) for layer in layers])


def hidden_of(*layers: list[Entry]) -> list[tuple[str, int, Fate, int]]:
    return [(h.entry.path, h.layer, h.fate, h.by) for h in settled(*layers).hidden]


def kept_of(*layers: list[Entry]) -> dict[str, int]:
    return {kept.entry.path: kept.content_bytes for kept in settled(*layers).kept()}


# --- content bytes


def test_no_layers_and_empty_layers() -> None:
    assert bytes_of() == []
    assert bytes_of([]) == [(0, 0, 0)]


def test_content_is_files_and_the_texts_of_symbolic_links() -> None:
    layer = [folder("d"), file("d/f", 64), symlink("l", "eight888"), whiteout("x"), opaque("d")]
    devices = [Entry("", name, EntryKind.CHARACTER_DEVICE, 0, "", 0, 0, 0, 0, 0, 0) for name in "ab"]

    assert bytes_of([*layer, *devices]) == [(72, 0, 0)]


def test_hard_links_of_one_file_count_once() -> None:
    assert bytes_of([file("a", 1), hardlink("b", "a"), hardlink("c", "b")]) == [(1, 0, 0)]


def test_what_a_tar_overwrites_within_itself_never_was_content() -> None:
    assert bytes_of([file("a", 1), file("a", 2), file("a", 4)]) == [(4, 0, 0)]
    assert bytes_of([file("d/a", 1), file("d", 2)]) == [(2, 0, 0)]
    assert hidden_of([file("a", 1), file("a", 2)]) == []


def test_an_entry_for_the_root_itself_counts_nothing() -> None:
    """What else could it be but a folder? A file of that name is never unpacked."""
    root_file = Entry("", "", EntryKind.FILE, 8, "", 0, 0, 0, 0, 0, 8)

    assert bytes_of([folder(""), root_file, file("a", 1)]) == [(1, 0, 0)]


# --- overwritten


def test_a_file_written_again_is_overwritten() -> None:
    layers = [file("a", 1)], [file("a", 2)]

    assert bytes_of(*layers) == [(0, 1, 0), (2, 0, 0)]
    assert hidden_of(*layers) == [("a", 0, Fate.OVERWRITTEN, 1)]


def test_the_surviving_copy_is_no_waste() -> None:
    assert bytes_of([file("a", 1)], [file("a", 1)], [file("a", 1)]) == [(0, 1, 0), (0, 1, 0), (1, 0, 0)]


def test_a_file_replaced_by_a_folder_or_a_link_is_overwritten() -> None:
    assert bytes_of([file("a", 1)], [folder("a")]) == [(0, 1, 0), (0, 0, 0)]
    assert bytes_of([file("a", 1)], [symlink("a", "xx")]) == [(0, 1, 0), (2, 0, 0)]


def test_a_file_is_overwritten_by_a_path_below_it() -> None:
    assert bytes_of([file("a", 1)], [file("a/b/c", 2)]) == [(0, 1, 0), (2, 0, 0)]


def test_a_folder_over_a_folder_changes_nothing_below() -> None:
    assert bytes_of([folder("d"), file("d/a", 1)], [folder("d"), file("d/b", 2)]) == [(1, 0, 0), (2, 0, 0)]


# --- removed


def test_a_whiteout_removes() -> None:
    layers = [file("a", 1), file("b", 2)], [whiteout("a")]

    assert bytes_of(*layers) == [(2, 0, 1), (0, 0, 0)]
    assert hidden_of(*layers) == [("a", 0, Fate.REMOVED, 1)]


def test_a_whiteout_of_a_folder_removes_all_below() -> None:
    layers = [folder("d"), file("d/a", 1), file("d/e/f/b", 2), file("da", 4)], [whiteout("d")]

    assert bytes_of(*layers) == [(4, 0, 3), (0, 0, 0)]
    assert set(settled(*layers).folders) == {""}


def test_an_opaque_whiteout_removes_all_below_and_leaves_the_folder() -> None:
    layers = [file("d/a", 1), file("d/e/b", 2), file("c", 4)], [opaque("d")]

    assert bytes_of(*layers) == [(4, 0, 3), (0, 0, 0)]
    assert set(settled(*layers).folders) == {"", "d"}


def test_an_opaque_root_removes_everything() -> None:
    assert bytes_of([file("d/a", 1), file("b", 2)], [opaque(""), file("c", 4)]) == [(0, 0, 3), (4, 0, 0)]


@pytest.mark.parametrize("hide", [whiteout("d"), opaque("d"), whiteout("d/a")])
@pytest.mark.parametrize("comes_first", [True, False])
def test_whiteouts_act_on_lower_layers_only_whatever_their_place(hide: Entry, *, comes_first: bool) -> None:
    mine = [folder("d"), file("d/a", 2)]

    assert bytes_of([file("d/a", 1)], [hide, *mine] if comes_first else [*mine, hide]) == [(0, 0, 1), (2, 0, 0)]


def test_a_folder_replaced_by_a_file_takes_all_below_along() -> None:
    layers = [folder("d"), file("d/a", 1), file("d/e/b", 2)], [file("d", 4)]

    assert bytes_of(*layers) == [(0, 0, 3), (4, 0, 0)]
    assert {fate for _, _, fate, _ in hidden_of(*layers)} == {Fate.REMOVED}


def test_a_whiteout_of_nothing_changes_nothing() -> None:
    assert bytes_of([whiteout("a"), opaque("d"), whiteout("x/y/z")]) == [(0, 0, 0)]
    assert bytes_of([file("a", 1)], [whiteout("a/b"), opaque("a"), opaque("e")]) == [(1, 0, 0), (0, 0, 0)]


def test_what_is_removed_may_come_again_and_go_again() -> None:
    layers = [file("a", 1)], [whiteout("a")], [file("a", 2)], [whiteout("a")]

    assert bytes_of(*layers) == [(0, 0, 1), (0, 0, 0), (0, 0, 2), (0, 0, 0)]
    assert hidden_of(*layers) == [("a", 0, Fate.REMOVED, 1), ("a", 2, Fate.REMOVED, 3)]


def test_each_layer_loses_what_was_its_own() -> None:
    assert bytes_of([file("d/a", 1)], [file("d/b", 2)], [file("d/c", 4)], [whiteout("d")]) == [
        (0, 0, 1),
        (0, 0, 2),
        (0, 0, 4),
        (0, 0, 0),
    ]


# --- hard links


def test_a_file_lives_as_long_as_any_of_its_names() -> None:
    made = [file("a", 1), hardlink("b", "a")]

    assert bytes_of(made, [whiteout("a")]) == [(1, 0, 0), (0, 0, 0)]
    assert bytes_of(made, [whiteout("b")]) == [(1, 0, 0), (0, 0, 0)]
    assert bytes_of(made, [whiteout("a")], [whiteout("b")]) == [(0, 0, 1), (0, 0, 0), (0, 0, 0)]


def test_the_layer_that_takes_the_last_name_hides_the_bytes_and_names_the_first() -> None:
    layers = [file("a", 1), hardlink("b", "a")], [whiteout("a")], [file("b", 2)]

    assert hidden_of(*layers) == [("a", 0, Fate.OVERWRITTEN, 2)]


def test_the_first_name_still_standing_stands_for_the_bytes() -> None:
    made = [file("a", 1), hardlink("b", "a"), hardlink("c", "a")]

    assert kept_of(made) == {"a": 1, "b": 0, "c": 0}
    assert kept_of(made, [whiteout("a")]) == {"b": 1, "c": 0}
    assert kept_of(made, [whiteout("a")], [whiteout("b")]) == {"c": 1}
    assert settled(made, [whiteout("a")]).folder_bytes() == {"": 1}


def test_a_hard_link_across_layers_keeps_the_lower_file_alive() -> None:
    assert bytes_of([file("a", 1)], [hardlink("b", "a")], [whiteout("a")]) == [(1, 0, 0), (0, 0, 0), (0, 0, 0)]


def test_a_hard_link_that_leads_nowhere_has_no_bytes() -> None:
    assert kept_of([hardlink("b", "a"), file("a", 1)]) == {"b": 0, "a": 1}
    assert kept_of([folder("d"), hardlink("b", "d"), hardlink("c", "")]) == {"b": 0, "c": 0}


def test_a_hard_link_to_itself_keeps_what_it_has() -> None:
    assert kept_of([file("a", 1), hardlink("a", "a")]) == {"a": 1}
    assert kept_of([file("a", 1)], [hardlink("a", "a")]) == {"a": 1}
    assert kept_of([hardlink("a", "a")]) == {"a": 0}


def test_a_hard_link_may_replace_the_folder_its_target_is_in() -> None:
    assert kept_of([file("d/a", 1), file("d/b", 2)], [hardlink("d", "d/a")]) == {"d": 1}


def test_hard_links_to_a_symbolic_link_share_its_text() -> None:
    assert kept_of([symlink("l", "t"), hardlink("m", "l")], [whiteout("l")]) == {"m": 1}


# --- what a container sees


def test_folder_bytes_are_the_kept_bytes_below() -> None:
    layers = [file("d/a", 1), file("d/e/b", 2), file("c", 4)], [file("d/e/b", 8)]

    assert settled(*layers).folder_bytes() == {"": 13, "d": 9, "d/e": 8}


def test_kept_names_the_layer_that_brought_the_entry() -> None:
    filesystem = settled([file("a", 1)], [], [file("b", 2)])

    assert {kept.entry.path: kept.layer for kept in filesystem.kept()} == {"a": 0, "b": 2}


def test_content_is_the_sum_of_its_fates() -> None:
    assert LayerBytes(content=7, overwritten=1, removed=2).kept == 4


# --- growth


def calls_of(layers: list[tuple[Entry, ...]]) -> int:
    """Count the functions called, Python's and C's: what grows with them grows in time."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        settle(layers)
    finally:
        sys.setprofile(before)
    return calls


def flat(count: int) -> list[tuple[Entry, ...]]:
    lower = tuple(file(f"d{number % 100}/f{number}", 1) for number in range(count))
    return [lower, tuple(whiteout(f"d{number % 100}/f{number}") for number in range(count // 10))]


def opaque_again_and_again(count: int) -> list[tuple[Entry, ...]]:
    lower = tuple(file(f"d/f{number}", 1) for number in range(count))
    return [lower, tuple(opaque("d") for _ in range(count // 10))]


def folders_in_folders(count: int) -> list[tuple[Entry, ...]]:
    lower = tuple(file(f"d{number % 10}/e{number % 1000}/f{number}", 1) for number in range(count))
    return [lower, tuple(whiteout(f"d{number % 10}/e{number % 1000}") for number in range(count // 10)), lower]


def links_to_one_file(count: int) -> list[tuple[Entry, ...]]:
    lower = (file("a", 1), *(hardlink(f"l{number}", "a") for number in range(count)))
    return [lower, tuple(whiteout(f"l{number}") for number in range(count // 10))]


@pytest.mark.parametrize("made", [flat, opaque_again_and_again, folders_in_folders, links_to_one_file])
def test_ten_thousand_whiteouts_over_a_hundred_thousand_entries_do_not_multiply(made: object) -> None:
    few, many = (calls_of(made(count)) for count in (10_000, 100_000))  # type: ignore[operator]

    assert many < 11 * few
    assert many < 20 * 100_000


def test_deep_paths_end_in_an_error_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fates, "_FOLDER_TEXT_LIMIT", 100_000)

    with pytest.raises(UnsupportedError, match="nested deeper"):
        settled([file("a/" * 1000 + "f", 1)])
