"""Several images as a picture: a column each, and layers that several have as one block across their columns.

Heights are bytes to scale, so that the area above the shared blocks is what each image costs for itself.
"""

from collections.abc import Iterator, Sequence
from colorsys import hls_to_rgb
from itertools import takewhile
from math import log
from typing import Final

from msgspec import Struct

from layerscope.comparison import ComparedLayerReport, CompareReport, SharingReport
from layerscope.render.kit.cells import clip, clip_middle
from layerscope.render.kit.cells import width as width_of
from layerscope.render.kit.escape import escape
from layerscope.render.kit.markup import html
from layerscope.render.kit.stacks import facts, shows_content, with_names
from layerscope.render.kit.units import count, size
from layerscope.render.kit.view import View

_HEIGHT: Final = 440
"""Of the columns, in pixels, as all that follow."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 74, 24
_LEAST, _MOST, _WIDTH = 6, 150, 900
"""Of one column, and of all together while there is room."""
_LEGIBLE: Final = 14
"""Height of a block that has a text, and width of a column that has a name."""
_CHARACTER: Final = 6.2
_TILT: Final = 35
_ALONG, _DOWN = 0.82, 0.57
"""Degrees that names go down, and how far a pixel of them goes to the right and down."""
_UNSEEN: Final = 0.3
"""Height of what is not drawn."""
_NAME_CELLS: Final = 34
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}.d{fill:#6e7781}"
    ".b{stroke:#fff}.b:hover{stroke:#24292f}.l{font-size:11px}.w{fill:#fff}.g{stroke:#d8dee4}"
)


class _Block(Struct, frozen=True):
    """A layer's place: columns from the left, bytes from the ground."""

    layer: ComparedLayerReport
    column: int
    bottom: int
    height: int


class _Scale(Struct, frozen=True):
    """From columns and bytes to pixels."""

    column: float
    byte: float

    def x(self, column: int) -> float:
        return _LEFT + column * self.column

    def y(self, number: int) -> float:
        return _TOP + _HEIGHT - number * self.byte


def render(report: CompareReport, view: View) -> str:  # noqa: ARG001 - every format is asked in the same way
    """Draw the picture; it needs no other file, and runs nothing."""
    sharing = with_names(report.compare)
    images = sorted(range(len(sharing.images)), key=lambda each: _seat(sharing, each))
    blocks = _blocks(sharing, images)
    highest = max((block.bottom + block.height for block in blocks), default=0)
    column = min(_MOST, max(_LEAST, _WIDTH / max(1, len(images))))
    scale = _Scale(column, _HEIGHT / highest if highest else 0)
    longest = max((width_of(_name(sharing, image)) for image in images), default=0) if column >= _LEGIBLE else 0
    width = round(_LEFT + column * len(images) + _RIGHT + max(0, longest * _CHARACTER * _ALONG - column / 2))
    height = round(_TOP + _HEIGHT + _BOTTOM + longest * _CHARACTER * _DOWN)
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_heading(sharing),
        *_rulers(sharing, highest, scale, scale.x(len(images))),
        *(line for block in blocks for line in _drawn(block, scale, len(images), sharing)),
        *_names(sharing, images, scale),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _seat(sharing: SharingReport, image: int) -> tuple[int, int]:
    """Put an image where a walk through the tree comes by it, so that those with a common parent are neighbours."""
    layer = sharing.images[image].layer
    return (-1 if layer is None else layer, image)


def _blocks(sharing: SharingReport, images: Sequence[int]) -> list[_Block]:
    """Place each layer: on its parent, over the columns of its images, of which the first is enough to know."""
    layers = sharing.layers
    first: dict[int, int] = {}
    for column, image in enumerate(images):
        at = sharing.images[image].layer
        while at is not None and at not in first:
            first[at] = column
            at = layers[at].parent
    tops: list[int] = []
    blocks = []
    for number, layer in enumerate(layers):
        bottom = 0 if layer.parent is None else tops[layer.parent]
        height = _weight(sharing, layer)
        tops.append(bottom + height)
        blocks.append(_Block(layer, first[number], bottom, height))
    return blocks


def _weight(sharing: SharingReport, layer: ComparedLayerReport) -> int:
    """Return a layer's bytes of the kind that is shown; where neither kind is known, all are of one height."""
    if not _has_scale(sharing):
        return 1
    return (layer.content_bytes if shows_content(sharing.totals) else layer.blob_bytes) or 0


def _has_scale(sharing: SharingReport) -> bool:
    return sharing.totals.sum_content_bytes is not None or sharing.totals.sum_blob_bytes is not None


def _heading(sharing: SharingReport) -> Iterator[str]:
    """Say above the picture what it shows."""
    images = count(len(sharing.images), "image")
    (_, _, layers), *told = facts(sharing)
    lines = [f"{name} {number}: {rest}" for name, number, rest in told]
    if not _has_scale(sharing):
        lines = ["bytes are unknown: every layer is drawn at one height"]
    yield f"<title>{images}, and the layers that they share</title>"
    yield f'<text x="{_LEFT}" y="24" class="t">{images}: {html(layers)}</text>'
    for at, line in enumerate(lines[:2]):
        yield f'<text x="{_LEFT}" y="{42 + 16 * at}" class="d">{html(line)}</text>'


def _rulers(sharing: SharingReport, highest: int, scale: _Scale, end: float) -> Iterator[str]:
    """Draw lines at quarters of the height, with what they stand for."""
    for quarter in range(5):
        at = highest * quarter // 4
        y = scale.y(at) if highest else _TOP + _HEIGHT
        yield f'<path d="M{_LEFT} {y:.1f}H{end:.1f}" class="g"/>'
        text = size(at) if _has_scale(sharing) else count(at, "layer")
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" class="d l">{text}</text>'
        if not highest:
            return


def _drawn(block: _Block, scale: _Scale, images: int, sharing: SharingReport) -> Iterator[str]:
    """Draw a block, with what it is on it or, where there is no room, beside the pointer."""
    layer = block.layer
    height = block.height * scale.byte
    if height < _UNSEEN:
        return
    x, y, width = scale.x(block.column), scale.y(block.bottom + block.height), scale.column * layer.images
    weight = size(block.height) if _has_scale(sharing) else ""
    text = f"{weight}  {_told(layer)}".strip()
    shared = f"in {count(layer.images, 'image')} of {images:,}"
    stroke = 1 if height > 4 else 0.2
    fill, is_dark = _colour(layer.images, images)
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" class="b" '
        f'stroke-width="{stroke}"><title>{html(f"{text}, {shared}")}&#10;{html(layer.chain_id)}</title></rect>'
    )
    room = int((width - 10) / _CHARACTER)
    if height >= _LEGIBLE and room >= 6:
        place = f'x="{x + 6:.1f}" y="{y + height / 2 + 4:.1f}" pointer-events="none"'
        yield f'<text {place} class="{"l w" if is_dark else "l"}">{html(clip(escape(text), room))}</text>'


def _colour(images: int, of: int) -> tuple[str, bool]:
    """Give grey to what one image has, and a blue that deepens with how many share."""
    if images < 2:
        return "#d8dee4", False
    lightness = 0.78 - 0.42 * log(images) / log(of)
    parts = hls_to_rgb(205 / 360, lightness, 0.62)  # not every viewer knows hsl()
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts), lightness < 0.58


def _told(layer: ComparedLayerReport) -> str:
    """Say what made a layer, without what builders put around it; of an installation, what was installed."""
    told = layer.created_by.removesuffix(" # buildkit").removeprefix("RUN ")
    for shell in ("/bin/sh -c #(nop) ", "/bin/sh -c "):
        told = told.removeprefix(shell)
    words = told.split()
    if "install" in words:
        names = takewhile(lambda word: word not in ("&&", ";", "||"), words[words.index("install") + 1 :])
        words = [name for name in names if not name.startswith("-")] or words
    return " ".join(words) or layer.diff_id[:19]


def _name(sharing: SharingReport, image: int) -> str:
    return clip_middle(escape(sharing.images[image].reference), _NAME_CELLS)


def _names(sharing: SharingReport, images: Sequence[int], scale: _Scale) -> Iterator[str]:
    if scale.column < _LEGIBLE:
        return
    for column, image in enumerate(images):
        x, y = scale.x(column) + scale.column / 2, _TOP + _HEIGHT + 16
        place, whole = f"translate({x:.1f} {y}) rotate({_TILT})", html(sharing.images[image].reference)
        yield f'<text transform="{place}"><title>{whole}</title>{html(_name(sharing, image))}</text>'
