"""The law of fates under layers made by Hypothesis, against a simulation that searches everything each time."""

from collections import Counter

from bare_entries import entry, file, folder, hardlink, opaque, symlink, whiteout
from hypothesis import given
from hypothesis import strategies as st
from simulation import FOLDER, Inode, is_below, simulate

from layerscope.filesystem import Filesystem, settle
from layerscope.model import Entry, EntryKind

Layer = tuple[Entry, ...]
Layers = list[Layer]

PATH = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)
FOLDER_PATH = st.one_of(st.just(""), PATH)
SIZE = st.integers(0, 2**40)
PLAIN = st.one_of(
    st.builds(file, PATH, SIZE),
    st.builds(file, PATH, SIZE),
    st.builds(folder, PATH),
    st.builds(symlink, PATH, st.text("t", min_size=1, max_size=9)),
    st.builds(entry, PATH, st.sampled_from([EntryKind.FIFO, EntryKind.BLOCK_DEVICE])),
)
HIDING = st.one_of(st.builds(whiteout, PATH), st.builds(opaque, FOLDER_PATH))
ANY = st.one_of(
    PLAIN,
    PLAIN,
    HIDING,
    st.builds(hardlink, PATH, FOLDER_PATH),
    st.sampled_from([folder(""), file("", 64)]),
)


def layers_of(entries: st.SearchStrategy[Entry]) -> st.SearchStrategy[Layers]:
    return st.lists(st.lists(entries, max_size=10).map(tuple), max_size=6)


def kept_bytes(filesystem: Filesystem) -> int:
    return sum(layer.kept for layer in filesystem.layers)


def names_of(filesystem: Filesystem) -> set[str]:
    """Every path that a container sees, folders with a slash."""
    return {
        f"{parent}/{name}".lstrip("/") + ("/" if f"{parent}/{name}".lstrip("/") in filesystem.folders else "")
        for parent, children in filesystem.folders.items()
        for name in children
    }


def totals(filesystem: Filesystem) -> list[tuple[int, int, int]]:
    return [(layer.content, layer.overwritten, layer.removed) for layer in filesystem.layers]


def hidden(filesystem: Filesystem) -> Counter[tuple[str, int, int, str, int]]:
    return Counter((h.entry.path, h.entry.size, h.layer, h.fate, h.by) for h in filesystem.hidden)


@given(layers_of(ANY))
def test_agrees_with_the_simulation(layers: Layers) -> None:
    filesystem, expected = settle(layers), simulate(layers)

    assert totals(filesystem) == list(zip(expected.content, expected.overwritten, expected.removed, strict=True))
    assert hidden(filesystem) == expected.hidden
    assert names_of(filesystem) == {path + ("/" if node == FOLDER else "") for path, node in expected.tree.items()}


@given(layers_of(ANY))
def test_each_files_bytes_stand_at_one_of_its_names(layers: Layers) -> None:
    filesystem, expected = settle(layers), simulate(layers)

    by_inode: dict[int, list[int]] = {}
    for kept in filesystem.kept():
        node = expected.tree[kept.entry.path]
        assert isinstance(node, Inode)
        by_inode.setdefault(id(node), []).append(kept.content_bytes)
        if kept.content_bytes:
            assert kept.content_bytes == node.size
    sizes = {id(node): node.size for node in expected.tree.values() if isinstance(node, Inode)}
    assert {inode: sum(parts) for inode, parts in by_inode.items()} == sizes


@given(layers_of(ANY))
def test_every_byte_is_accounted_for(layers: Layers) -> None:
    filesystem = settle(layers)

    for layer in filesystem.layers:
        assert layer.content == layer.kept + layer.overwritten + layer.removed
        assert min(layer.content, layer.kept, layer.overwritten, layer.removed) >= 0
    lost = sum(layer.overwritten + layer.removed for layer in filesystem.layers)
    assert lost == sum(h.entry.size for h in filesystem.hidden)
    kept = list(filesystem.kept())
    folder_bytes = filesystem.folder_bytes()
    assert kept_bytes(filesystem) == sum(k.content_bytes for k in kept) == folder_bytes[""]
    assert folder_bytes == {
        path: sum(k.content_bytes for k in kept if is_below(k.entry.path, path)) for path in filesystem.folders
    }


@given(layers_of(ANY))
def test_what_was_hidden_was_there_and_is_hidden_by_a_later_layer(layers: Layers) -> None:
    for record in settle(layers).hidden:
        assert record.entry in layers[record.layer]
        assert record.layer < record.by < len(layers)


@given(layers_of(ANY), st.integers(0, 6))
def test_an_empty_layer_changes_nothing(layers: Layers, at: int) -> None:
    at = min(at, len(layers))

    with_empty = settle([*layers[:at], (), *layers[at:]])

    without = settle(layers)
    assert totals(with_empty) == [*totals(without)[:at], (0, 0, 0), *totals(without)[at:]]
    assert names_of(with_empty) == names_of(without)


@given(layers_of(ANY), st.randoms(use_true_random=False))
def test_where_whiteouts_stand_in_their_layer_changes_nothing(layers: Layers, random: object) -> None:
    def shuffled(layer: Layer) -> Layer:
        others = [e for e in layer if e.kind not in {EntryKind.WHITEOUT, EntryKind.OPAQUE}]
        for hiding in (e for e in layer if e.kind in {EntryKind.WHITEOUT, EntryKind.OPAQUE}):
            others.insert(random.randint(0, len(others)), hiding)  # type: ignore[attr-defined]
        return tuple(others)

    mixed = settle([shuffled(layer) for layer in layers])

    assert totals(mixed) == totals(settle(layers))
    assert hidden(mixed) == hidden(settle(layers))
    assert names_of(mixed) == names_of(settle(layers))


@given(layers_of(ANY))
def test_lower_layers_have_the_content_they_have_whatever_comes_above(layers: Layers) -> None:
    contents = [layer.content for layer in settle(layers).layers]

    for count in range(len(layers)):
        assert [layer.content for layer in settle(layers[:count]).layers] == contents[:count]


@given(st.lists(ANY, max_size=12))
def test_one_layer_wastes_nothing(entries: list[Entry]) -> None:
    filesystem = settle([tuple(entries)])

    assert filesystem.hidden == ()
    assert filesystem.layers[0].kept == filesystem.layers[0].content


@given(layers_of(st.one_of(PLAIN, HIDING)))
def test_the_squashed_image_is_what_was_kept(layers: Layers) -> None:
    filesystem = settle(layers)

    squashed = settle([tuple(kept.entry for kept in filesystem.kept())])

    assert kept_bytes(squashed) == kept_bytes(filesystem)
    assert squashed.hidden == ()


@given(layers_of(st.one_of(PLAIN, HIDING)))
def test_the_last_layer_once_more_overwrites_itself_and_shows_the_same(layers: Layers) -> None:
    once, twice = settle(layers), settle([*layers, *layers[-1:]])

    assert names_of(twice) == names_of(once)
    assert kept_bytes(twice) == kept_bytes(once)
    if layers:
        assert twice.layers[len(layers) - 1].kept == 0


@given(layers_of(ANY))
def test_removing_everything_keeps_nothing(layers: Layers) -> None:
    filesystem = settle([*layers, (opaque(""),)])

    assert kept_bytes(filesystem) == 0
    assert names_of(filesystem) == set()
