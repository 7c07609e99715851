"""How each builder writes history: a dialect is one function, a tool that reads no Dockerfile one row.

To add a dialect, write its function (or row) here and put it into ``DIALECTS`` (or ``TOOLS``).

A dialect knows an entry by a mark that its builder leaves, and says ``None`` to all others. History is
hostile text: every function here is linear in its length, and none of it is taken as anything but text.
"""

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from layerscope.build import command, gotext
from layerscope.model import HistoryEntry

EXPORTER_COMMENT: Final = "buildkit.exporter.image.v0"
"""Of an entry that BuildKit's exporter made up for a layer without one."""

KEYWORDS: Final = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)


class Reading(Struct, frozen=True):
    """What one history entry says."""

    kind: str
    text: str
    builder: str
    arguments: str = ""
    """What stands before the command of a RUN, and its shell: ``|2 A=x B=y z ``."""


class Past(Struct, frozen=True):
    """What the entries before tell of how the next one is to be read."""

    shell: str | None
    """Set by the last SHELL instruction, in force for all that follow, also in images built on this one."""
    builder: str
    """Who wrote the entry before."""

    @property
    def shells(self) -> tuple[str, ...]:
        """What may stand before a command."""
        return command.DEFAULT_SHELLS if self.shell is None else (self.shell, *command.DEFAULT_SHELLS)

    def after(self, reading: Reading) -> "Past":
        """Go on past ``reading``."""
        shell = command.declared_shell(reading.text) if reading.kind == "SHELL" else None
        return Past(shell or self.shell, reading.builder)


START: Final = Past(None, "unknown")

Dialect = Callable[[HistoryEntry, Past], Reading | None]


def read(entry: HistoryEntry, past: Past) -> Reading:
    """Read one entry in the first dialect that knows it; nobody's entry is a LAYER that says what it says."""
    readings = (dialect(entry, past) for dialect in DIALECTS)
    return next((reading for reading in readings if reading), Reading("LAYER", _claim(entry), "unknown"))


# --- What several dialects share ----------------------------------------------------------------------------

_WORD: Final = re.compile(r"[A-Za-z]++(?![^ \t])[ \t]*+")
_CHECKSUM: Final = re.compile(r"\b(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b")


def _claim(entry: HistoryEntry) -> str:
    """Give what an entry says: its command, or, where it has none, its comment."""
    return entry.created_by or entry.comment


def _instruction(line: str) -> tuple[str, str] | None:
    """Split a Dockerfile line, keyword in any case, into keyword and text."""
    word = _WORD.match(line)
    keyword = word[0].rstrip(" \t").upper() if word else ""
    return (keyword, line[len(word[0]) :]) if word and keyword in KEYWORDS else None


def _reading(kind: str, text: str, past: Past, builder: str) -> Reading:
    """Read an instruction as BuildKit records it; the command of a RUN is freed of arguments and shell."""
    if kind != "RUN":
        return Reading(kind, gotext.as_written(kind, text), builder)
    line = command.without_arguments(text, past.shells)
    return Reading(kind, command.without_shell(line, past.shells), builder, text[: len(text) - len(line)])


# --- BuildKit -----------------------------------------------------------------------------------------------

_BUILDKIT_SUFFIX: Final = " # buildkit"
_BUILDKIT_DIGEST: Final = re.compile(r" # buildkit(?::sha256:[0-9a-f]{64})?")
_EXEC_VERTEX: Final = "mount / from exec "


def buildkit(entry: HistoryEntry, past: Past) -> Reading | None:
    """Read ``RUN |1 A=b /bin/sh -c cmd # buildkit`` (dockerfile2llb, convert.go, ``commitToHistory``).

    The suffix stands only where a state was committed: not on ENV, CMD and the like, nor on a WORKDIR, which
    may own a layer all the same. A simple heredoc is recorded as its body, so that its last newline stands
    before the suffix.
    """
    line = entry.created_by
    commented = entry.comment == "buildkit.dockerfile.v0"
    # The first versions, of 2018, added a digest to the suffix.
    end = line.rfind(_BUILDKIT_SUFFIX)
    suffixed = end >= 0 and _BUILDKIT_DIGEST.fullmatch(line, end) is not None
    found = _instruction(line[:end] if suffixed else line)
    if not commented and not (suffixed and found):
        return None
    kind, text = found or ("LAYER", line)
    return _reading(kind, text, past, "buildkit")


def buildkit_exporter(entry: HistoryEntry, past: Past) -> Reading | None:
    """Read an entry that BuildKit's exporter made up from a step's name (exporter/containerimage/writer.go).

    ``[stage-1 3/3] COPY --from=builder /a /b`` from a Dockerfile, ``mount / from exec /bin/sh -c cmd`` from
    other frontends.
    """
    if entry.comment != EXPORTER_COMMENT:
        return None
    step = entry.created_by
    if step.startswith(_EXEC_VERTEX):
        return _reading("RUN", step.removeprefix(_EXEC_VERTEX), past, "buildkit")
    line = step.partition("] ")[2] if step.startswith("[") else step
    return Reading(*(_instruction(line) or ("LAYER", step)), builder="buildkit")


# --- kaniko -------------------------------------------------------------------------------------------------


def kaniko(entry: HistoryEntry, _: Past) -> Reading | None:
    """Read the Dockerfile's own line, by the author ``kaniko`` (executor/build.go, ``saveLayerToImage``)."""
    if entry.author != "kaniko":
        return None
    return Reading(*(_instruction(entry.created_by) or ("LAYER", entry.created_by)), builder="kaniko")


# --- The classic builder, and buildah after its manner ------------------------------------------------------

_NOP: Final = "#(nop) "
_METADATA: Final = re.compile(
    r"\|(?:inheritLabels|unsetLabel|unsetAnnotation|inheritAnnotations|(?:force|clamp)-mtime)=\S*+ *+"
)
_MOUNT_DIGEST: Final = re.compile(r":sha256:[0-9a-f]{64}")
_MOUNT_DIGEST_LENGTH: Final = len(":sha256:") + 64


def classic(entry: HistoryEntry, past: Past) -> Reading | None:
    """Read ``/bin/sh -c cmd`` and ``/bin/sh -c #(nop) CMD ["a"]``.

    Sources: moby, builder/dockerfile; buildah, ``getCreatedBy``. Both builders write the same; buildah's is
    known by what it alone adds: the comment ``FROM …``, flags kept before a RUN's command, metadata or more
    than one space at the end. What follows a buildah entry is buildah's too, until a no-op with the two
    spaces that only the classic builder writes.

    ``docker commit`` records the container's command: of a container that ran ``/bin/sh -c cmd``, that is
    what a RUN leaves, and nothing tells them apart.
    """
    line, marked = _without_metadata(entry.created_by)
    by_buildah = marked or entry.comment.startswith("FROM ")
    payload = _nop_payload(line, past)
    if payload is not None:
        continues = past.builder == "buildah" and not payload.startswith(" ")
        by_buildah = by_buildah or continues or payload.endswith("  ")
        return _nop(payload.strip(" "), "buildah" if by_buildah else "classic")
    # Only a RUN has arguments before it: one in exec form has no shell.
    shell_line = command.without_arguments(line, past.shells)
    text = command.without_shell(shell_line, past.shells)
    if text is line and not command.is_shell_command(line):
        return None
    if text.startswith("#(squash) "):  # jwilder/docker-squash, before Docker 1.10
        return Reading("SQUASH", text.removeprefix("#(squash) "), "docker-squash")
    by_buildah = by_buildah or text.startswith("--") or past.builder == "buildah"
    arguments = line[: len(line) - len(shell_line)]
    return Reading("RUN", _without_digests(text), "buildah" if by_buildah else "classic", arguments)


def _nop_payload(line: str, past: Past) -> str | None:
    """Give what follows ``#(nop) ``, when a shell and nothing else stands before it.

    The entry of a SHELL instruction is already written with the shell that it declares.
    """
    before, mark, payload = line.partition(_NOP)
    if not mark:
        return None
    shell = before.removesuffix(" ")
    if shell in past.shells:
        return payload
    kind, text = _instruction(payload.strip(" ")) or ("", "")
    return payload if kind == "SHELL" and command.declared_shell(text) == shell else None


def _nop(line: str, builder: str) -> Reading:
    """Read a no-op's Dockerfile line; of the checksum of copied files its first twelve digits are enough."""
    found = _instruction(line)
    if found is None:
        return Reading("LAYER", line, builder)
    kind, text = found
    if kind in {"ADD", "COPY"}:
        return Reading(kind, _CHECKSUM.sub(r"\1:\2", text), builder)
    return Reading(kind, gotext.as_written(kind, text), builder)


def _without_metadata(line: str) -> tuple[str, bool]:
    """Take ``|inheritLabels=false|force-mtime=10`` off the end, and tell whether it was there.

    Source: buildah, ``buildMetadata``. Annotations given to a build stand after all of it without a mark of
    their own: they go when they hold no space and something marked stands before them, and stay otherwise.
    """
    end = len(line)
    while True:
        bar = line.rfind("|", 0, end)
        if bar < 0 or _METADATA.fullmatch(line, bar, end) is None:
            return line[:end], end < len(line)
        end = bar


def _without_digests(text: str) -> str:
    """Take off the digests of what a buildah RUN mounts, one after the other at the end of its command."""
    if not text.startswith("--"):
        return text
    end = len(text)
    while _MOUNT_DIGEST.fullmatch(text, end - _MOUNT_DIGEST_LENGTH, end):
        end -= _MOUNT_DIGEST_LENGTH
    return text[:end]


# --- What no Dockerfile made --------------------------------------------------------------------------------


def squash(entry: HistoryEntry, _: Past) -> Reading | None:
    """Read the layer that ``docker build --squash`` or ``crane flatten`` put in the place of many."""
    if entry.created_by.startswith("crane flatten "):  # its comment is the old history, as JSON
        return Reading("SQUASH", entry.created_by, "crane")
    # moby, daemon/images/image_squash.go: "merge <id> to <parent>", "create new from <id>".
    merged = entry.comment.startswith("merge sha256:") and " to sha256:" in entry.comment
    if not entry.created_by and (merged or entry.comment.startswith("create new from sha256:")):
        return Reading("SQUASH", entry.comment, "classic")
    return None


def imported(entry: HistoryEntry, _: Past) -> Reading | None:
    """Read what ``docker import`` and ``podman import`` leave when no message was given: only a comment."""
    if entry.created_by or not entry.comment.startswith("Imported from "):
        return None
    return Reading("IMPORT", entry.comment.removeprefix("Imported from "), "import")


def commit(entry: HistoryEntry, past: Past) -> Reading | None:
    """Read a committed container's command, where no builder can have written it: a shell alone.

    Containers with another command leave that, which a RUN in exec form leaves too, so that it is nobody's.
    ``buildah commit`` records the image's shell.
    """
    if not command.is_bare_shell(entry.created_by):
        return None
    by_buildah = entry.comment.startswith("FROM ") or past.builder == "buildah"
    return Reading("COMMIT", entry.created_by, "buildah" if by_buildah else "commit")


class Tool(Struct, frozen=True):
    """A tool that makes layers without a Dockerfile, and how its entries begin."""

    name: str
    created_by: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()
    comment_tells: bool = False
    """True when the comment tells the layers apart, and ``created_by`` is the same for all."""


TOOLS: Final = (
    Tool("jib", created_by=("jib-",), comment_tells=True),
    # Of rules_docker.
    Tool("bazel", created_by=("bazel build ",)),
    # dockerTools writes a comment and no command (stream_layered_image.py).
    Tool("nix", comment=("store paths: ",), comment_tells=True),
    Tool("ko", created_by=("ko build ", "ko publish "), comment_tells=True),
    # buildpacks/lifecycle, layers/layers.go.
    Tool(
        "buildpacks",
        created_by=(
            "Layer: '",
            "Application Layer",
            "Application Slice: ",
            "Buildpacks Application Launcher",
            "Buildpacks Launcher Config",
            "Buildpacks Process Types",
            "Software Bill-of-Materials",
        ),
    ),
    Tool("apko", created_by=("apko",), comment_tells=True),
    # The official Debian base images.
    Tool("debuerreotype", comment=("debuerreotype ",)),
    # The Windows base images.
    Tool("windows", created_by=("Apply image ", "Install update ")),
    Tool("crane", created_by=("crane ",)),
)


def tool(entry: HistoryEntry, _: Past) -> Reading | None:
    """Read an entry of one of ``TOOLS``."""
    for each in TOOLS:
        if entry.created_by.startswith(each.created_by) or entry.comment.startswith(each.comment):
            told = entry.comment if each.comment_tells and entry.comment else _claim(entry)
            return Reading("LAYER", told, each.name)
    return None


# --- Nobody's -----------------------------------------------------------------------------------------------


def dockerfile(entry: HistoryEntry, past: Past) -> Reading | None:
    """Read a Dockerfile line of an unknown builder, keyword in capitals: ``copy of …`` is no instruction."""
    found = _instruction(entry.created_by)
    if found is None or not entry.created_by.startswith(found[0]):
        return None
    kind, text = found
    return _reading(kind, text, past, "unknown")


DIALECTS: Final[tuple[Dialect, ...]] = (
    buildkit_exporter,
    buildkit,
    kaniko,
    squash,
    tool,
    classic,
    imported,
    commit,
    dockerfile,
)
