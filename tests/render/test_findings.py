"""The findings section of the table."""

from reports import instruction, layer, report

from layerscope.render.kit.view import View
from layerscope.render.table import render
from layerscope.report import FindingReport


def finding(rule: str = "pip-cache", **more: object) -> FindingReport:
    values: dict[str, object] = {
        "rule": rule,
        "severity": "medium",
        "confidence": "high",
        "message": "what pip downloaded, kept by RUN pip install",
        "remedy": "Mount the cache: RUN --mount=type=cache,target=/root/.cache/pip pip install …",
        "layer": 0,
        "instruction": 0,
        "in_base": None,
        "reclaimable_bytes": 18_300_120,
        "paths": ("root/.cache/pip/http-v2/a", "root/.cache/pip/http-v2/b"),
        "path_count": 212,
    }
    return FindingReport(**(values | more))  # type: ignore[arg-type]


def section(*findings: FindingReport, **view: object) -> list[str]:
    steps = (instruction(0, "RUN", "pip install", 0, 20_000_000),)
    page = render(report((layer(0, 20_000_000, instruction=0),), steps, findings=findings), View(**view))  # type: ignore[arg-type]
    return page[page.index("Findings") :].splitlines()


def test_bytes_then_the_blame_then_the_remedy() -> None:
    assert section(finding(), finding("shell-form-entrypoint", reclaimable_bytes=0, paths=(), path_count=0)) == [
        "Findings",
        "  18.3 MB  pip-cache  in 0 RUN",
        "           What pip downloaded, kept by RUN pip install",
        "           /root/.cache/pip/http-v2/a and 211 more",
        "           → Mount the cache: RUN --mount=type=cache,target=/root/.cache/pip pip install …",
        "   medium  shell-form-entrypoint  in 0 RUN",
        "           What pip downloaded, kept by RUN pip install",
        "           → Mount the cache: RUN --mount=type=cache,target=/root/.cache/pip pip install …",
    ]


def test_what_no_instruction_made_is_named_by_its_layer() -> None:
    assert section(finding(instruction=None))[1] == "  18.3 MB  pip-cache  in layer 0"
    assert section(finding(instruction=None, layer=None))[1] == "  18.3 MB  pip-cache"


def test_more_than_the_rows_are_counted() -> None:
    assert section(finding(), finding("npm-cache"), finding("apt-lists"), top=1)[-1] == (
        "  and 2 findings more (--top shows them)"
    )


def test_lines_stay_within_the_terminal_and_texts_do_nothing_to_it() -> None:
    hostile = finding(message="a\x1b[31m\nb " * 20, remedy="c\x07 " * 60, paths=("d\x1b]0;x\x07" * 9,), path_count=1)

    for width in (60, 100, 200):
        lines = section(hostile, width=width, unicode=False)
        assert max(map(len, lines)) <= width
        assert all(line.isascii() and line.isprintable() for line in lines)
        assert lines[-1].lstrip().startswith((">", r"c\x07"))


def test_our_own_dots_are_written_as_the_terminal_can_show_them() -> None:
    assert section(finding(), unicode=False)[-1].endswith("pip install ...")


def test_where_it_stands_in_a_dockerfile() -> None:
    assert section(finding(dockerfile="Dockerfile:12-15"))[1] == "  18.3 MB  pip-cache  in 0 RUN  Dockerfile:12-15"
