"""The JSON contract, and what it does with names that are no Unicode."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import replace, report, shop

from layerscope.render.json import render
from layerscope.render.kit.view import View
from layerscope.report import PathReport, Report


def read_back(written: str) -> bytes:
    """Undo what the module's docstring says."""
    found = re.split("\ufffd([0-9a-f]{2})", written)
    return b"".join(bytes.fromhex(part) if at % 2 else part.encode() for at, part in enumerate(found))


def written_path(path: str) -> str:
    text = render(report((), (), files=(PathReport(path, 1, 0),)), View())
    return json.loads(text)["files"][0]["path"]  # type: ignore[no-any-return]


def test_the_report_on_one_line() -> None:
    text = render(shop(), View())
    assert text.count("\n") == 1
    assert text.endswith("}\n")
    assert msgspec.json.decode(text, type=Report) == shop()


def test_the_view_changes_nothing() -> None:
    assert render(shop(), View()) == render(shop(), View(width=40, colour=True, unicode=False, top=1, truncate=False))


def test_the_fixed_names() -> None:
    text = json.loads(render(shop(), View()))
    assert list(text) == [
        "schema_version",
        "image",
        "totals",
        "layers",
        "instructions",
        "findings",
        "directories",
        "files",
        "wasted",
        "packages",
        "unowned",
        "notes",
    ]
    assert text["schema_version"] == 1
    assert text["totals"]["blob_bytes"] == 203_998_120


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("caf\udce9", "caf\ufffde9"),
        ("caf\u00e9", "caf\u00e9"),
        ("\ufffd", "\ufffdef\ufffdbf\ufffdbd"),
        ("\ud800", "\ufffded\ufffda0\ufffd80"),
        ("dev-disk\\x2dby", "dev-disk\\x2dby"),
    ],
)
def test_bytes_that_are_no_utf8(path: str, written: str) -> None:
    assert written_path(path) == written


@given(st.binary())
def test_every_name_can_be_read_back(name: bytes) -> None:
    assert read_back(written_path(name.decode("utf-8", "surrogateescape"))) == name


def test_names_everywhere() -> None:
    hostile = shop()
    hostile = replace(hostile, image=replace(hostile.image, reference="\udcff"), notes=("\udcfe",))
    text = json.loads(render(hostile, View()))
    assert (text["image"]["reference"], text["notes"]) == ("\ufffdff", ["\ufffdfe"])
    assert text["totals"]["efficiency"] == shop().totals.efficiency
