"""From what is named to the forest: manifests and configurations, and of layers no more than was asked for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from layerscope.cache import Cache
from layerscope.errors import NoEngineError, UsageError
from layerscope.image.candidate import LayerRef
from layerscope.image.checks import check_layer
from layerscope.image.stacks import Stack, declared_base, offer_of, read_stacks
from layerscope.image.walking import walk_layers
from layerscope.model import DiffID
from layerscope.progress import Progress
from layerscope.reference import Pull, Reach, Target, Transport, parse_platform, parse_target
from layerscope.sharing.forest import Forest
from layerscope.sources import asks_engine, locate, may_ask_registry, open_target
from layerscope.sources.medium import Medium

if TYPE_CHECKING:
    from layerscope.build.sizes import Told
    from layerscope.layers.contents import Contents
    from layerscope.layers.facts import Probes
    from layerscope.sources.describe import Described, Describer

Walk = Literal["plain", "all", "never"]
"""Which layers are walked for their content bytes: those whose headers are at hand, compressed ones too, none."""
_AT_ONCE: Final = 16
"""Layers walked side by side, all of whose entries are in memory."""
_MEDIA_TYPES: Final = 16
"""That are remembered; layers have a handful, and hostile manifests as many as they like."""


class Wish(Struct, frozen=True):
    """How images are read."""

    platform: str | None
    pull: Pull
    walk: Walk
    progress: Progress
    files: bool = False
    """Whether the contents of all layers will be asked for."""
    reach: Reach = Reach()
    cache: Cache | None = None


class _Named(Struct, frozen=True):
    """What one name means."""

    name: str
    target: Target
    path: Path | None
    """The file or folder; ``None`` for what is neither."""
    choice: str
    """Which image there; empty for all."""

    @property
    def place(self) -> tuple[Transport, Path | str]:
        """What names have in common that are read together."""
        return self.target.transport, self.path or self.name


def _named(name: str) -> _Named:
    target = parse_target(name)
    path, choice = locate(target) or (None, "")
    return _Named(name, target, path, choice)


class Reader:
    """Reads images into a forest, one target after another."""

    def __init__(self, forest: Forest, wish: Wish) -> None:
        self._forest = forest
        self._wish = wish
        self._platform = parse_platform(wish.platform) if wish.platform else None
        self._open = ExitStack()
        self._describer: Describer | None = None
        self._has_read_input = False
        self._probes: Probes = () if wish.files else None
        self.library: dict[DiffID, Contents] = {}
        """All layers that were walked, if their contents will be asked for: until ``close``."""
        if wish.files:
            from layerscope.packages import all_managers, probes_of

            self._probes = probes_of(all_managers())

    def close(self) -> None:
        """Hang up on the engine if there was one, close what may still be asked; keep the cache within bounds."""
        self._open.close()
        if self._wish.cache:
            self._wish.cache.tidy()

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, Stack]]:
        """Yield all images that targets name, in the order of the targets, each with the name that meant it.

        Targets that name one file or folder are read together when the first of them comes: what is there, once for
        all. What the others mean waits for its turn.
        """
        every = [_named(name) for name in dict.fromkeys(names)]
        together: dict[tuple[Transport, Path | str], list[_Named]] = {}
        for each in every:
            together.setdefault(each.place, []).append(each)
        waiting: dict[str, list[Stack]] = {}
        for each in every:
            if named := together.pop(each.place, None):
                waiting.update(zip((one.name for one in named), self._images(named), strict=True))
            for image in waiting.pop(each.name):
                yield each.name, image

    def _images(self, named: Sequence[_Named]) -> list[list[Stack]]:
        """Read the images of each of some names that have their place in common."""
        first, wish = named[0], self._wish
        if first.target.transport is Transport.STDIN:
            if self._has_read_input:
                raise UsageError("standard input can be read once", hint="Name a saved archive.")
            self._has_read_input = True
        is_asked = first.path is None and asks_engine(first.target, wish.reach)
        described = self._described(first) if is_asked else None
        if described is None:
            return self._look_into(named)
        if wish.files:
            self._look_into(named, "never")
        return [[described]]

    def _look_into(self, named: Sequence[_Named], pull: Pull | None = None) -> list[list[Stack]]:
        """Open what names have in common, read the images of each, and walk the layers that are worth it."""
        wish, first = self._wish, named[0].target
        with ExitStack() as stack:
            opened = stack.enter_context(
                open_target(first, wish.platform, pull or wish.pull, wish.progress, self._probes, reach=wish.reach)
            )
            medium = opened.medium
            offer = offer_of(medium)
            images = [list(read_stacks(offer, medium, each.choice, self._platform)) for each in named]
            self._walk(medium, chain.from_iterable(images))
            if wish.files:  # contents are read when they are asked for
                self._open.push(stack.pop_all())
            return images

    def _described(self, named: _Named) -> Stack | None:
        """Have an engine describe an image; ``None`` where none answers, and a registry can be asked instead."""
        unanswered = [NoEngineError] if may_ask_registry(named.target, self._wish.reach) else []
        with suppress(*unanswered):
            return self._describe(named.target.name)
        return None

    def _walk(self, medium: Medium, images: Iterable[Stack]) -> None:
        """Walk the layers that are worth it, each once, a few at a time."""
        chosen = self._worth_walking(medium, images)
        while batch := dict(islice(chosen, _AT_ONCE)):
            self._walk_at_once(medium, batch)

    def _walk_at_once(self, medium: Medium, batch: dict[DiffID, LayerRef]) -> None:
        from layerscope.cache.layers import Layers  # of documents alone, nothing is walked
        from layerscope.filesystem import settle

        known = Layers(cache, self._probes) if (cache := self._wish.cache) else None
        walked = walk_layers(medium, [(ref, diff_id) for diff_id, ref in batch.items()], known)
        for diff_id, ref in batch.items():
            contents = walked[ref.member]
            check_layer(ref, contents, f"{medium.title}: {ref.member}")
            self._forest.content[diff_id] = settle([contents.entries]).layers[0].content
            if self._wish.files:
                self.library[diff_id] = contents
        if known:
            known.save()

    def _worth_walking(self, medium: Medium, images: Iterable[Stack]) -> Iterator[tuple[DiffID, LayerRef]]:
        wish = self._wish
        if wish.walk == "never" and not wish.files:
            return
        takes_all = wish.walk == "all" or wish.files
        known = self.library if wish.files else self._forest.content
        looks = takes_all or medium.transport == "stream"  # what passed by is known whatever it was
        wanted = {
            diff_id: ref
            for image in images
            for diff_id, ref in zip(image.diff_ids, image.refs, strict=True)
            if looks or _may_be_plain(ref.media_type)
        }
        for diff_id, ref in wanted.items():
            if diff_id in known:
                continue
            # Layers need not be there: a layout of manifests alone does.
            if medium.has(ref.member) and (takes_all or medium.is_walked_by_headers(ref.member)):
                yield diff_id, ref

    def _describe(self, name: str) -> Stack:
        """Ask the engine, which saves nothing for that."""
        from layerscope.build.sizes import tell_layers

        if self._describer is None:
            from layerscope.sources.describe import Describer

            wish = self._wish
            self._describer = Describer(wish.platform, wish.pull, wish.progress)
            self._open.enter_context(closing(self._describer))
        described = self._describer.describe(name)
        told = tell_layers(described.history, len(described.diff_ids))
        if described.shows_content_bytes and self._wish.walk != "never":
            for diff_id, layer in zip(described.diff_ids, told, strict=True):
                if layer.size is not None:
                    self._forest.content.setdefault(diff_id, layer.size)
        return _stack(described, told)


@lru_cache(_MEDIA_TYPES)
def _may_be_plain(media_type: str | None) -> bool:
    """Tell from its media type whether a layer is worth looking at."""
    return not (media_type or "").endswith(("gzip", "zstd", ".xz", ".bzip2"))


def _stack(described: "Described", told: "Sequence[Told]") -> Stack:
    return Stack(
        names=(described.reference,),
        source="docker-daemon",
        image_id=described.image_id,
        digests=described.digests,
        platform=described.platform,
        diff_ids=described.diff_ids,
        refs=(),
        blob_bytes=(None,) * len(told),
        claim=lambda index: told[index].claim,
        base=declared_base(described.labels),
    )
