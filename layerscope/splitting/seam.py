"""Where the user's part of an image begins: what is below stays as it is, what is above is taken apart."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from layerscope.analysis import Analysis
from layerscope.build.attribution import Instruction
from layerscope.build.dockerfile import Source
from layerscope.build.shell import Command, commands
from layerscope.errors import UsageError

_INSTALLERS: Final = frozenset({"apt", "apt-get", "aptitude", "dpkg", "apk", "dnf", "microdnf", "yum", "rpm", "zypper"})
_BESIDE: Final = frozenset(
    {
        "cd",
        "chmod",
        "echo",
        "export",
        "find",
        "ldconfig",
        "ls",
        "mkdir",
        "rm",
        "set",
        "sleep",
        "sort",
        "test",
        "true",
        "which",
    }
    | {"apt-mark", "sed", "update-alternatives", "update-ca-certificates", "["}
)
"""What stands beside an installation and writes no file that anybody looks for, or names it."""
_WRITES_FILES: Final = frozenset({"ADD", "COPY", "RUN"})


class Seam(Struct, frozen=True):
    """The user's own layers and instructions."""

    layers: int
    """How many of the bottom layers are the base's."""
    instructions: tuple[Instruction, ...]
    """The user's, oldest first."""
    below: tuple[Instruction, ...]
    """The base's, as far as the history has them."""
    reference: str | None
    """The base's name."""
    installing: frozenset[int]
    """Layers of the user's whose command calls a package manager."""
    purely: frozenset[int]
    """Those of them whose command does nothing else, so that what no package lists was made by its set-up."""

    def commands(self) -> Iterator[tuple[Instruction, Command]]:
        """Yield what the user's RUN instructions do, command by command."""
        for each in self.instructions:
            if each.kind == "RUN":
                yield from ((each, command) for command in commands(each.text))


def find_seam(analysis: Analysis, source: Source | None) -> Seam | None:
    """Find it by the Dockerfile, whose first instruction is the user's first, or by the base; ``None``: not known.

    Raises UsageError, with the line, for a Dockerfile that is not this image's.
    """
    instructions = analysis.attribution.instructions
    if source is not None and instructions:
        first = _first_of(analysis, source)
        reference = source.stages[0].base
        if first is not None:
            layers = sum(not each.empty for each in instructions[:first])
            is_matched = any(each.layer is not None for each in instructions)
            return _seam(instructions, first, layers, reference) if is_matched else None
    base = analysis.known_base
    if base is None:
        is_imported = bool(instructions) and instructions[0].kind == "IMPORT" and instructions[0].layer == 0
        return _seam(instructions, 1, 1, None) if is_imported else None
    # What may be either's is set again: that does no harm where it is the base's.
    own = next((each.index for each in instructions if not base.has_instruction(each.index)), len(instructions))
    return _seam(instructions, own, base.layers, base.reference)


def _seam(instructions: tuple[Instruction, ...], first: int, layers: int, reference: str | None) -> Seam:
    own = instructions[first:]
    installing: set[int] = set()
    purely: set[int] = set()
    for each in own:
        found = commands(each.text) if each.kind == "RUN" and each.layer is not None else ()
        if each.layer is not None and any(command.program in _INSTALLERS for command in found):
            installing.add(each.layer)
            if all(command.program in _INSTALLERS | _BESIDE and not _writes(command) for command in found):
                purely.add(each.layer)
    return Seam(layers, own, instructions[:first], reference, frozenset(installing), frozenset(purely))


def _writes(command: Command) -> bool:
    """Tell whether a command writes a file that is not known by its name."""
    return any(not each.startswith("/") or "$" in each for each in command.redirected)


def _first_of(analysis: Analysis, source: Source) -> int | None:
    """Return the history's first entry that the Dockerfile has; all that writes files in it must be in the history."""
    located = [each for each in analysis.attribution.instructions if each.location]
    lines = {each.location.first_line for each in located if each.location}
    statements = [statement for stage in source.stages for statement in stage.statements]
    name = analysis.image.reference
    for statement in statements:
        if statement.keyword in _WRITES_FILES and statement.first_line not in lines:
            where = source.dockerfile.location(statement)
            raise UsageError(
                f"{where}: this {statement.keyword} is not in the history of {name}, or not for sure",
                hint="Name the Dockerfile that this very image was built from, with its --target and --build-arg.",
            )
    return located[0].index if located else None
