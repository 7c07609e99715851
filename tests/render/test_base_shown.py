"""What a page says of the base image: on its head, beside its rows, below the user's findings."""

import pytest
from reports import MB, instruction, layer, replace, report
from test_findings import finding

from layerscope.render.kit.view import View
from layerscope.render.table import render
from layerscope.report import BaseReport, Report

LAYERS = (
    replace(layer(0, 50 * MB, removed=MB, instruction=0), in_base=True),
    replace(layer(1, MB, instruction=3), in_base=False),
    replace(layer(2, MB), in_base=False),
)
STEPS = (
    replace(instruction(0, "ADD", "rootfs.tar /", 0, 50 * MB), in_base=True),
    replace(instruction(1, "CMD", '["sh"]'), in_base=True),
    replace(instruction(2, "ENV", "A=1"), in_base=None),
    replace(instruction(3, "COPY", ". .", 1, MB), in_base=False),
)
OWN = finding("pip-cache", layer=1, instruction=3, in_base=False, reclaimable_bytes=MB)
BELOW = (
    finding("docs-and-locales", in_base=True, reclaimable_bytes=9 * MB),
    finding("core-dump", in_base=True, reclaimable_bytes=0),
)


def known(*findings: object, base: BaseReport | None = None) -> Report:
    made = report(LAYERS, STEPS, findings=findings)  # type: ignore[arg-type]
    totals = replace(made.totals, reclaimable_bytes=MB, base_reclaimable_bytes=9 * MB)
    base = base or BaseReport("debian:12", None, 1, "buildah-comment", "high")
    return replace(made, image=replace(made.image, base=base), totals=totals)


def test_rows_of_the_base_are_told_apart() -> None:
    section = render(known(), View(width=70)).split("\n\n")[2]
    assert (
        section
        == """\
Instructions
  #          bytes           wasted  instruction
  0  base  50.0 MB  ██████▉  1.0 MB  ADD rootfs.tar /
  1  base                            CMD ["sh"]
  2                                  ENV A=1
  3         1.0 MB  ▏                COPY . .
            1.0 MB  ▏                (unattributed layer 2)
"""
    )


def test_the_words_of_the_base_stand_back() -> None:
    page = render(known(), View(colour=True))
    assert "\x1b[2mADD rootfs.tar /\x1b[0m" in page
    assert "\x1b[1mCOPY\x1b[0m . ." in page


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (BaseReport("debian:12", None, 1, "given", "high"), "1 layer  debian:12, as given"),
        (BaseReport(None, "sha256:ab", 2, "provenance", "high"), "2 layers  sha256:ab, by its provenance"),
        (
            BaseReport(None, None, 3, "history", "medium"),
            "3 layers  unnamed, guessed from the history (medium confidence)",
        ),
    ],
)
def test_the_head_names_the_base_and_how_it_is_known(base: BaseReport, said: str) -> None:
    line = next(each for each in render(known(base=base), View()).splitlines() if each.startswith("  base "))
    assert " ".join(line.split()) == " ".join(f"base {said}".split())


def test_the_head_keeps_silent_of_what_is_hardly_known() -> None:
    page = render(known(base=BaseReport(None, None, 3, "history", "low")), View())
    assert "\n  base " not in page


def findings_of(page: str) -> list[str]:
    return page[page.index("Findings") :].splitlines()


def test_findings_of_the_base_are_counted_below_the_others() -> None:
    page = render(known(BELOW[0], OWN, BELOW[1]), View())
    assert "  reclaimable   1.0 MB  by 1 finding\n" in page
    written = findings_of(page)
    assert [each for each in written if not each.startswith("    ")] == [
        "Findings",
        "  1.0 MB  pip-cache  in 3 COPY",
        "  in the base image: 2 findings, 9.0 MB (--include-base shows them)",
    ]


def test_the_base_alone_has_findings() -> None:
    assert findings_of(render(known(*BELOW), View())) == [
        "Findings",
        "  in the base image: 2 findings, 9.0 MB (--include-base shows them)",
    ]
    assert "Findings" not in render(known(*BELOW), View(top=0))


def test_findings_of_the_base_are_shown_as_all_else_where_that_is_wished() -> None:
    page = render(known(BELOW[0], OWN, BELOW[1]), View(include_base=True))
    assert "by 2 findings\n" in page
    assert [each.split("  ")[2] for each in findings_of(page) if "  in " in each] == [
        "docs-and-locales",
        "pip-cache",
        "core-dump",
    ]
    assert "--include-base" not in page
