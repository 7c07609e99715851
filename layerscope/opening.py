"""From an image's name to the image, open: how it is reached, which one is meant, what earlier runs know of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from layerscope.cache import Cache
from layerscope.errors import UsageError
from layerscope.image import Chosen, ReadImage, choose_image, walk_image
from layerscope.layers.facts import Probes
from layerscope.model import Image, Outline, Platform
from layerscope.neighbours import outline_of
from layerscope.progress import Progress, Silence
from layerscope.reference import Pull, Reach, Target, Transport, parse_platform, parse_target
from layerscope.report import ImageReport, Report
from layerscope.sources import Opened, open_target

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.proposals import SplitReport
    from layerscope.remembered import Documents, Memory
    from layerscope.stored import StoredReport

Told = TypeVar("Told", Report, "SplitReport", "StoredReport", "WhyReport")


class Subject(Struct, frozen=True):
    """The image that something is asked of, until it is closed."""

    opened: Opened
    chosen: Chosen
    given: Outline | None
    """Of the base that was named."""
    memory: "Memory | None"
    """``None`` where nothing is kept."""

    def read(self) -> ReadImage:
        """Walk the layers, but those that an earlier run has walked."""
        return walk_image(self.chosen, self.memory.layers if self.memory else None)

    def save(self, report: Report | None = None) -> None:
        """Keep what was learned, once nothing more is asked."""
        if self.memory:
            self.memory.save(report)


class Way(Struct, frozen=True):
    """How images are reached, and where what is learned of them is kept."""

    platform: str | None
    wanted: Platform | None
    """The platform, parsed."""
    pull: Pull
    reach: Reach
    progress: Progress
    cache: Cache | None

    def open(self, target: Target, probes: Probes, *, layers: bool = True) -> AbstractContextManager[Opened]:
        """Open what ``target`` names; without ``layers``, for its documents alone."""
        return open_target(
            target,
            self.platform,
            self.pull,
            self.progress,
            probes,
            layers=layers,
            reach=self.reach,
            documents=self._documents(),
        )

    def outline(self, base: Target | None, image: Image) -> Outline | None:
        """Read what tells whether ``image`` is built on ``base``, if one is named."""
        return outline_of(base, image, self.platform, self.pull, self.progress, self.reach) if base else None

    @contextmanager
    def choose(self, target: Target, probes: Probes, base: Target | None = None) -> Iterator[Subject]:
        """Open the image that is meant, of which ``probes`` will be asked; and look at its base, if one is named."""
        with self.open(target, probes) as opened:
            chosen = choose_image(opened.medium, opened.choice, self.wanted)
            given = self.outline(base, chosen.image)
            yield Subject(opened, chosen, given, self._memory(chosen, probes))

    def _documents(self) -> "Documents | None":
        if self.cache is None:
            return None
        from layerscope.remembered import Documents

        return Documents(self.cache)

    def _memory(self, chosen: Chosen, probes: Probes) -> "Memory | None":
        if self.cache is None:
            return None
        from layerscope.remembered import Memory

        return Memory(self.cache, chosen, probes)


def way_of(platform: str | None, pull: Pull, reach: Reach, progress: Progress | None, cache: Cache | None) -> Way:
    """Put together what every function of the API is told; raises UsageError for a platform that is none."""
    wanted = parse_platform(platform) if platform else None
    return Way(platform, wanted, pull, reach, progress or Silence(), cache)


def targets_of(image: str, base: str | None) -> tuple[Target, Target | None]:
    """Parse what an image and its base are named by; raises UsageError."""
    named, below = parse_target(image), parse_target(base) if base is not None else None
    if below and below.transport is named.transport is Transport.STDIN:
        raise UsageError("an image and its base cannot both come from standard input", hint="Name one by its path.")
    return named, below


def with_fetched(report: Told, opened: Opened) -> Told:
    """Say how many bytes a registry sent, once no more are asked for."""
    return replace(report, image=image_with_fetched(report.image, opened))


def image_with_fetched(image: ImageReport, opened: Opened) -> ImageReport:
    """Say so in the part of a report that is about the image."""
    return replace(image, fetched_bytes=opened.medium.fetched_bytes)
