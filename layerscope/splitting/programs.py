"""What a container starts: its program, and of scripts on the way the programs that they start."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from layerscope.build.shell import commands, script_of
from layerscope.filesystem.files import Files
from layerscope.model import RunConfig
from layerscope.splitting.paths import Paths
from layerscope.splitting.probes import SCRIPTS, Script

_MOST_STARTED: Final = 2_000
"""Programs that are followed, of scripts that start scripts."""
_WRAPPERS: Final = frozenset(
    {
        "catatonit",
        "chroot",
        "dumb-init",
        "env",
        "exec",
        "gosu",
        "ionice",
        "nice",
        "nohup",
        "runuser",
        "s6-svscan",
        "setpriv",
    }
    | {"setuidgid", "stdbuf", "su-exec", "sudo", "tini", "tini-static", "timeout", "xargs"}
)
"""Programs that start what the words behind them name."""


class Started(Struct, frozen=True):
    """What a container starts."""

    needed: dict[int, str]
    """Entry → who starts it: programs, the links to them, and files that the command names."""
    names: frozenset[str]
    """The names of these programs."""
    unknown: tuple[str, ...]
    """Words of the command that should be programs, and are nowhere."""


def started(files: Files, run: RunConfig, paths: Paths) -> Started:
    """Follow the entry point and the command, and the test of the health check."""
    follower = _Follower(files, paths)
    follower.follow((*run.entrypoint, *run.cmd), "the container")
    if run.healthcheck and run.healthcheck.test:
        kind, *test = run.healthcheck.test
        words = ("/bin/sh", "-c", *test) if kind == "CMD-SHELL" else tuple(test)
        follower.follow(words if kind != "NONE" else (), "the health check")
    return Started(follower.needed, frozenset(follower.names), tuple(follower.unknown))


def interpreter_of(files: Files, number: int, paths: Paths) -> Iterator[int]:
    """Yield the way to the interpreter of a script, and to what ``env`` finds for it."""
    script = files.look(SCRIPTS, files.filesystem.carriers.get(number, number))
    if isinstance(script, Script):
        for word in _programs_of(script.interpreter):
            yield from paths.program(word)


def _programs_of(interpreter: Sequence[str]) -> list[str]:
    """Name the programs of a line such as ``/usr/bin/env -S python3 -u``."""
    if not interpreter:
        return []
    is_env = interpreter[0].rpartition("/")[2] == "env"
    behind = [word for word in interpreter[1:] if not word.startswith("-") and "=" not in word][:1]
    return [interpreter[0], *(behind if is_env else [])]


class _Follower:
    """Gathers what is started."""

    def __init__(self, files: Files, paths: Paths) -> None:
        self.needed: dict[int, str] = {}
        self.names: set[str] = set()
        self.unknown: list[str] = []
        self._files = files
        self._paths = paths
        self._read: set[int] = set()

    def follow(self, words: Sequence[str], who: str) -> None:
        """Follow one command, with the words that it is given."""
        if not words:
            return
        at = script_of(words)
        if at is not None:
            self._program(words[0], who)
            self._commands(words[at], who)
            return
        is_wrapper = self._program(words[0], who, is_first=True)
        for word in words[1:]:
            # Whatever a wrapper or a script goes on with may be a program.
            if not (is_wrapper and self._program(word, who)):
                self._file(word, who)

    def _commands(self, text: str, who: str) -> None:
        for command in commands(text):
            words = command.words[1:] if command.words[0] in ("exec", ".", "source") else command.words
            words = tuple(map(self._paths.expanded, words))
            if words and len(self.names) < _MOST_STARTED:
                is_wrapper = self._program(words[0], who)
                for word in words[1:]:
                    if not (is_wrapper and self._program(word, who)):
                        self._file(word, who)

    def _program(self, word: str, who: str, *, is_first: bool = False) -> bool:
        """Note a program; tell whether the words behind it may name others."""
        way = self._paths.program(word)
        if not way:
            if is_first:
                self.unknown.append(word)
            return False
        name = word.rpartition("/")[2]
        self.names.update((name, self._files.entry(way[-1]).name))
        for number in (*way, *(self._paths.folder_links(self._paths.absolute(word)) if "/" in word else ())):
            self.needed.setdefault(number, f"{who} starts it")
        return self._script(way[-1], word) or name in _WRAPPERS

    def _script(self, number: int, word: str) -> bool:
        """Follow a script; tell whether it is one."""
        carrier = self._files.filesystem.carriers.get(number, number)
        script = self._files.look(SCRIPTS, carrier)
        if not isinstance(script, Script):
            return False
        if carrier not in self._read:
            self._read.add(carrier)
            for each in _programs_of(script.interpreter):
                for at in self._paths.program(each):
                    self.needed.setdefault(at, f"{word} is a script for it")
                self.names.add(each.rpartition("/")[2])
            if len(self._read) < _MOST_STARTED:
                self._commands(script.text, f"the script {word}")
        return True

    def _file(self, word: str, who: str) -> None:
        """Note a file that a command names."""
        path = word.rpartition("=")[2]
        if path and not path.startswith("-") and len(path) < 4096 and "\0" not in path:
            for each in path.split(":")[:64]:  # a class path
                for number in self._paths.way(self._paths.absolute(each)) if each else ():
                    self.needed.setdefault(number, f"{who} names it")
