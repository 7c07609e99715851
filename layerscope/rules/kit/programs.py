"""Programs that an image holds, by name, and those that its command starts."""

from collections.abc import Iterator
from typing import Final

from layerscope.model import EntryKind
from layerscope.rules.kit.evidence import Evidence

_FOLDERS: Final = frozenset({".bin", "bin", "command", "libexec", "sbin"})
_EXECUTABLE_BITS: Final = 0o111
_MANY_IN_ONE: Final = ("busybox", "toybox")
"""Programs that stand for hundreds: their names are there whether or not anybody wants them."""
_WRAPPERS: Final = frozenset(
    {"bash", "catatonit", "dumb-init", "env", "exec", "gosu", "node", "python", "python3", "sh", "su-exec", "tini"}
)
"""What a command may begin with before the program that it is about."""
_SCRIPTS: Final = (".sh", "entrypoint")
"""How scripts are named that end by starting what the command goes on with."""


def installed(evidence: Evidence, name: str) -> Iterator[int]:
    """Yield the programs of one name that stand in folders for programs of the final filesystem."""
    for number in evidence.named(name):
        entry = evidence.entry(number)
        if entry.parent.rpartition("/")[2] in _FOLDERS and evidence.is_kept(number) and is_program(evidence, number):
            yield number


def is_program(evidence: Evidence, number: int) -> bool:
    """Tell whether a file may be run, or a link leads to one, and is not one of a program that stands for many."""
    entry = evidence.entry(number)
    if entry.kind is EntryKind.SYMLINK:
        return entry.target.rpartition("/")[2] not in _MANY_IN_ONE
    carrier = evidence.carrier_of(number)
    if evidence.entry(carrier).kind is not EntryKind.FILE or not evidence.entry(carrier).mode & _EXECUTABLE_BITS:
        return False
    # In busybox's own image all names are hard links.
    whole = (evidence.kept_at(f"{entry.parent}/{name}") for name in _MANY_IN_ONE)
    return all(each is None or evidence.carrier_of(each) != carrier for each in whole)


def started(evidence: Evidence) -> str:
    """Return the name of the program that a container begins with, wrappers left out; empty for none."""
    run = evidence.image.run_config
    words = (word for text in (*run.entrypoint, *run.cmd) for word in text.split())
    return next((name for word in words if _is_program_name(name := word.rpartition("/")[2])), "")


def _is_program_name(word: str) -> bool:
    """Tell a program from options, variables, and what only leads to it."""
    return word not in _WRAPPERS and not word.startswith("-") and "=" not in word and not word.endswith(_SCRIPTS)
