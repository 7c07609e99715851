"""What images share, held against the plainest way to tell it: sets of the stacks that begin each image."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from builders import file, tar_of
from hypothesis import given
from hypothesis import strategies as st
from images import Saved, as_tar, digest_of, docker_10

import layerscope
from layerscope import CompareReport

BYTES = (0, 1, 20, 300, 4000, 50_000)
"""Content bytes of the layers that images are made of; whatever is added wrongly shows in some digit."""
LAYERS = [tar_of([file(f"file{number}", b"x" * size)]) for number, size in enumerate(BYTES)]
NUMBER_OF = {digest_of(layer): number for number, layer in enumerate(LAYERS)}

Stack = tuple[int, ...]
stacks = st.lists(st.integers(0, len(LAYERS) - 1), min_size=0, max_size=5).map(tuple)
several = st.lists(stacks, min_size=1, max_size=6)


def compare(images: Sequence[Stack], have: Sequence[Stack] = ()) -> CompareReport:
    """Compare the images of one archive, whose layers and configurations are all that tells them apart."""
    with TemporaryDirectory() as folder:
        return layerscope.compare([save(images, folder, "all")], have=[save(have, folder, "had")] if have else [])


def save(images: Sequence[Stack], folder: str, name: str) -> str:
    path = Path(folder, name)
    saved = [Saved([LAYERS[each] for each in stack], [f"app:{at}"]) for at, stack in enumerate(images)]
    path.write_bytes(as_tar(docker_10(*saved)))
    return str(path)


def content(stack: Sequence[int]) -> int:
    return sum(BYTES[each] for each in stack)


def blobs(layers: set[int]) -> int:
    return sum(len(LAYERS[each]) for each in layers)


def beginnings(stack: Stack) -> list[Stack]:
    return [stack[:depth] for depth in range(1, len(stack) + 1)]


def users(images: Sequence[Stack], beginning: Stack) -> int:
    return sum(image[: len(beginning)] == beginning for image in images)


def common(one: Stack, other: Stack) -> Stack:
    return one[: len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))]


@given(several)
def test_own_and_shared_bytes(asked: list[Stack]) -> None:
    images = list(dict.fromkeys(asked))  # an image that is named twice is one image
    report = compare(asked).compare
    assert len(report.images) == len(images)
    for stack, told in zip(images, report.images, strict=True):
        shared = max((each for each in beginnings(stack) if users(images, each) > 1), key=len, default=())
        assert told.names == tuple(f"app:{at}" for at, each in enumerate(asked) if each == stack)
        assert told.content_bytes == content(stack)
        assert told.shared_content_bytes == content(shared)
        assert told.own_content_bytes == content(stack[len(shared) :])
        assert told.shared_blob_bytes == sum(len(LAYERS[each]) for each in shared)
        assert told.own_blob_bytes == sum(len(LAYERS[each]) for each in stack[len(shared) :])


@given(several)
def test_totals(asked: list[Stack]) -> None:
    images = list(dict.fromkeys(asked))
    distinct = {each for stack in images for each in beginnings(stack)}
    shared = {each for each in distinct if users(images, each) > 1}
    totals = compare(asked).compare.totals
    assert totals.sum_layers == sum(map(len, images))
    assert totals.stored_layers == len(distinct)
    assert totals.sum_content_bytes == sum(map(content, images))
    assert totals.stored_content_bytes == sum(BYTES[each[-1]] for each in distinct)
    assert totals.shared_content_bytes == sum(BYTES[each[-1]] for each in shared)
    assert totals.stored_blob_bytes == blobs({each[-1] for each in distinct})
    assert totals.shared_blob_bytes == blobs({each[-1] for each in shared})
    assert totals.pulled_blob_bytes == totals.stored_blob_bytes


@given(several)
def test_layers_and_parents_are_those_that_images_begin_with(asked: list[Stack]) -> None:
    images = list(dict.fromkeys(asked))
    report = compare(asked).compare
    seen: list[Stack] = []
    for layer in report.layers:
        below = seen[layer.parent] if layer.parent is not None else ()
        seen.append((*below, NUMBER_OF[layer.diff_id]))
        assert (layer.depth, layer.images) == (len(seen[-1]), users(images, seen[-1]))
    assert sorted(seen) == sorted({each for stack in images for each in beginnings(stack)})

    forks = [seen[parent.layer] for parent in report.parents]
    assert sorted(forks) == sorted(each for each in seen if is_fork(each, images, seen))
    for fork, told in zip(forks, report.parents, strict=True):
        below = max((each for each in forks if is_above(fork, each)), key=len, default=())
        assert (told.depth, told.images, told.content_bytes) == (len(fork), users(images, fork), content(fork))
        assert told.added_content_bytes == content(fork[len(below) :])
        assert told.parent == (forks.index(below) if below else None)


def is_fork(stack: Stack, images: Sequence[Stack], seen: Sequence[Stack]) -> bool:
    """Tell whether several images begin so, and not all of them go on in the same way."""
    on_it = [each for each in seen if is_above(each, stack) and len(each) == len(stack) + 1]
    return users(images, stack) > max([1, *(users(images, each) for each in on_it)])


def is_above(stack: Stack, other: Stack) -> bool:
    return len(stack) > len(other) and stack[: len(other)] == other


@given(several)
def test_what_each_two_share(asked: list[Stack]) -> None:
    images = list(dict.fromkeys(asked))
    pairs = compare(asked).compare.pairs
    assert pairs is not None
    expected = [[common(one, other) for other in images] for one in images]
    assert pairs.layers == tuple(tuple(map(len, row)) for row in expected)
    assert pairs.content_bytes == tuple(tuple(map(content, row)) for row in expected)


@given(several, st.lists(stacks, max_size=3))
def test_pulling_one_after_another(asked: list[Stack], have: list[Stack]) -> None:
    there = {each for stack in have for each in beginnings(stack)}
    fetched = {each[-1] for each in there}
    report = compare(asked, have).compare
    for stack, told in zip(dict.fromkeys(asked), report.images, strict=True):
        new = [each for each in beginnings(stack) if each not in there]
        missing = {each[-1] for each in new} - fetched
        assert told.new_layers == len(new)
        assert told.new_content_bytes == sum(BYTES[each[-1]] for each in new)
        assert told.pulled_blob_bytes == blobs(missing)
        there.update(new)
        fetched |= missing
    assert report.totals.pulled_blob_bytes == sum(each.pulled_blob_bytes or 0 for each in report.images)


@given(several.flatmap(lambda images: st.tuples(st.just(images), st.permutations(images))))
def test_the_order_changes_nothing_but_who_pays_for_a_pull(orders: tuple[list[Stack], list[Stack]]) -> None:
    one, other = (compare(images).compare for images in orders)
    assert one.totals == other.totals
    assert one.layers == other.layers
    assert one.parents == other.parents
    facts = [
        {(each.image_id, each.own_content_bytes, each.shared_content_bytes, each.parent) for each in report.images}
        for report in (one, other)
    ]
    assert facts[0] == facts[1]
