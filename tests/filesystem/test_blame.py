"""What ``why`` tells of each path, held against the law of fates, under layers made by Hypothesis."""

from collections import Counter

from bare_entries import file, folder, hardlink, opaque, whiteout
from hypothesis import given
from hypothesis import strategies as st
from test_fates_simulated import ANY, HIDING, PLAIN, Layers, layers_of

from layerscope.analysis import Analysis, analyse
from layerscope.answer import StepReport
from layerscope.blame.authors import Authors
from layerscope.blame.paths import explain_path
from layerscope.blame.shares import shares_at, standing_at
from layerscope.blame.steps import steps_at
from layerscope.blame.telling import tell
from layerscope.filesystem import Filesystem, settle
from layerscope.image import ReadImage
from layerscope.layers.facts import NoFacts
from layerscope.model import Image, Layer, Platform, RunConfig


def paths_of(layers: Layers) -> list[str]:
    """Every path that anything speaks of, and the folders above."""
    paths = {""}
    for entry in (entry for layer in layers for entry in layer):
        parts = entry.path.strip("/").split("/")
        paths.update("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return sorted(paths)


def analysed(layers: Layers) -> Analysis:
    made = tuple(Layer(index, None, None, None, None, None, 0, entries) for index, entries in enumerate(layers))
    image = Image("", "", None, None, Platform("linux", "amd64"), None, RunConfig(), (), made)
    return analyse(ReadImage(image, tuple(NoFacts() for _ in layers)))


@given(layers_of(ANY))
def test_after_every_layer_there_stands_what_the_steps_say(layers: Layers) -> None:
    filesystem = settle(layers)
    for path in paths_of(layers):
        steps = steps_at(filesystem, path)
        for layer in range(len(layers)):
            stands = [step.after for step in steps if step.layer <= layer]
            below = settle(layers[: layer + 1])  # numbers are the same
            assert (stands[-1] if stands else None if path else -1) == standing_at(below, path)
        stood = None if path else -1
        for step in steps:
            assert step.before == stood
            assert step.before != step.after or step.removed_how == "opaque"
            stood = step.after


@given(layers_of(ANY))
def test_the_bytes_of_all_layers_at_a_path_are_those_of_the_law(layers: Layers) -> None:
    filesystem = settle(layers)
    root = shares_at(filesystem, "")
    for index, layer in enumerate(filesystem.layers):
        share = root.get(index)
        told = (share.kept, share.overwritten, share.removed) if share else (0, 0, 0)
        assert told == (layer.kept, layer.overwritten, layer.removed)
    for path, kept in filesystem.folder_bytes().items():
        assert sum(share.kept for share in shares_at(filesystem, path).values()) == kept
    for path in paths_of(layers):
        shares = shares_at(filesystem, path).values()
        hidden = sum(share.overwritten + share.removed for share in shares)
        assert hidden == sum(share.hid for share in shares) == hidden_within(filesystem, path)


def hidden_within(filesystem: Filesystem, path: str) -> int:
    return sum(
        each.entry.size
        for each in filesystem.hidden
        if path in ("", each.entry.path) or each.entry.path.startswith(f"{path}/")
    )


@given(layers_of(st.one_of(PLAIN, PLAIN, HIDING, st.builds(folder, st.just("a/b")))))
def test_what_is_told_of_all_paths_adds_up_to_the_layers(layers: Layers) -> None:
    """Without hard links, whose bytes may stand by another name."""
    analysis = analysed(layers)
    told: Counter[tuple[int, str]] = Counter()
    for path in paths_of(layers):
        for step in steps_told(analysis, path):
            told[step.by.layer, step.fate or ""] += step.content_bytes
            if step.fate in ("overwritten", "removed"):
                assert step.fate_by is not None
                assert step.fate_by.layer > step.by.layer
    for index, layer in enumerate(analysis.filesystem.layers):
        law = (layer.kept, layer.overwritten, layer.removed)
        assert tuple(told[index, fate] for fate in ("kept", "overwritten", "removed")) == law


def steps_told(analysis: Analysis, path: str) -> tuple[StepReport, ...]:
    """Tell of the path itself, not of what a link there leads to."""
    files, authors = analysis.files, Authors(analysis)
    steps = steps_at(analysis.filesystem, path)
    return tuple(told for step in steps if (told := tell(files, step, authors)))


@given(layers_of(ANY))
def test_every_path_that_ever_was_is_answered_and_no_other(layers: Layers) -> None:
    analysis = analysed(layers)
    states = [settle(layers[:count]) for count in range(len(layers) + 1)]
    for path in paths_of(layers):
        answer = explain_path(analysis, path, Authors(analysis), 10)
        if any(standing_at(state, path) is not None for state in states):
            assert answer is not None
            assert (answer.path, answer.kind is None) == (path, standing_at(analysis.filesystem, path) is None)
            assert answer.wasted_bytes == hidden_within(analysis.filesystem, path)
        else:
            assert answer is None


def test_bytes_that_outlive_their_first_name_are_of_the_layer_that_brought_them() -> None:
    filesystem = settle([(file("a", 70),), (hardlink("b", "a"),), (whiteout("a"),)])

    assert {layer: share.kept for layer, share in shares_at(filesystem, "b").items()} == {0: 70}
    assert shares_at(filesystem, "a") == {}


def test_a_folder_is_emptied_only_of_what_is_in_it() -> None:
    made = (folder("a"), file("a/b", 1))

    assert [step.removed_how for step in steps_at(settle([made, (opaque("a"),)]), "a")] == [None, "opaque"]
    gone = settle([made, (whiteout("a/b"),), (opaque("a"),)])
    assert [step.removed_how for step in steps_at(gone, "a")] == [None]
