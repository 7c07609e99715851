"""BuildKit's provenance as the document stands: an in-toto statement with a predicate of SLSA v0.2 or v1.

Fields that nobody reads are left out; Go writes ``null`` for what is empty, so that may stand everywhere.
"""

from msgspec import Struct, field


class Resource(Struct, frozen=True):
    """An image, by package URL, and its digests by algorithm."""

    uri: str = ""
    digest: dict[str, str] | None = None


class Position(Struct, frozen=True):
    """A place in a source file, its lines counted from 1."""

    line: int = 0


class Range(Struct, frozen=True):
    """From one place to another."""

    start: Position | None = None
    end: Position | None = None


class Location(Struct, frozen=True):
    """Places in one source file."""

    source: int = field(name="sourceIndex", default=0)
    ranges: list[Range] | None = None


class Locations(Struct, frozen=True):
    """Where one step comes from."""

    locations: list[Location] | None = None


class Info(Struct, frozen=True):
    """A source file; its contents are in base64."""

    filename: str = ""
    language: str = ""
    data: bytes = b""


class Source(Struct, frozen=True):
    """What the build was described by, and where each step comes from."""

    locations: dict[str, Locations | None] | None = None
    infos: list[Info] | None = None


class Blob(Struct, frozen=True):
    """A layer as it is stored."""

    digest: str = ""


class BuildKit(Struct, frozen=True):
    """BuildKit's own metadata: step and output → lists of the layers there."""

    source: Source | None = None
    layers: dict[str, list[list[Blob] | None] | None] | None = None


class SourceOp(Struct, frozen=True):
    """Fetches an image, a context, a repository."""

    identifier: str = ""


class Mount(Struct, frozen=True):
    """What a command sees at ``dest``: ``input`` counts the step's inputs, and is -1 for an empty folder."""

    input: int = 0
    dest: str = ""
    output: int = 0


class ExecOp(Struct, frozen=True):
    """Runs a command."""

    mounts: list[Mount] | None = None


class FileAction(Struct, frozen=True):
    """``input`` counts the step's inputs, then the actions before; the action with ``output`` 0 makes the result."""

    input: int = 0
    output: int = 0


class FileOp(Struct, frozen=True):
    """Copies, makes or removes files."""

    actions: list[FileAction] | None = None


class MergeInput(Struct, frozen=True):
    """One of what is merged, the bottom one first."""

    input: int = 0


class MergeOp(Struct, frozen=True):
    """Puts root filesystems above each other."""

    inputs: list[MergeInput] | None = None


class Op(Struct, frozen=True):
    """What a step does; one of these, or none of them in the last step."""

    source: SourceOp | None = None
    exec: ExecOp | None = None
    file: FileOp | None = None
    merge: MergeOp | None = None


class Vertex(Struct, frozen=True):
    """A step as a node of the graph."""

    op: Op | None = field(name="Op", default=None)


class BuildStep(Struct, frozen=True):
    """A step; its inputs are outputs of others, as ``step3:0``."""

    id: str = ""
    op: Vertex | None = None
    inputs: list[str] | None = None


class BuildConfig(Struct, frozen=True):
    """All steps, each after those that it needs."""

    steps: list[BuildStep] | None = field(name="llbDefinition", default=None)


class Metadata(Struct, frozen=True):
    """BuildKit's, under the name that each version has for it."""

    old: BuildKit | None = field(name="https://mobyproject.org/buildkit@v1#metadata", default=None)
    new: BuildKit | None = field(name="buildkit_metadata", default=None)


class Parameters(Struct, frozen=True):
    """What the build was asked for."""

    args: dict[str, object] | None = None
    """Such as ``target`` and ``build-arg:NAME``."""


class Invocation(Struct, frozen=True):
    """Of SLSA v0.2, how the build was begun."""

    parameters: Parameters | None = None


class External(Struct, frozen=True):
    """Of SLSA v1, what the builder was asked for from outside."""

    request: Parameters | None = None


class Internal(Struct, frozen=True, rename="camel"):
    """Of SLSA v1, what the builder's own parameters were."""

    build_config: BuildConfig | None = None


class Definition(Struct, frozen=True, rename="camel"):
    """Of SLSA v1, what was built from what."""

    external_parameters: External | None = None
    internal_parameters: Internal | None = None
    resolved_dependencies: list[Resource] | None = None


class RunDetails(Struct, frozen=True):
    """Of SLSA v1, what the run left."""

    metadata: Metadata | None = None


class Predicate(Struct, frozen=True, rename="camel"):
    """Of SLSA v0.2 the fields ``materials``, ``invocation``, ``build_config`` and ``metadata``; of v1 the others."""

    old_materials: list[Resource] | None = field(name="materials", default=None)
    invocation: Invocation | None = None
    build_config: BuildConfig | None = None
    metadata: Metadata | None = None
    build_definition: Definition | None = None
    run_details: RunDetails | None = None

    def materials(self) -> list[Resource] | None:
        """Return what the build took something from."""
        return self.build_definition.resolved_dependencies if self.build_definition else self.old_materials

    def config(self) -> BuildConfig | None:
        """Return the steps, where they are told."""
        if self.build_definition is None:
            return self.build_config
        internal = self.build_definition.internal_parameters
        return internal.build_config if internal else None

    def arguments(self) -> dict[str, str]:
        """Return what the build was asked for, as far as it is text."""
        parameters = None
        if self.build_definition and self.build_definition.external_parameters:
            parameters = self.build_definition.external_parameters.request
        elif self.invocation:
            parameters = self.invocation.parameters
        args = (parameters and parameters.args) or {}
        return {name: value for name, value in args.items() if isinstance(value, str)}

    def buildkit(self) -> BuildKit:
        """Return what BuildKit says beyond the specification."""
        metadata = self.run_details.metadata if self.run_details else self.metadata
        return (metadata and (metadata.new or metadata.old)) or BuildKit()


class Statement(Struct, frozen=True):
    """What is attested, and of which manifests."""

    subject: list[Resource] | None = None
    predicate: Predicate | None = None
