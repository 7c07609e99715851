"""A base image that is most of the image: a full system below a small application.

What a base brings cannot be taken off later; only another base can. Distributions and languages offer smaller ones, and
a program that is one file needs none at all.

Choose the smallest that still has what the application needs, and build in an earlier stage FROM the large one: COPY
--from=build …. Usual sizes, unpacked: python:3 about 1 GB, python:3-slim about 125 MB; debian about 117 MB, its slim
variant about 75 MB; ubuntu about 78 MB; alpine about 8 MB (another C library: what was compiled for Debian does not run
there); distroless/static about 2 MB (for static programs), scratch nothing.

What it would save depends on what has to be installed anew, so nothing is claimed here. It is said only of bases that
are known, never of guesses of low confidence, and only where they hold more bytes than all that stands on them.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from layerscope.build.base import Base
from layerscope.errors import UnsupportedError
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_PATHS: Final = ("usr/lib/os-release", "etc/os-release")
_LIMIT: Final = 64 * 1024


def _is_os_release(entry: Entry) -> bool:
    return entry.path in _PATHS


PROBE: Final = TextProbe(_is_os_release, _LIMIT)


class _System(NamedTuple):
    """A distribution as its own os-release tells of it."""

    id: str
    name: str
    codename: str


class _Language(NamedTuple):
    """Images that have a language in them, known by the variable that they all set."""

    variable: str
    version: str
    """How much of the variable's value its tags have: a pattern."""
    least: int
    """Content bytes from which on a base is the large one."""
    smaller: str
    """What to use; ``{}`` is the version."""


_LANGUAGES: Final = (
    _Language(
        "PYTHON_VERSION",
        r"3\.[0-9]{1,2}",
        500_000_000,
        "FROM python:{0}-slim (about 125 MB, where python:{0} has about 1 GB), or python:{0}-alpine (about 50 MB)",
    ),
    _Language(
        "NODE_VERSION",
        r"[0-9]{1,3}",
        500_000_000,
        "FROM node:{0}-slim (about 200 MB, where node:{0} has about 1.1 GB), or node:{0}-alpine (about 140 MB)",
    ),
    _Language("RUBY_VERSION", r"[0-9]\.[0-9]{1,2}", 500_000_000, "FROM ruby:{0}-slim (where ruby:{0} has about 1 GB)"),
    _Language(
        "GOLANG_VERSION",
        r"[0-9]\.[0-9]{1,3}",
        150_000_000,
        "Build in a stage FROM golang:{0} AS build, and copy the program to scratch or distroless/static (about "
        "2 MB): COPY --from=build …",
    ),
    _Language(
        "RUST_VERSION",
        r"[0-9]\.[0-9]{1,3}",
        400_000_000,
        "Build in a stage FROM rust:{0} AS build, and copy the program to a slim base: COPY --from=build …",
    ),
)

_TINY: Final = "alpine (about 8 MB, with another C library), or for a static program distroless/static (about 2 MB)"
_SYSTEMS: Final = {
    # Distribution → content bytes from which on it is not its own smallest image, and what is smaller.
    "debian": (90_000_000, "FROM debian:{0}-slim (about 75 MB, where debian:{0} has about 117 MB), " + _TINY),
    "ubuntu": (60_000_000, f"FROM {_TINY}; ubuntu itself has about 78 MB"),
    "rhel": (150_000_000, f"FROM its -minimal variant (about 100 MB), {_TINY}"),
    "fedora": (150_000_000, f"FROM its -minimal variant, {_TINY}"),
    "rocky": (150_000_000, f"FROM its -minimal variant, {_TINY}"),
    "almalinux": (150_000_000, f"FROM its -minimal variant, {_TINY}"),
    "amzn": (120_000_000, f"FROM its -minimal variant, {_TINY}"),
    "centos": (150_000_000, f"FROM {_TINY}"),
}


def find(evidence: Evidence) -> Iterator[Finding]:
    """At most one finding, of the image as a whole."""
    base = evidence.base
    if base is None:
        return
    sizes = [layer.content for layer in evidence.filesystem.layers]
    below, whole = sum(sizes[: base.layers]), sum(sizes)
    if 2 * below <= whole:
        return
    system = _system(evidence, base)
    if remedy := _smaller(evidence, system, below):
        name = f", {system.name}," if system and system.name else ""
        yield Finding(
            message=f"the base image{name} holds {100 * below // whole} % of the bytes of this image: more than all "
            "that stands on it",
            remedy=remedy,
        )


def _smaller(evidence: Evidence, system: _System | None, size: int) -> str | None:
    """Say what is smaller than a base of ``size`` content bytes, if anything is known to be."""
    for each in _LANGUAGES:
        if value := evidence.environment.get(each.variable):
            version = re.match(each.version, value)
            return f"{each.smaller.format(version[0])}." if version and size >= each.least else None
    least, smaller = _SYSTEMS.get(system.id, (0, "")) if system else (0, "")
    if system is None or not smaller or size < least:
        return None
    return f"{smaller.format(system.codename or 'stable')}."


def _system(evidence: Evidence, base: Base) -> _System | None:
    """Read os-release as the base has it: in etc there is often a link to the other."""
    for path in _PATHS:
        for number in reversed(evidence.at(path)):
            if base.has_layer(evidence.layer_of(number)) and (text := _text(evidence, number)):
                return _read(text)
    return None


def _text(evidence: Evidence, number: int) -> str:
    try:
        return (PROBE.read(evidence, number) or b"").decode("utf-8", "replace")
    except UnsupportedError:  # no distribution's own
        return ""


def _read(text: str) -> _System:
    """Read lines such as ``ID=debian`` and ``PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`` (os-release(5))."""
    pairs = (line.partition("=") for line in text.splitlines())
    values = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    codename = values.get("VERSION_CODENAME", "")
    return _System(
        id=values.get("ID", ""),
        name=values.get("PRETTY_NAME", "")[:60],
        codename=codename if re.fullmatch(r"[a-z]{1,20}", codename) else "",
    )


RULES: Final = (Rule("large-base", Severity.LOW, Confidence.MEDIUM, __doc__, find, probes=(PROBE,)),)
