"""What is in force where a statement stands: variables, working directory, shell."""

from collections.abc import Iterable, Mapping
from posixpath import join, normpath
from typing import Final

from layerscope.build.command import declared_shell
from layerscope.build.dockerfile.lexer import UNKNOWN, LexError, expand
from layerscope.build.dockerfile.stages import Source, arguments
from layerscope.build.dockerfile.syntax import Statement
from layerscope.build.dockerfile.texts import assignments, blank_words
from layerscope.model import Platform

_LONGEST_PATH: Final = 4096
"""Characters of a working directory, as Linux has it (PATH_MAX): each WORKDIR may add to the one before."""
_MOST_ARGUMENTS: Final = 1000
"""That are told one by one, again for each RUN in exec form."""


class Scope:
    """Grows with each statement that it passes.

    What a variable held in the base image is told by the image's own environment, unless some ENV of the stages has
    changed it since: then it is unknown up to there.
    """

    def __init__(self, source: Source, build_args: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._escape = source.dockerfile.escape
        self._build_args = build_args
        self._environment = environment
        self._global = arguments(source.dockerfile, build_args)
        statements = [statement for stage in source.stages for statement in stage.statements]
        self._changed = {name for each in statements if each.keyword == "ENV" for name, _ in self.variables(each)}
        self._env: dict[str, str] = {}
        self._args: dict[str, str] = {}
        self.directory = UNKNOWN if source.stages[0].base != "scratch" else "/"
        self.shell: str | None = None

    def begin_stage(self) -> None:
        """Forget the arguments: a stage declares its own."""
        self._args.clear()

    def lookup(self, name: str) -> str | None:
        """Return a variable's value; ``None`` when it is not set."""
        value = self._env.get(name, self._args.get(name))
        if value is not None:
            return value
        return UNKNOWN if name in self._changed else self._environment.get(name)

    def expand(self, text: str) -> str:
        """Put in variables and take off quotes; what makes no sense is unknown."""
        try:
            return expand(text, self.lookup, self._escape)
        except LexError:
            return UNKNOWN

    def arguments(self, statement: Statement) -> list[tuple[str, str]]:
        """Return the names and values of an ARG."""
        return [(name, self._argument(name, default)) for name, default in assignments(statement.text, self._escape)]

    @property
    def declared(self) -> list[str]:
        """The stage's arguments so far, ``A=b``; none where they are more than any stage has."""
        if len(self._args) > _MOST_ARGUMENTS:
            return []
        return [f"{name}={value}" for name, value in self._args.items()]

    def variables(self, statement: Statement) -> list[tuple[str, str]]:
        """Return the names and values, as written, of an ENV or a LABEL: ``a=b c=d``, or the old ``a b c``."""
        pairs = assignments(statement.text, self._escape)
        if pairs and pairs[0][1] is None:
            words = blank_words(statement.text)
            return [(words[0], statement.text[len(words[0]) :].strip())] if len(words) > 1 else []
        return [(name, value or "") for name, value in pairs]

    def pass_by(self, statement: Statement) -> None:
        """Take what a statement changes for those that follow."""
        match statement.keyword:
            case "ARG":
                self._args.update(self.arguments(statement))
            case "ENV":
                self._env.update([(name, self.expand(value)) for name, value in self.variables(statement)])
            case "WORKDIR":
                self.directory = self.resolved(self.expand(statement.text))
            case "SHELL":
                self.shell = declared_shell(statement.text)

    def resolved(self, directory: str) -> str:
        """Put a folder on the working directory, as WORKDIR does; what is longer than any path is unknown."""
        path = normpath(join(self.directory, directory))
        return path if len(path) <= _LONGEST_PATH else UNKNOWN

    def _argument(self, name: str, default: str | None) -> str:
        """Return the value of an argument that is declared here: given, or its default, or that of the first lines."""
        given = self._build_args.get(name)
        if given is not None:
            return given
        return self._global.get(name, UNKNOWN) if default is None else self.expand(default)


def platform_arguments(platform: Platform) -> dict[str, str]:
    """Return the arguments that BuildKit gives by itself, as far as an image tells them."""
    return {
        "TARGETPLATFORM": str(platform),
        "TARGETOS": platform.os,
        "TARGETARCH": platform.architecture,
        "TARGETVARIANT": platform.variant,
    }


def environment_of(variables: Iterable[str]) -> dict[str, str]:
    """Return name → value of ``A=b`` pairs."""
    return {name: value for name, _, value in (each.partition("=") for each in variables)}
