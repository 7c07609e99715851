"""Statements → stages, and the stages that an image is built from."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from layerscope.build.dockerfile.lexer import UNKNOWN, LexError, expand
from layerscope.build.dockerfile.syntax import Dockerfile, Statement, load
from layerscope.build.dockerfile.texts import assignments, blank_words
from layerscope.errors import UsageError
from layerscope.reference import Recipe

_LISTED: Final = 8
"""Stages that a message names."""


class Stage(Struct, frozen=True):
    """A FROM, and what follows it up to the next one."""

    index: int
    name: str
    """In small letters, as builders compare names; empty when it has none."""
    start: Statement
    """The FROM itself."""
    base: str
    """The image or stage that it is built on, its variables put in."""
    parent: int | None
    """The earlier stage that it is built on; ``None`` for an image."""
    statements: tuple[Statement, ...]


def arguments(dockerfile: Dockerfile, build_args: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the arguments declared before the first FROM; those without a value are unknown."""
    values: dict[str, str] = {}
    for statement in dockerfile.statements:
        if statement.keyword != "ARG":
            break
        for name, default in assignments(statement.text, dockerfile.escape):
            given = build_args.get(name)
            values[name] = _value(default, values, dockerfile.escape) if given is None else given
    return values


def _value(text: str | None, values: Mapping[str, str], escape: str) -> str:
    try:
        return UNKNOWN if text is None else expand(text, values.get, escape)
    except LexError:
        return UNKNOWN


def stages_of(dockerfile: Dockerfile, build_args: Mapping[str, str]) -> tuple[Stage, ...]:
    """Part a Dockerfile into its stages; raises UsageError with file and line."""
    values = arguments(dockerfile, build_args)
    starts = [at for at, statement in enumerate(dockerfile.statements) if statement.keyword == "FROM"]
    before = dockerfile.statements[: starts[0]] if starts else dockerfile.statements
    for statement in before:
        if statement.keyword != "ARG":
            raise UsageError(f"{dockerfile.location(statement)}: {statement.keyword} before any FROM")
    if not starts:
        raise UsageError(f"{dockerfile.name}: has no FROM, so it is no Dockerfile")
    stages: list[Stage] = []
    numbers: dict[str, int] = {}
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True)):
        statement = dockerfile.statements[start]
        words = blank_words(statement.text)
        if len(words) not in (1, 3) or (len(words) == 3 and words[1].upper() != "AS"):
            raise UsageError(f"{dockerfile.location(statement)}: FROM takes an image, and AS with a name")
        base, name = _value(words[0], values, dockerfile.escape), "".join(words[2:]).lower()
        own = dockerfile.statements[start + 1 : end]
        stages.append(Stage(index, name, statement, base, numbers.get(base.lower()), own))
        if name:
            numbers[name] = index
    return tuple(stages)


def stages_to(stages: tuple[Stage, ...], target: str | None, name: str) -> tuple[Stage, ...]:
    """Return the stages that the target (the last, unless one is named) is built on, the lowest first, and itself."""
    stage: Stage | None = stages[-1] if target is None else _named(stages, target, name)
    chain: list[Stage] = []
    while stage is not None:
        chain.append(stage)
        stage = None if stage.parent is None else stages[stage.parent]
    return tuple(reversed(chain))


def _named(stages: tuple[Stage, ...], target: str, name: str) -> Stage:
    named = [stage for stage in stages if stage.name == target.lower()]
    if named:
        return named[-1]
    if target.isascii() and target.isdecimal() and len(target) < 9 and int(target) < len(stages):
        return stages[int(target)]
    raise UsageError(f"{name} has no stage {target!r}", hint=f"Its stages: {_listed(stages)}.")


def _listed(stages: Iterable[Stage]) -> str:
    names = [stage.name or str(stage.index) for stage in stages]
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


class Source(Struct, frozen=True):
    """A Dockerfile that was read, and the stages of it that an image is built from."""

    dockerfile: Dockerfile
    build_args: Mapping[str, str]
    stages: tuple[Stage, ...]
    """From the lowest to the target: each is built on the one before it."""


def read_recipe(recipe: Recipe) -> Source:
    """Read the Dockerfile; raises UsageError for one that cannot be read, makes no sense, or has no such stage."""
    try:
        return select(load(recipe.path), recipe.target, recipe.build_args)
    except UsageError as error:
        raise UsageError(str(error), hint=error.hint or "Name the Dockerfile that the image was built from.") from error


def select(dockerfile: Dockerfile, target: str | None = None, build_args: Mapping[str, str] | None = None) -> Source:
    """Choose the stages of a Dockerfile; raises UsageError."""
    stages = stages_of(dockerfile, build_args or {})
    return Source(dockerfile, build_args or {}, stages_to(stages, target, dockerfile.name))
