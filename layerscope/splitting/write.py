"""The new Dockerfile: the user's own with another stage behind it, or one that is written from the history."""

from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.build.attribution import Instruction
from layerscope.build.dockerfile import Source
from layerscope.build.dockerfile.syntax import Statement
from layerscope.splitting.seam import Seam

_NEEDED_TO_BUILD: Final = frozenset({"ADD", "ARG", "COPY", "ENV", "RUN", "SHELL", "USER", "WORKDIR"})
_ESCAPED: Final = ("\\", "`")


def of_dockerfile(source: Source) -> tuple[str, str]:
    """Return the file as it is, but for the name of the stage that was built, and that name."""
    dockerfile, stage = source.dockerfile, source.stages[-1]
    text = "".join(dockerfile.lines)
    if text and not text.endswith("\n"):
        text += "\n"
    text = _ended(text, dockerfile.escape)
    if stage.name:
        return text, stage.name
    name = free_name("build", source)
    start = stage.start
    before = "".join(dockerfile.lines[: start.first_line - 1])
    named = _named(dockerfile.source(start), start, name)
    after = "".join(dockerfile.lines[start.last_line :])
    return _ended(before + named + after + ("" if after.endswith("\n") or not after else "\n"), dockerfile.escape), name


def _ended(text: str, escape: str) -> str:
    """Take off what would have the last line go on with what is written behind it."""
    bare = text.rstrip()
    goes_on = bare.endswith(escape) and not bare.rpartition("\n")[2].lstrip().startswith("#")
    return f"{bare.removesuffix(escape).rstrip()}\n" if goes_on else text


def _named(line: str, start: Statement, name: str) -> str:
    """Put a name behind a FROM; one that goes on over several lines is written on one."""
    bare = line.rstrip()
    if start.first_line == start.last_line and not bare.endswith(_ESCAPED):
        return f"{bare} AS {name}\n"
    return f"FROM {start.line.strip()} AS {name}\n"


def free_name(wanted: str, source: Source | None, base: str = "") -> str:
    """Return a name that no stage of the file has, and no image that the file stands on or copies from."""
    taken = {base.lower(), *(_names_in(source) if source else ())}
    return next(name for name in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _names_in(source: Source) -> Iterator[str]:
    for each in source.dockerfile.statements:
        if each.keyword == "FROM":
            yield from each.text.lower().split()
        yield from (flag.rpartition("from=")[2].partition(",")[0].lower() for flag in each.flags if "from=" in flag)


def root_of(source: Source) -> str:
    """Return what stands behind the FROM that everything begins with, platform and variables as they are written."""
    start = source.stages[0].start
    flags = [flag for flag in start.flags if flag.startswith("--")]
    image = start.text.split()[0]
    stages = {each.text.lower().split()[-1] for each in source.dockerfile.statements if _is_named(each)}
    # An image of the name of a stage: behind that stage the name is the stage's, unless a tag stands with it.
    return " ".join([*flags, f"{image}:latest" if image.lower() in stages else image])


def _is_named(statement: Statement) -> bool:
    return statement.keyword == "FROM" and len(statement.text.split()) > 2


def of_history(seam: Seam, name: str) -> tuple[str, str]:
    """Write the first stage from the history, with what that does not know; return it and what stands behind FROM."""
    lines: list[str] = ["# Written from the image's history, which does not know everything: see the comments."]
    base = seam.reference
    if base is None and seam.layers == 0:
        base = "scratch"
    if base is None:
        lines += ["# The base is not known by name: give it by --build-arg BASE=NAME.", "ARG BASE"]
        base = "${BASE}"
    lines.append(f"FROM {base} AS {name}")
    for each in seam.instructions:
        if each.kind in _NEEDED_TO_BUILD:
            lines += _from_history(each)
    return "\n".join(lines) + "\n", base


def _from_history(instruction: Instruction) -> Iterator[str]:
    kind, text = instruction.kind, instruction.text.strip()
    if kind in ("COPY", "ADD"):
        yield f"# What this {kind} copied the history tells by name at best; it may have been another stage's (--from)."
        if " in " in text and text.partition(":")[0] in ("file", "dir", "multi"):
            yield f"# {kind} … {text.rpartition(' in ')[2].strip()}"
            return
    if kind == "ENV":
        yield from _environment(text)
    elif kind == "RUN" and ("\n" in text or text.endswith("\\")):
        end = "LAYERSCOPE"
        while end in text:
            end += "_"
        yield f"RUN <<'{end}'\n{text}\n{end}"
    elif "\n" in text or text.endswith("\\"):
        yield f"# {kind}, which no line can hold, is left out."
    else:
        yield f"{kind} {text}".rstrip()


def _environment(text: str) -> Iterator[str]:
    """Quote the value of an ENV, since histories have lost its quotes; of several variables, values have no spaces."""
    name, equals, value = text.partition("=")
    if "\n" in text or text.endswith("\\"):
        yield "# ENV, which no line can hold, is left out."
    elif not equals or '"' in value or not _has_several(value):
        quoted = value if '"' in value or " " not in value else f'"{value}"'
        yield f"ENV {name}={quoted}" if equals else f"ENV {text}"
    else:
        yield f"ENV {text}"


def _has_several(value: str) -> bool:
    return any("=" in word for word in value.split(" ")[1:])


def joined(first: str, stages: Sequence[Sequence[str]]) -> str:
    """Put the stages behind the first ones, an empty line between; one without lines is none."""
    return "\n".join([first.rstrip("\n") + "\n", *("\n".join(stage) + "\n" for stage in stages if stage)])
