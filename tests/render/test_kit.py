"""What the formats share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.render import formats, renderer
from layerscope.render.kit.bars import Bar, bar
from layerscope.render.kit.cells import clip, clip_middle, width
from layerscope.render.kit.escape import escape
from layerscope.render.kit.units import count, percent, size


def test_formats_are_the_modules_of_the_folder() -> None:
    assert {"json", "table"} <= set(formats())
    assert "kit" not in formats()
    for name in formats():
        assert callable(renderer(name))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (77_834_211, "77.8 MB"),
        (5 * 10**9, "5.0 GB"),
    ],
)
def test_size(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(("ratio", "text"), [(0, "0.0%"), (0.5, "50.0%"), (0.99999, "99.9%"), (1, "100.0%")])
def test_percent(ratio: float, text: str) -> None:
    assert percent(ratio) == text


def test_count() -> None:
    assert [count(1, "entry"), count(2, "entry"), count(1_200, "layer")] == [
        "1 entry",
        "2 entries",
        "1,200 layers",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RUN pip install", "RUN pip install"),
        ("größe 日本 🚀", "größe 日本 🚀"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\x1b[2J\x7f\x00", r"\x1b[2J\x7f\x00"),
        ("\x85\x9b", r"\u0085\u009b"),
        ("\udcff\udc80", r"\xff\x80"),
        ("\u202e\u2066\u200b\ufeff\xad", r"\u202e\u2066\u200b\ufeff\u00ad"),
        ("\u3164\ufe0f\U000e0100\u2800", r"\u3164\ufe0f\U000e0100\u2800"),
        ("\xa0\u3000", r"\u00a0\u3000"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text(st.characters(), max_size=50))
def test_escaped_text_is_printable(text: str) -> None:
    assert escape(text).isprintable()
    assert escape(text, unicode=False).isascii()


@given(st.text(), st.integers(4, 40))
def test_clipped_text_fits(text: str, room: int) -> None:
    safe = escape(text)
    for clipped in (
        clip(safe, room),
        clip_middle(safe, room),
        clip(safe, room, "..."),
        clip_middle(safe, room, "..."),
    ):
        assert width(clipped) <= room
        assert clipped == safe or width(safe) > room


def test_width() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301", "🚀", "é")] == [3, 4, 1, 2, 1]


@pytest.mark.parametrize(
    ("kept", "wasted", "unicode", "drawn"),
    [
        (0, 0, True, Bar("", "")),
        (100, 0, True, Bar("██████████", "")),
        (45, 0, True, Bar("████▌", "")),
        (60, 40, True, Bar("██████", "░░░░")),
        (0, 40, True, Bar("", "░░░░")),
        (0, 1, True, Bar("", "▏")),
        (1, 0, True, Bar("▏", "")),
        (60, 40, False, Bar("######", "----")),
        (1, 0, False, Bar("#", "")),
        (0, 1, False, Bar("", "-")),
    ],
)
def test_bar(kept: int, wasted: int, unicode: bool, drawn: Bar) -> None:
    assert bar(kept, wasted, whole=100, cells=10, unicode=unicode) == drawn


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 40), st.booleans())
def test_bars_stay_within_their_cells(kept: int, wasted: int, cells: int, unicode: bool) -> None:
    drawn = bar(kept, wasted, whole=max(1, kept + wasted), cells=cells, unicode=unicode)
    assert len(drawn.kept + drawn.wasted) <= cells
    assert bool(drawn.kept + drawn.wasted) == bool(kept + wasted)
