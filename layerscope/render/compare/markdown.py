"""Several images as Markdown, for a ticket or a pull request: numbers, the tree, a table of the images."""

from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.comparison import CompareReport, SharingReport
from layerscope.render.kit.advice import evidence, listed, saved
from layerscope.render.kit.cells import clip
from layerscope.render.kit.escape import escape
from layerscope.render.kit.grid import grid
from layerscope.render.kit.markup import code, fenced, html
from layerscope.render.kit.stacks import bytes_of, facts, known, names_of, shows_content, tree, with_names
from layerscope.render.kit.units import count
from layerscope.render.kit.view import View

_NAME_CELLS: Final = 100


def render(report: CompareReport, view: View) -> str:
    """Write the whole page."""
    sharing = with_names(report.compare)
    content = shows_content(sharing.totals)
    kind = "content bytes" if content else "blob bytes"
    sections = (
        _numbers(sharing),
        [f"- {html(note)}" for note in sharing.notes],
        _parents(sharing, kind, view.top, content=content),
        _images(sharing, kind, view.top, content=content),
        _pairs(sharing, kind, view.top, content=content),
        _stale_bases(sharing, view.top),
        list(_could_share(sharing, view.top)),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _numbers(sharing: SharingReport) -> list[str]:
    return _table(("", "", ""), facts(sharing, code), "lrl")


def _parents(sharing: SharingReport, kind: str, top: int, *, content: bool) -> list[str]:
    every = list(tree(sharing, content=content))
    twigs = every[:top]
    if not twigs or not sharing.parents:
        return []
    rows = [
        (known(twig.added), f"{twig.images:,}" if twig.images else "", f"{twig.branch}{_name(twig.name)}")
        for twig in twigs
    ]
    lines = grid([("adds", "images", ""), *rows], "right", "right", "left")
    return [f"**Shared parents** ({kind})", "", *fenced(lines), *_rest(len(every) - len(twigs), "line")]


def _name(name: str) -> str:
    return clip(escape(name), _NAME_CELLS)


def _images(sharing: SharingReport, kind: str, top: int, *, content: bool) -> list[str]:
    shown = sharing.images[:top]
    if not shown:
        return []
    has_pods = any(image.pods is not None for image in shown)
    rows = []
    for number, image in enumerate(shown, 1):
        told = bytes_of(image, content=content)
        pods = ("" if image.pods is None else f"{image.pods:,}",) if has_pods else ()
        weights = map(known, (told.whole, told.shared, told.own, told.new))
        rows.append((str(number), names_of(image, code), *pods, *weights))
    head = ("#", "image", *(("pods",) if has_pods else ()), "whole", "shared", "own", "new" if content else "pulled")
    rest = _rest(len(sharing.images) - len(shown), "image")
    return [f"**Images** ({kind})", "", *_table(head, rows, "rl" + "r" * (len(head) - 2)), *rest]


def _pairs(sharing: SharingReport, kind: str, top: int, *, content: bool) -> list[str]:
    if sharing.pairs is None:
        return []
    cells = sharing.pairs.content_bytes if content else sharing.pairs.blob_bytes
    if cells is None or not 3 <= len(cells) <= top:
        return []
    numbers = [str(number) for number in range(1, len(cells) + 1)]
    rows = [
        (numbers[at], *(known(cell) if other < at else "" for other, cell in enumerate(row[:-1])))
        for at, row in enumerate(cells)
    ][1:]
    return [f"**Shared by two** ({kind})", "", *_table(("#", *numbers[:-1]), rows, "r" * len(cells))]


def _stale_bases(sharing: SharingReport, top: int) -> list[str]:
    return list(_stale_base_lines(sharing, top)) if sharing.stale_bases else []


def _stale_base_lines(sharing: SharingReport, top: int) -> Iterator[str]:
    yield "**Stale bases**"
    yield ""
    for base in sharing.stale_bases[:top]:
        yield f"- {saved(base)}: {code(base.name)} in {count(len(base.versions), 'version')}"
        yield f"  → {code(base.remedy)}"
        for version in base.versions[:top]:
            users = ", ".join(code(sharing.images[each].reference) for each in version.images[:top])
            more = len(version.images) - top
            yield f"  - {code(version.digest[:19])}: {users}{f' and {more:,} more' if more > 0 else ''}"


def _could_share(sharing: SharingReport, top: int) -> Iterator[str]:
    shown = sharing.could_share[:top]
    if shown:
        yield "**Could be shared**"
        yield ""
    for each in shown:
        names = listed(code(sharing.images[image].reference) for image in each.images)
        yield f"- {saved(each)}: {names}; {evidence(each, code)}"
        yield f"  → {code(each.remedy)}"
    yield from _rest(len(sharing.could_share) - len(shown), "parent") if shown else ()


def _rest(number: int, what: str) -> list[str]:
    return ["", f"and {count(number, what)} more"] if number else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    rules = ("--:" if side == "r" else ":--" for side in sides)
    return [f"| {' | '.join(row)} |" for row in (head, tuple(rules), *rows)]
