"""BuildKit's provenance: what it attests of how an image was built.

An in-toto statement with a predicate of SLSA v0.2 or v1 (buildkit, docs/attestations/slsa-definitions.md). Every build
tells its dependencies; one in ``mode=max`` also its steps, the layers that stood after each, the Dockerfile and which
of its lines each step comes from. Whatever is missing is empty here: a statement says as much as its builder wanted.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from layerscope.errors import DamagedError

if TYPE_CHECKING:
    from layerscope.build.slsa import BuildStep, FileAction, Locations, Op, Resource

_PURL: Final = "pkg:docker/"
_IMAGES: Final = ("docker-image://", "oci-layout://")
_BUILD_ARG: Final = "build-arg:"
_MOST_CHAINS: Final = 8
"""Compressions of one stack of layers that are looked at."""
_TOOLS: Final = ("docker/dockerfile", "docker/dockerfile-upstream", "docker/buildkit-syft-scanner")
"""Images that a build runs, and that no image is built on: frontends and scanners."""


class Dependency(Struct, frozen=True):
    """An image that the build took something from."""

    reference: str
    digest: str | None


class Step(Struct, frozen=True):
    """One step of the build."""

    name: str
    """Such as ``step3``."""
    on: str | None = None
    """The step whose root filesystem it goes on from; ``None`` for a first one, and where that cannot be told."""
    image: Dependency | None = None
    """The image that it fetches."""
    from_scratch: bool = False
    """Whether it begins with an empty root filesystem."""


class Lines(Struct, frozen=True):
    """Lines of a source file, both ends included, counted from 1."""

    source: int
    """Index into the source files."""
    first: int
    last: int


class SourceFile(Struct, frozen=True):
    """What the build was described by: a Dockerfile."""

    name: str
    language: str
    contents: bytes


class Provenance(Struct, frozen=True):
    """What is attested of one build."""

    subjects: frozenset[str]
    """Digests of the manifests that it speaks of."""
    dependencies: tuple[Dependency, ...]
    """The images that it took something from, its tools left out."""
    steps: Mapping[str, Step]
    last: str | None
    """The step whose root filesystem became the image."""
    layers: Mapping[str, tuple[tuple[str, ...], ...]]
    """Step → digests of the layers that its root filesystem consists of, the bottom one first; of several lists, each
    is the same layers in another compression."""
    sources: tuple[SourceFile, ...]
    lines: Mapping[str, tuple[Lines, ...]]
    """Step → the lines that it comes from."""
    target: str | None = None
    """The stage that was built, if it was named."""
    build_args: Mapping[str, str] = {}
    """What the build was given for arguments."""

    def path(self) -> tuple[Step, ...]:
        """Return the steps whose root filesystems stand on each other, the top one first."""
        steps: dict[str, Step] = {}
        name = self.last
        while name is not None and name not in steps and name in self.steps:
            steps[name] = self.steps[name]
            name = steps[name].on
        return tuple(steps.values())

    def origin(self) -> Step | None:
        """Return the step at the bottom of the image; ``None`` where the way down to it cannot be told."""
        path = self.path()
        return path[-1] if path and path[-1].on is None else None

    def heights(self, *names: tuple[str | None, ...]) -> dict[str, int]:
        """Tell of steps of the path how many of the image's layers stood after each.

        ``names`` are those layers, under each sort of name that they have. An exporter may compress them anew, so that
        the digests are others: then the steps' layers have to be as many as the image's, and are counted.
        """
        path = self.path()
        top = next((self.layers[step.name] for step in path if self.layers.get(step.name)), ())
        stacks = {*names, *(chain for chain in top[:_MOST_CHAINS] if any(len(chain) == len(each) for each in names))}
        heights = {}
        for step in path:
            for chain in self.layers.get(step.name, ())[:_MOST_CHAINS]:
                if chain and any(chain == stack[: len(chain)] for stack in stacks):
                    heights[step.name] = len(chain)
                    break
        return heights

    def makers(self, *names: tuple[str | None, ...]) -> dict[int, Step]:
        """Tell which step made a layer; those of the image below are left out. ``names`` as for ``heights``."""
        heights = self.heights(*names)
        makers = {}
        origin = self.origin()
        below = 0 if origin and origin.from_scratch else None
        for step in reversed(self.path()):
            height = heights.get(step.name)
            if below is not None and height is not None:
                makers.update(dict.fromkeys(range(below, height), step))
            below = height
        return makers


def read_provenance(document: bytes) -> Provenance:
    """Read an attestation; raises DamagedError for what is none."""
    from layerscope.build.slsa import Predicate, Source, Statement  # for the few images that have one

    try:
        statement = msgspec.json.decode(document, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(str(error)) from error
    predicate = statement.predicate or Predicate()
    config, metadata = predicate.config(), predicate.buildkit()
    source = metadata.source or Source()
    steps = (config and config.steps) or []
    arguments = predicate.arguments()
    return Provenance(
        subjects=frozenset(_digest(each.digest) or "" for each in statement.subject or ()) - {""},
        dependencies=tuple(_dependencies(predicate.materials() or ())),
        steps={each.id: _step(each) for each in steps},
        last=steps[-1].id if steps else None,
        layers={
            step.removesuffix(":0"): tuple(tuple(each.digest for each in chain or ()) for chain in chains or ())
            for step, chains in (metadata.layers or {}).items()
            if step.endswith(":0")
        },
        sources=tuple(SourceFile(each.filename, each.language, each.data) for each in source.infos or ()),
        lines={step: tuple(_lines(each)) for step, each in (source.locations or {}).items()},
        target=arguments.get("target"),
        build_args={
            name.removeprefix(_BUILD_ARG): value for name, value in arguments.items() if name.startswith(_BUILD_ARG)
        },
    )


def _digest(digests: dict[str, str] | None) -> str | None:
    value = (digests or {}).get("sha256")
    return f"sha256:{value}" if value else None


def _dependencies(materials: "Sequence[Resource]") -> list[Dependency]:
    """Read package URLs of images: ``pkg:docker/debian@bookworm?platform=linux%2Famd64``."""
    from urllib.parse import unquote

    found = []
    for each in materials:
        if each.uri.startswith(_PURL):
            name, _, tag = unquote(each.uri.removeprefix(_PURL).partition("?")[0]).partition("@")
            if name.removeprefix("docker.io/") not in _TOOLS:
                found.append(Dependency(f"{name}:{tag}" if tag else name, _digest(each.digest)))
    return list(dict.fromkeys(found))


def _lines(locations: "Locations | None") -> list[Lines]:
    return [
        Lines(each.source, span.start.line, span.end.line if span.end else span.start.line)
        for each in (locations and locations.locations) or ()
        for span in each.ranges or ()
        if span.start
    ]


def _step(step: "BuildStep") -> Step:
    op = step.op and step.op.op
    inputs = step.inputs or []
    if op and op.source:
        return Step(step.id, image=_image(op.source.identifier))
    below = _below(op, len(inputs)) if op else 0  # the last step does nothing but name the one before
    if below == -1:
        return Step(step.id, from_scratch=True)
    if below is None or not 0 <= below < len(inputs):
        return Step(step.id)
    name, _, output = inputs[below].partition(":")
    return Step(step.id, on=name if output == "0" else None)  # what a step makes beside its root is another matter


def _below(op: "Op", inputs: int) -> int | None:
    """Tell which input a step's root filesystem goes on from: -1 for none, ``None`` where that cannot be told."""
    if op.exec:
        return next((each.input for each in op.exec.mounts or () if each.dest == "/" and each.output == 0), None)
    if op.file:
        return _below_files(op.file.actions or [], inputs)
    if op.merge:
        return op.merge.inputs[0].input if op.merge.inputs else None
    return None


def _below_files(actions: "list[FileAction]", inputs: int) -> int | None:
    """Go back through the actions of one step to the input that the first of them worked on."""
    at = next((number for number, each in enumerate(actions) if each.output == 0), None)
    while at is not None:
        below = actions[at].input
        if below < inputs:
            return below
        earlier = below - inputs
        at = earlier if earlier < at else None
    return None


def _image(identifier: str) -> Dependency | None:
    for scheme in _IMAGES:
        if identifier.startswith(scheme):
            reference, _, digest = identifier.removeprefix(scheme).partition("@")
            return Dependency(reference, digest or None)
    return None
