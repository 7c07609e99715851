"""The base image: how many of the bottom layers were there before this build began, and how that is known.

A known base is right or absent. The ways to know one, the strongest first: the one that a person gives, what buildah
notes in the history, BuildKit's provenance, another image of the same archive, guesses from the history (``guess``).
The surest answer is taken; where none is of high confidence, an engine's other images are looked at. What only names a
base and does not count its layers (annotations, labels, the dependencies of a build) completes it; what says that there
is none is believed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from operator import eq
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from layerscope.build.attribution import Attribution, Instruction
from layerscope.build.comments import from_comment
from layerscope.build.guess import Confidence, guess_base
from layerscope.build.provenance import Dependency, Provenance
from layerscope.errors import UsageError
from layerscope.model import HistoryEntry, Image, Outline
from layerscope.reference import same_image_name

Method = Literal["given", "buildah-comment", "provenance", "same-archive", "same-engine", "history"]
Beside = Callable[[], Sequence[Outline]]
"""Asks for the other images of an engine that have the bottom ones of an image's layers; this takes time."""
_ORDER: Final[tuple[Confidence, ...]] = ("low", "medium", "high")


class Base(Struct, frozen=True):
    """The image below the user's own layers."""

    layers: int
    """How many of the bottom layers are its own."""
    method: Method
    """How the number of layers is known."""
    confidence: Confidence
    reference: str | None = None
    digest: str | None = None
    instructions: int = 0
    """How many entries at the beginning of the history are its own."""
    undecided: int = 0
    """How many entries after those may be its own or not: such that made no layer, where only layers are known."""

    @property
    def is_trusted(self) -> bool:
        """Tell whether layers and findings are told apart by it: a guess of low confidence is only told."""
        return self.confidence != "low"

    def has_layer(self, index: int) -> bool:
        """Tell whether a layer is the base's."""
        return index < self.layers

    def has_instruction(self, index: int) -> bool | None:
        """Tell whether a history entry is the base's; ``None`` where it may be either's."""
        if index < self.instructions:
            return True
        return None if index < self.instructions + self.undecided else False


class Build(Struct, frozen=True):
    """What is known of how an image was built."""

    image: Image
    attribution: Attribution
    provenance: Provenance | None

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The history, oldest first."""
        return self.attribution.instructions

    @property
    def is_told(self) -> bool:
        """Tell whether the history has an entry for each layer."""
        return sum(not entry.empty_layer for entry in self.image.history) == len(self.image.layers)


def find_base(
    image: Image,
    attribution: Attribution,
    provenance: Provenance | None = None,
    given: Outline | None = None,
    beside: Beside | None = None,
) -> Base | None:
    """Find the base of an image; raises UsageError if the one that was given is none of it."""
    build = Build(image, attribution, provenance)
    if given is not None:
        return _given(build, given)
    if _is_from_scratch(build):
        return None
    found = [base for way in _WAYS if (base := way(build)) is not None]
    if beside and not any(base.confidence == "high" for base in found):
        found += filter(None, [_by_others(build, beside(), "same-engine")])
    surest = max(found, key=lambda base: _ORDER.index(base.confidence), default=None)  # of equals the first
    return surest and _named(surest, build)


# --- The ways that count layers -----------------------------------------------------------------------------


def _given(build: Build, given: Outline) -> Base:
    """Hold the image that a person says it is built on against its layers."""
    image, name = build.image, given.reference or "the base"
    layers = [layer.diff_id for layer in image.layers]
    if None in layers:
        raise UsageError(f"{image.reference} has no diff IDs, so no layer of it can be told to be another's")
    for index, (own, below) in enumerate(zip(layers, given.diff_ids, strict=False)):
        if own != below:
            ids = f"{_short(own)} here, {_short(below)} there"
            message = f"{image.reference} is not built on {name}: layer {index} is the first to differ ({ids})"
            raise UsageError(message, hint="A base that was rebuilt since has other layers: name the one of then.")
    if len(given.diff_ids) > len(layers):
        numbers = f"{len(layers)} layers, and the other {len(given.diff_ids)}"
        message = f"{image.reference} is not built on {name}: it has {numbers}"
        raise UsageError(message, hint="Is it the other way round?")
    return _of_outline(build, given, "given", "high")


def _short(diff_id: str | None) -> str:
    """Shorten an identifier as engines do."""
    return (diff_id or "").rpartition(":")[2][:12]


def _by_comment(build: Build) -> Base | None:
    """Read buildah's ``FROM …``, in the comment of the first entry that it added (buildah, image.go).

    It leaves out images that are known by an ID only, as an earlier stage is; some that use it as a library do not, so
    an ID names nobody's base for sure.
    """
    if not build.is_told:
        return None
    found = [(at, name) for at, entry in enumerate(build.image.history) if (name := from_comment(entry)) is not None]
    named = [(at, name) for at, name in found if not _ID.fullmatch(name)]
    if not found:
        return None
    at, name = named[-1] if named else found[-1]
    confidence: Confidence = "low" if not named else "high" if at == found[-1][0] else "medium"
    layers = sum(not entry.empty_layer for entry in build.image.history[:at])
    return Base(layers, "buildah-comment", confidence, name if named else None, None, at) if layers else None


def _by_provenance(build: Build) -> Base | None:
    """Take the layers that stood after the step that fetched the base.

    If they are the image's own, that is proven. If they were compressed anew for it, they can only be counted.
    """
    origin = build.provenance and build.provenance.origin()
    if not build.provenance or not origin or not origin.image:
        return None
    names = layer_names(build.image)
    height = build.provenance.heights(*names).get(origin.name)
    if height is None:
        return None
    below = {each[:height] for each in names}
    is_proven = any(chain in below for chain in build.provenance.layers[origin.name])
    confidence: Confidence = "high" if is_proven else "medium"
    return _by_layers(Base(height, "provenance", confidence, origin.image.reference, origin.image.digest), build)


def layer_names(image: Image) -> tuple[tuple[str | None, ...], ...]:
    """Return the layers as blobs, and as diff IDs: provenance may name them by either."""
    return tuple(layer.digest for layer in image.layers), tuple(layer.diff_id for layer in image.layers)


def _by_neighbour(build: Build) -> Base | None:
    return _by_others(build, build.image.below, "same-archive")


def _by_others(build: Build, others: Sequence[Outline], method: Method) -> Base | None:
    """Take the image that this one surely goes on from, else the largest that it may.

    Shared layers alone do not tell: two images of like Dockerfiles share what the cache had. What is built on an image
    repeats all of that image's history, but so does what merely goes on with more of the same lines. What a Dockerfile
    ends with, its CMD or ENTRYPOINT, is repeated by the images on it alone.
    """
    below = sorted(others, key=lambda each: len(each.diff_ids), reverse=True)
    repeated = [each for each in below if _repeats(build.image.history, each.history)]
    for each in repeated:
        if build.instructions[len(each.history) - 1].kind in _LAST_LINES:
            return _of_outline(build, each, method, "high")
    if method == "same-engine":  # most of its images have nothing to do with each other
        return _of_outline(build, repeated[0], method, "low") if repeated else None
    silent = (each for each in below if _repeats(build.image.history, each.history) is None)
    unproven = next(iter((*repeated, *silent)), None)
    return None if unproven is None else _of_outline(build, unproven, method, "medium")


def _by_guess(build: Build) -> Base | None:
    guess = guess_base(build.image.history, build.instructions) if build.is_told else None
    if guess is None:
        return None
    return Base(guess.layers, "history", guess.confidence, instructions=guess.instructions, undecided=guess.undecided)


_WAYS: Final[tuple[Callable[[Build], Base | None], ...]] = (_by_comment, _by_provenance, _by_neighbour, _by_guess)

_ID: Final = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
_LAST_LINES: Final = ("CMD", "ENTRYPOINT")


def _of_outline(build: Build, outline: Outline, method: Method, confidence: Confidence) -> Base:
    base = Base(len(outline.diff_ids), method, confidence, outline.reference, outline.digest)
    if _repeats(build.image.history, outline.history) or not (outline.history or build.is_told):
        return replace(base, instructions=len(outline.history))
    return _by_layers(base, build)


def _repeats(history: Sequence[HistoryEntry], below: Sequence[HistoryEntry]) -> bool | None:
    """Tell whether a history begins with another one; ``None`` where that says nothing, since it has no words."""
    if not any(map(any, map(_words, below))):
        return None
    return len(below) <= len(history) and all(map(eq, map(_words, history), map(_words, below)))


def _words(entry: HistoryEntry) -> tuple[str, str]:
    """Give what a builder never changes of the entries that it goes on from, and an engine tells of them."""
    return entry.created_by, entry.comment


def _by_layers(base: Base, build: Build) -> Base:
    """Sort the history by its layers; what made none is undecided between the last one below and the first above."""
    made = [(each.layer, each.index) for each in build.instructions if each.layer is not None]
    if not made:
        return replace(base, instructions=0, undecided=len(build.instructions))
    below = max((index + 1 for layer, index in made if base.has_layer(layer)), default=0)
    above = min((index for layer, index in made if not base.has_layer(layer)), default=len(build.instructions))
    return replace(base, instructions=below, undecided=above - below)


# --- What names a base, or says that there is none ----------------------------------------------------------

_NAME: Final = "org.opencontainers.image.base.name"
_DIGEST: Final = "org.opencontainers.image.base.digest"


def _is_from_scratch(build: Build) -> bool:
    """Tell whether annotations or provenance say that there is no base: buildah then leaves its annotations empty."""
    annotations = dict(build.image.annotations)
    if annotations.get(_NAME) == "scratch" or (annotations.get(_NAME), annotations.get(_DIGEST)) == ("", ""):
        return True
    origin = build.provenance and build.provenance.origin()
    return bool(origin and origin.from_scratch)


def _named(base: Base, build: Build) -> Base:
    """Complete the answer by what names the base; what names another one is left."""
    for name in _names(base, build):
        if base.reference is None:
            base = replace(base, reference=name.reference, digest=base.digest or name.digest)
        elif base.digest is None and same_image_name(base.reference, name.reference):
            base = replace(base, digest=name.digest)
    return base


def _names(base: Base, build: Build) -> Iterator[Dependency]:
    annotations, labels = dict(build.image.annotations), dict(build.image.run_config.labels)
    yield from _name_in(annotations)
    # Labels come down from the base, whose own base they would name; only one that this build set is about this base.
    own = takewhile(lambda each: not base.has_instruction(each.index), reversed(build.instructions))
    if any(each.kind == "LABEL" and _NAME in each.text for each in own):
        yield from _name_in(labels)
    if build.provenance:
        origin = build.provenance.origin()
        if origin and origin.image:
            yield origin.image
        elif origin is None and len(build.provenance.dependencies) == 1:
            yield build.provenance.dependencies[0]


def _name_in(notes: dict[str, str]) -> Iterator[Dependency]:
    if name := notes.get(_NAME):
        yield Dependency(name, notes.get(_DIGEST) or None)
