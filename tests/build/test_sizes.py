"""Sizes of layers from an engine's history alone: what is told is true, whatever made a layer and whatever did not."""

from hypothesis import given
from hypothesis import strategies as st

from layerscope.build.sizes import Told, tell_layers
from layerscope.model import HistoryEntry


def entry(text: str) -> HistoryEntry:
    return HistoryEntry(created_by=text, comment="buildkit.dockerfile.v0")


RUN, COPY, WORKDIR, ENV = map(
    entry, ("RUN /bin/sh -c make # buildkit", "COPY a / # buildkit", "WORKDIR /srv", "ENV A=b")
)
steps = st.one_of(
    st.tuples(st.just(ENV), st.just(0), st.just(False)),
    st.tuples(st.sampled_from([RUN, COPY, WORKDIR]), st.just(0), st.booleans()),
    st.tuples(st.sampled_from([RUN, COPY]), st.integers(1, 9), st.just(True)),
)
"""An entry, its size, and whether it made a layer, which engines do not tell."""


@given(st.lists(steps, max_size=8))
def test_what_is_told_is_true(history: list[tuple[HistoryEntry, int, bool]]) -> None:
    layers = [(each, size) for each, size, made in history if made]
    told = tell_layers([(each, size) for each, size, _ in history], len(layers))
    assert len(told) == len(layers)
    for (made_by, size), each in zip(layers, told, strict=True):
        assert each.size in (None, size)
        assert each.claim in (None, made_by)
    if all(made for each, _, made in history if each is not ENV):
        assert told == tuple(Told(size, made_by) for made_by, size in layers)


def test_a_choice_that_does_not_matter() -> None:
    """One of two that wrote nothing made no layer: the bytes below and above both are known all the same."""
    told = tell_layers([(COPY, 5), (RUN, 0), (WORKDIR, 0), (RUN, 7)], 3)
    assert told == (Told(5, COPY), Told(0), Told(7, RUN))


def test_a_choice_that_matters_stays_open() -> None:
    assert tell_layers([(RUN, 0), (COPY, 5), (RUN, 0)], 2) == (Told(), Told())


def test_a_history_that_cannot_be_of_the_layers_tells_nothing() -> None:
    assert tell_layers([(COPY, 5), (COPY, 6)], 1) == (Told(),)
    assert tell_layers([(COPY, 5)], 3) == (Told(), Told(), Told())
    assert tell_layers([], 0) == ()
