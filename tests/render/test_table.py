"""The page that a person reads, compared whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import KB, MB, instruction, layer, replace, report, shop

from layerscope.render.kit.cells import width
from layerscope.render.kit.view import View
from layerscope.render.table import render
from layerscope.report import BaseReport, CopyReport, PathReport, WastedPathReport

SHOP_AT_100 = """\
registry.example.org/shop/api:2.4  linux/amd64  4f1c0d2b9a77

  content     591.0 MB  14 instructions, 9 layers, 18,204 entries
  stored      204.0 MB  as blobs
  wasted       82.8 MB  40.9 MB overwritten, 41.9 MB removed
  efficiency     86.0%

  note: The archive holds the layers uncompressed.

Instructions
   #     bytes               wasted  instruction
   0   77.8 MB  ██▌          1.2 MB  ADD file:5d673d25da3a14ce1f6cf66e4c7fd4f4b85a3759a9d93efb3fd9f…
   1                                 ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sb…
   2                                 ENV LANG=C.UTF-8
   3    9.2 MB  ▎             312 B  RUN /bin/sh -c set -eux; apt-get update; apt-get install -y ca…
   4                                 CMD ["python3"]
   5  312.9 MB  ████████▋░  41.9 MB  RUN set -eux; apt-get update; apt-get install -y --no-install-…
   6       0 B                       WORKDIR /srv/shop
   7    4.1 kB  ▏                    COPY requirements.txt .
   8  148.2 MB  ████▏░      18.3 MB  RUN pip install -r requirements.txt
   9   21.4 MB  ░           21.4 MB  COPY . .
  10   21.4 MB  ▋                    RUN chown -R shop:shop /srv/shop
  11       0 B                       RUN apt-get purge -y build-essential && rm -rf /var/lib/apt/li…
  12                                 USER shop
  13                                 ENTRYPOINT ["gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi:a…

Largest folders
  389.2 MB  /usr
  201.3 MB  /usr/lib
  121.0 MB  /usr/local/lib/python3.12/site-packages
   98.4 MB  /usr/lib/gcc/x86_64-linux-gnu/12
   21.4 MB  /srv/shop

Largest files
  32.2 MB  5 RUN   /usr/lib/gcc/x86_64-linux-gnu/12/cc1plus
  24.9 MB  8 RUN   /usr/local/lib/python3.12/…e-packages/numpy.libs/libscipy_openblas64_-99b71e71.so
   9.1 MB  10 RUN  /srv/shop/static/bundle.js.map
   3.8 MB  0 ADD   /usr/bin/perl

Most wasted
  written by 5 RUN set -eux; apt-get update; apt-…, removed by 11 RUN apt-get purge -y build-essent…
    19.4 MB  /var/lib/apt/lists/mirror.example_debian_dists_bookworm_main_binary-amd64_Packages.lz4
     4.0 MB  /usr/lib/git-core/git
  written by 8 RUN pip install -r requirements.…, overwritten by 10 RUN chown -R shop:shop /srv/shop
    18.3 MB  /root/.cache/pip/http-v2/a/b/c
  written by 9 COPY . ., overwritten by 10 RUN chown -R shop:shop /srv/shop
     9.1 MB  /srv/shop/static/bundle.js.map
  written by 0 ADD file:5d673d25da3a14ce1f6cf66…, overwritten by 3 RUN /bin/sh -c set -eux; apt-get…
  written by 3 RUN /bin/sh -c set -eux; apt-get…, overwritten by 5 RUN set -eux; apt-get update; ap…
     1.2 MB  /var/lib/dpkg/status
"""


def page(text: str) -> str:
    return text.removeprefix("\n")


def rows(text: str) -> list[str]:
    """The rows of instructions, without their header."""
    return text.split("Instructions\n")[1].split("\n\n", maxsplit=1)[0].splitlines()[1:]


def test_a_realistic_image_at_100_columns() -> None:
    assert render(shop(), View(width=100)) == SHOP_AT_100


@pytest.mark.parametrize("columns", [40, 50, 60, 71, 72, 80, 100, 140, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_terminal(columns: int, unicode: bool) -> None:
    for line in render(shop(), View(width=columns, unicode=unicode)).splitlines():
        assert width(line) <= columns
        assert line == line.rstrip()


def test_ascii_where_nothing_else_can_be_shown() -> None:
    small = report((layer(0, 3 * MB, removed=MB, instruction=0),), (instruction(0, "COPY", "größe.txt /", 0),))
    assert render(small, View(unicode=False)) == page(
        """
app:latest  linux/amd64  4f1c0d2b9a77

  content      3.0 MB  1 instruction, 1 layer, 0 entries
  stored      unknown  this source does not tell what is stored or pulled
  wasted       1.0 MB  1.0 MB removed
  efficiency    66.7%

Instructions
  #   bytes              wasted  instruction
  0  3.0 MB  #######---  1.0 MB  COPY gr\\u00f6\\xdfe.txt /
""".replace("\\xdf", "\\u00df")
    )


def test_an_image_without_layers() -> None:
    assert render(report((), (), reference=""), View()) == page("""
(unnamed image)  linux/amd64  4f1c0d2b9a77

  content         0 B  0 instructions, 0 layers, 0 entries
  stored      unknown  this source does not tell what is stored or pulled
  wasted          0 B
  efficiency   100.0%
""")


def test_what_is_known_of_the_base_and_of_savings() -> None:
    known = shop()
    base = BaseReport("python:3.12", None, 5, "history", "medium")
    totals = replace(known.totals, reclaimable_bytes=12 * MB)
    known = replace(known, image=replace(known.image, base=base), totals=totals)
    heading = render(known, View()).split("\n\n")[1].splitlines()
    assert heading[-2:] == [
        "  reclaimable   12.0 MB  by 0 findings",
        "  base         5 layers  python:3.12, guessed from the history (medium confidence)",
    ]


def test_layers_that_no_instruction_claims_stand_above_the_next_layer() -> None:
    layers = (layer(0, 9 * MB, instruction=0), layer(1, MB), layer(2, 0, instruction=2), layer(3, 2 * KB))
    steps = (instruction(0, "ADD", "a /", 0), instruction(1, "CMD", "x"), instruction(2, "RUN", "y", 2))
    steps += (instruction(3, "USER", "z"),)
    assert rows(render(report(layers, steps), View(width=80))) == [
        "  0  9.0 MB  ████████  ADD a /",
        "  1                    CMD x",
        "     1.0 MB  ▉         (unattributed layer 1)",
        "  2     0 B            RUN y",
        "  3                    USER z",
        "     2.0 kB  ▏         (unattributed layer 3)",
    ]


def test_files_of_layers_that_no_instruction_claims() -> None:
    files = (PathReport("a", 20, 0), PathReport("b", 10, None))
    assert render(report((layer(0, 30),), (), files=files), View()).split("\n\n")[-1] == page("""
Largest files
  20 B  layer 0  /a
  10 B           /b
""")


def test_a_foreign_layer_is_absent() -> None:
    foreign = replace(layer(0, 0, instruction=0), present=False)
    assert rows(render(report((foreign,), (instruction(0, "FROM", "windows", 0),)), View())) == [
        "  0  absent  FROM windows"
    ]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("order", "0 1 2 3 4 5 6 7 8 9 10 11 12 13"),
        ("size", "5 8 0 9 10 3 7 1 2 4 6 11 12 13"),
        ("wasted", "5 9 8 0 3 1 2 4 6 7 10 11 12 13"),
    ],
)
def test_sorting(sort: str, order: str) -> None:
    text = render(shop(), View(sort=sort))  # type: ignore[arg-type]
    assert " ".join(row.split()[0] for row in rows(text)) == order


def test_top_limits_the_lists_and_zero_leaves_them_out() -> None:
    assert render(shop(), View(top=0)) == SHOP_AT_100.split("\n\nLargest folders", maxsplit=1)[0] + "\n"
    assert render(shop(), View(top=1)).count("\n  389.2 MB") == 1
    assert "201.3 MB" not in render(shop(), View(top=1))


def test_without_truncation_everything_is_there() -> None:
    text = render(shop(), View(width=60, truncate=False))
    assert "…" not in text
    for step in shop().instructions:
        assert re.sub("[ \t]+", " ", step.text).strip() in text


def test_colours_add_nothing_but_colours() -> None:
    plain, coloured = (render(shop(), View(colour=colour)) for colour in (False, True))
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain
    assert "\x1b[1mregistry.example.org/shop/api:2.4\x1b[0m" in coloured
    assert "\x1b" not in plain


def test_paths_with_the_same_authors_stand_together() -> None:
    layers = tuple(layer(index, MB, instruction=None) for index in range(6))
    copies = tuple(CopyReport(index, 10, "overwritten", index + 1) for index in range(5))
    wasted = (
        WastedPathReport("a", 30, (CopyReport(0, 30, "removed", 1),)),
        WastedPathReport("b", 20, copies),
        WastedPathReport("c", 10, (CopyReport(0, 10, "removed", 1),)),
    )
    assert render(report(layers, (), wasted=wasted), View()).split("\n\n")[-1] == page("""
Most wasted
  written by layer 0, removed by layer 1
    30 B  /a
    10 B  /c
  written by layer 0, overwritten by layer 1
  written by layer 1, overwritten by layer 2
  written by layer 2, overwritten by layer 3
  and so on: 5 copies in all
    20 B  /b
""")


def test_wide_characters_move_no_column() -> None:
    layers = (layer(0, MB, removed=KB, instruction=0), layer(1, MB, instruction=1))
    steps = (
        instruction(0, "COPY", "日本語のとても長い名前のファイル.txt /データ/", 0),
        instruction(1, "RUN", "🚀", 1),
    )
    files = (
        PathReport("写真/とても長い名前のフォルダ/とても長い名前の写真.jpeg", MB, 0),
        PathReport("ä", 5, 1),
    )
    text = render(report(layers, steps, files=files), View(width=60))
    assert rows(text) == [
        "  0  1.0 MB  ██████  1.0 kB  COPY 日本語のとても長い名前の…",
        "  1  1.0 MB  ██████          RUN 🚀",
    ]
    assert text.split("Largest files\n", 1)[1] == page("""
  1.0 MB  0 COPY  /写真/とても…ダ/とても長い名前の写真.jpeg
     5 B  1 RUN   /ä
""")


HOSTILE = "\x1b]0;owned\x07\x1b[31m\n\r\t\b\x9b31m\u202eevil\u2028\u200b\ufe0f\udcff\ud800[bold]{x}%s\0"


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    steps = (instruction(0, HOSTILE, HOSTILE, 0), instruction(1, "RUN", "x", 1))
    layers = (layer(0, MB, removed=MB, instruction=0), layer(1, 0, instruction=1))
    path = WastedPathReport(HOSTILE, MB, (CopyReport(0, MB, "removed", 1),))
    files = (PathReport(HOSTILE, MB, 0),)
    hostile = report(layers, steps, reference=HOSTILE, files=files, directories=files, wasted=(path,), notes=(HOSTILE,))
    text = render(hostile, View(width=400))
    assert all(char.isprintable() or char == "\n" for char in text)
    shown = r"\x1b]0;owned\x07\x1b[31m\n\r\t\x08\u009b31m\u202eevil\u2028\u200b\ufe0f\xff\ud800[bold]{x}%s\x00"
    assert text.count(shown) == 5
    assert text.count("\n") == render(shop_like(hostile), View(width=400)).count("\n")


def shop_like(hostile):  # type: ignore[no-untyped-def]
    """The same report with tame names."""
    tame = (PathReport("a", MB, 0),)
    return replace(
        hostile,
        instructions=(instruction(0, "A", "a", 0), instruction(1, "RUN", "x", 1)),
        image=replace(hostile.image, reference="a"),
        files=tame,
        directories=tame,
        wasted=(replace(hostile.wasted[0], path="a"),),
        notes=("a",),
    )


@given(st.text(), st.text(st.characters()), st.integers(40, 200), st.booleans())
def test_whatever_the_names_rows_stay_rows(kind: str, text: str, columns: int, unicode: bool) -> None:
    one = report((layer(0, MB, instruction=0),), (instruction(0, kind, text, 0),))
    written = render(one, View(width=columns, unicode=unicode))
    assert len(rows(written)) == 1
    assert width(rows(written)[0]) <= columns
    assert all(char.isprintable() for line in written.split("\n") for char in line)
    assert unicode or written.isascii()


def test_lines_of_a_dockerfile() -> None:
    steps = (
        instruction(0, "ADD", "x /", 0),
        replace(instruction(1, "ENV", "A=b"), dockerfile="a:b/Dockerfile:2"),
        replace(instruction(2, "RUN", "make", 1), dockerfile="a:b/Dockerfile:12-15"),
    )
    layers = (layer(0, MB, instruction=0), layer(1, 2 * MB, instruction=2))
    assert rows(render(report(layers, steps), View(width=60))) == [
        "  0  1.0 MB  ███            ADD x /",
        "  1                  2      ENV A=b",
        "  2  2.0 MB  ██████  12-15  RUN make",
    ]


@pytest.mark.parametrize(
    ("fetched", "row"),
    [
        (1_234_567, "  fetched       1.2 MB  0.6% of the blobs\n"),
        (0, "  fetched          0 B  0.0% of the blobs\n"),
        (None, ""),
    ],
)
def test_what_a_registry_sent(fetched: int | None, row: str) -> None:
    of_registry = replace(shop(), image=replace(shop().image, fetched_bytes=fetched))
    shown = render(of_registry, View(width=100))
    assert shown.replace(row, "", 1) == render(shop(), View(width=100))
    assert row in shown
