"""What the generated images contain, as values: one `ImagePlan` per image, one `LayerPlan` per layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

StyleName = Literal["debian", "node", "app", "data", "many"]
HeaderFormat = Literal["gnu", "pax", "ustar"]


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One layer.

    `megabytes` is the size of the uncompressed tar (10**6 bytes), headers and padding included.  `entries`
    counts every tar member, `whiteouts` (deletions of paths of lower layers) and `overwrites` (files of
    lower layers written again) among them.  `created_by` is the step shown in the image's history.  Of the files,
    a part are `executables`.
    """

    created_by: str
    style: StyleName
    megabytes: float
    entries: int
    headers: HeaderFormat = "pax"
    whiteouts: int = 0
    overwrites: int = 0
    executables: float = 0.1

    def scaled(self, factor: float) -> LayerPlan:
        """Scale the layer: `factor` times the size and the entries."""
        return replace(
            self,
            megabytes=self.megabytes * factor,
            entries=max(4, round(self.entries * factor)),
            whiteouts=round(self.whiteouts * factor),
            overwrites=round(self.overwrites * factor),
        )


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """An image: the repository's name in its reference, and its layers from the lowest up."""

    name: str
    layers: tuple[LayerPlan, ...]

    @property
    def size(self) -> int:
        """Bytes of all uncompressed layers, near enough."""
        return round(sum(layer.megabytes for layer in self.layers) * 1_000_000)

    def scaled(self, factor: float) -> ImagePlan:
        """Scale the image: `factor` times the size and the entries."""
        return replace(self, layers=tuple(layer.scaled(factor) for layer in self.layers))


APP = ImagePlan(
    "app",
    (
        LayerPlan("ADD rootfs.tar.xz /", "debian", 120, 6_000, "gnu"),
        LayerPlan(
            "RUN apt-get update && apt-get install -y build-essential",
            "debian",
            720,
            20_000,
            whiteouts=20,
            overwrites=120,
        ),
        LayerPlan("RUN useradd app && locale-gen", "debian", 20, 1_500, "ustar", whiteouts=30, overwrites=60),
        LayerPlan("RUN npm ci", "node", 480, 18_000),
        LayerPlan("COPY models /srv/app/models", "data", 300, 40),
        LayerPlan("COPY . /srv/app", "app", 250, 4_500),
        LayerPlan("RUN npm run build", "app", 55, 460, overwrites=150),
        LayerPlan("RUN rm -rf caches", "app", 5, 500, whiteouts=150),
    ),
)


def _many(entries: int, megabytes: float) -> tuple[LayerPlan, ...]:
    """Five layers of small files: `entries` tar members and `megabytes` (10**6 bytes) in all."""
    return tuple(LayerPlan(f"COPY part{number} /", "many", megabytes / 5, entries // 5) for number in range(1, 6))


ENTRIES_150K = ImagePlan("entries-150k", _many(150_000, 225))
ENTRIES_300K = ImagePlan("entries-300k", _many(300_000, 450))
WHITEOUTS_NONE = ImagePlan("whiteouts-none", _many(100_000, 150))
WHITEOUTS_10K = ImagePlan(
    "whiteouts-10k",
    (*WHITEOUTS_NONE.layers, LayerPlan("RUN rm -rf", "many", 8, 14_500, whiteouts=10_000)),
)
