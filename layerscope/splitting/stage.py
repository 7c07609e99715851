"""The lines of the new last stage."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.splitting.carried import words_of
from layerscope.splitting.cover import Copy, Cover, together
from layerscope.splitting.quoting import in_shell

_WIDTH: Final = 100
_MEANT: Final = {"*": "[*]", "?": "[?]", "[": "[[]", "\\": "\\\\"}


class Stage(Struct, frozen=True):
    """What the new last stage is made of."""

    base: str
    """What stands behind FROM."""
    source: str
    """The stage that it copies from."""
    cover: Cover
    gathered: str
    """The folder that holds what is gathered."""
    configuration: tuple[str, ...]
    gathers: bool = False
    """Whether anything is in there."""
    install: tuple[str, ...] = ()
    """Packages, by name."""
    manager: str = ""
    noninteractive: bool = False
    cleans: bool = False
    """Whether the base does not delete archives of packages by itself."""
    made: tuple[str, ...] = ()
    """Commands that make accounts and folders."""
    folders_of_links: tuple[str, ...] = ()
    """Folders that have to be made before links in them."""
    relinks: bool = False
    """Whether the linker's cache has to be told of what is copied."""
    as_root: bool = False
    """Whether the base leaves off as another user."""


def lines_of(stage: Stage, files: Files, escape: str) -> Iterator[str]:
    """Write the stage."""
    yield f"FROM {stage.base}"
    if stage.as_root and (stage.install or stage.made or stage.cover.links or stage.relinks):
        yield "USER root"
    if stage.install:
        yield from _run(list(_installing(stage)), escape)
    if stage.made:
        yield from _run(list(stage.made), escape)
    for group in together(stage.cover.copies):
        yield _copy(group, stage.source, escape)
    if stage.gathers:
        yield f"COPY --from={stage.source} {stage.gathered}/ /"
    if stage.cover.links:
        entries = [files.entry(number) for number in stage.cover.links]
        making = [f"mkdir -p {' '.join(in_shell(f'/{each}') for each in stage.folders_of_links)}"]
        linking = [f"ln -sf {in_shell(each.target)} {in_shell(f'/{each.path}')}" for each in entries]
        yield from _run([*(making if stage.folders_of_links else ()), *linking], escape)
    if stage.relinks:
        yield "RUN ldconfig"
    yield from stage.configuration


def _installing(stage: Stage) -> Iterator[str]:
    names = [in_shell(name) for name in stage.install]
    if stage.manager == "apk":
        yield " ".join(["apk add --no-cache", *names])
        return
    before = "DEBIAN_FRONTEND=noninteractive " if stage.noninteractive else ""
    yield "apt-get update"
    yield f"{before}apt-get install -y --no-install-recommends {' '.join(names)}"
    if stage.cleans:
        yield "apt-get clean"
    yield "rm -rf /var/lib/apt/lists/*"


def _run(commands: Sequence[str], escape: str) -> Iterator[str]:
    """Write one RUN, a command a line."""
    yield f" {escape}\n    && ".join([f"RUN {commands[0]}", *commands[1:]])


def _copy(group: Sequence[Copy], source: str, escape: str) -> str:
    uid, gid = group[0].owner
    flags = f"--from={source}" + (f" --chown={uid}:{gid}" if (uid, gid) != (0, 0) else "")
    sources = [f"/{each.path}" for each in group]
    target = sources[0] if len(group) == 1 else f"{sources[0].rpartition('/')[0]}/"
    if len(group) > 1 and not target.startswith("/"):
        target = "/"
    words = [_unexpanded(each, escape) for each in (*map(_literal, sources), target)]
    has_space = any(char.isspace() for word in words for char in word)
    return f"COPY {flags} {words_of(tuple(words)) if has_space else ' '.join(words)}"


def _literal(path: str) -> str:
    """Keep a builder from taking a path for a pattern (Go's filepath.Match), where it has a sign of one."""
    if not any(char in path for char in "*?["):
        return path
    return "".join(_MEANT.get(char, char) for char in path)


def _unexpanded(text: str, escape: str) -> str:
    """Keep a builder from taking quotes off a word and from putting variables in: it does so in a list of JSON too."""
    return "".join(f"{escape}{char}" if char in (escape, "$", '"', "'") else char for char in text)
