"""The images that another may be built on: the one that a person names, and those in the engine beside it."""

from collections.abc import Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from layerscope.errors import LayerscopeError, NoEngineError
from layerscope.image import read_outline
from layerscope.model import Image, Outline
from layerscope.progress import Progress, Silence
from layerscope.reference import Pull, Reach, Target, is_platform, parse_platform
from layerscope.sources import asks_engine, may_ask_registry, open_target

if TYPE_CHECKING:
    from layerscope.build.base import Beside


def outline_of(
    base: Target, image: Image, platform: str | None, pull: Pull, progress: Progress, reach: Reach
) -> Outline:
    """Read what tells whether ``image`` is built on ``base``."""
    if asks_engine(base, reach):
        from layerscope.sources.describe import Describer

        unanswered = [NoEngineError] if may_ask_registry(base, reach) else []
        with suppress(*unanswered), closing(Describer(platform, pull, progress)) as engine:
            return engine.outline(base.name)
    # A registry is asked for one platform: the image's own, which its base serves.
    own = str(image.platform) if is_platform(image.platform) else None
    with open_target(base, platform or own, pull, progress, None, layers=False, reach=reach) as opened:
        wanted = parse_platform(platform) if platform else None
        return read_outline(opened.medium, opened.choice, wanted, image.platform)


class Neighbours:
    """The other images of the engine that an image is from, whose layers are of ``diff_ids``: one may be its base."""

    def __init__(self, image: Image, diff_ids: Sequence[str]) -> None:
        self._image = image
        self._diff_ids = diff_ids
        self.has_failed = False

    @property
    def ask(self) -> "Beside | None":
        """What asks for those below the image; ``None`` where there is no engine."""
        return self._ask if self._image.source == "docker-daemon" else None

    def listed(self) -> Sequence[object]:
        """List which images there are: the answer is the same as long as they are."""
        if self._image.source != "docker-daemon":
            return ()
        from layerscope.sources.describe import Describer

        try:
            with closing(Describer(None, "never", Silence())) as engine:
                return engine.listed(self._image.reference)
        except LayerscopeError:  # then it cannot be asked either, which the report will note
            self.has_failed = True
            return ()

    def _ask(self) -> tuple[Outline, ...]:
        from layerscope.sources.describe import Describer

        try:
            with closing(Describer(None, "never", Silence())) as engine:
                return engine.outlines_below(self._image.reference, self._diff_ids)
        except LayerscopeError:
            self.has_failed = True
            raise
