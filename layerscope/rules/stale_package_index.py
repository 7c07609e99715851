"""Packages installed with an index that an earlier instruction fetched: apt-get update in one RUN, install in another.

Builders keep the layer of RUN apt-get update for as long as its text stays the same: months. A change of the later RUN
then installs with the index of that day. It gets old versions, without their security fixes, or fails, since the
archive no longer has them. The index is stored in the image besides.

Fetch it in the instruction that installs, and delete it there: RUN apt-get update && apt-get install -y
--no-install-recommends PACKAGE… && rm -rf /var/lib/apt/lists/*. With apk: RUN apk add --no-cache PACKAGE…; with pacman:
RUN pacman -Syu --noconfirm PACKAGE….

It is told by the layers: the installing RUN found an index of a lower layer, and fetched none, neither by its words nor
by its bytes. One that runs a script before it installs, which may fetch anything, is left out. So are dnf, yum and
zypper, which fetch an index that has aged anew by themselves, as apk does from version 3 on. An index in a cache mount
is in no layer, and cannot be seen.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from layerscope.build.attribution import Instruction
from layerscope.build.shell import SHELLS, Command, commands, subcommand
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


class _Manager(NamedTuple):
    folder: str
    """Where the index lies."""
    prefix: str
    """Of the names of its files."""
    updates: Callable[[Command], bool]
    installs: Callable[[Command], bool]
    remedy: str
    confidence: Confidence = Confidence.HIGH


_APT: Final = frozenset({"apt", "apt-get", "aptitude"})
_APT_INSTALLS: Final = frozenset(
    {"build-dep", "dist-upgrade", "full-upgrade", "install", "reinstall", "safe-upgrade", "upgrade"}
)
_APK_FRESH: Final = frozenset({"-U", "--no-cache", "--update", "--update-cache"})


def _letters(command: Command) -> str:
    """Return the letters of short options together: ``pacman -Sy --noconfirm`` → ``Sy``."""
    return "".join(word[1:] for word in command.words[1:] if word.startswith("-") and not word.startswith("--"))


def _is_apk(command: Command, *, fetches: bool) -> bool:
    if command.program != "apk":
        return False
    is_fresh = not _APK_FRESH.isdisjoint(command.words)
    return (is_fresh or subcommand(command, {"update"})) if fetches else subcommand(command, {"add", "upgrade"})


def _is_pacman(command: Command, *, fetches: bool) -> bool:
    letters = _letters(command) if command.program == "pacman" else ""
    is_install = "S" in letters and not {"c", "g", "i", "l", "s"} & set(letters)
    return is_install and ("y" in letters) == fetches


_MANAGERS: Final = (
    _Manager(
        folder="var/lib/apt/lists",
        prefix="",
        updates=lambda command: command.program in _APT and subcommand(command, {"update"}),
        installs=lambda command: command.program in _APT and subcommand(command, _APT_INSTALLS),
        remedy="Fetch it in the instruction that installs: RUN apt-get update && apt-get install -y … && rm -rf "
        "/var/lib/apt/lists/*.",
    ),
    _Manager(
        folder="var/cache/apk",
        prefix="APKINDEX.",
        updates=lambda command: _is_apk(command, fetches=True),
        installs=lambda command: _is_apk(command, fetches=False),
        remedy="Fetch it in the instruction that installs, and do not keep it: RUN apk add --no-cache ….",
        confidence=Confidence.MEDIUM,
    ),
    _Manager(
        folder="var/lib/pacman/sync",
        prefix="",
        updates=lambda command: _is_pacman(command, fetches=True),
        installs=lambda command: _is_pacman(command, fetches=False),
        remedy="Fetch it in the instruction that installs, with all that is new: RUN pacman -Syu --noconfirm ….",
    ),
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each RUN that installs, and each of its package managers."""
    for manager in _MANAGERS:
        index = _index(evidence, manager)
        if not index:
            continue
        found_by = _found_by_layer(evidence, index)
        for run in evidence.instructions:
            if run.kind != "RUN" or run.layer is None or run.layer in index:
                continue
            found = found_by[run.layer]
            if found is not None and _installs_without_update(manager, run):
                yield Finding(
                    message=f"{evidence.named_layer(run.layer)} installs with the package index in /{manager.folder} "
                    f"that {evidence.named_layer(found)} brought: as long as that layer is cached the index does not "
                    "change, so that old versions are installed, or none found",
                    remedy=manager.remedy,
                    layer=run.layer,
                    confidence=manager.confidence,
                )


def _index(evidence: Evidence, manager: _Manager) -> dict[int, list[int]]:
    """Return layer → the files of the index that it wrote; lock files hold nothing."""
    return evidence.by_layer(
        number
        for number in evidence.below(manager.folder)
        if (entry := evidence.entry(number)).parent == manager.folder
        and entry.name.startswith(manager.prefix)
        and entry.size
    )


def _found_by_layer(evidence: Evidence, index: dict[int, list[int]]) -> list[int | None]:
    """Tell for each layer the newest one below it with files of the index that are still there."""
    there: dict[int, int] = {}
    """Layer → how many of its files are; the newest layer is the last."""
    hides: dict[int, Counter[int]] = {}
    for layer, numbers in index.items():
        for number in numbers:
            if hidden := evidence.hidden_by_number.get(number):
                hides.setdefault(hidden.by, Counter())[layer] += 1
    found: list[int | None] = []
    for layer in range(len(evidence.image.layers)):
        found.append(next(reversed(there), None))
        for hidden_layer, count in hides.get(layer, Counter()).items():
            there[hidden_layer] -= count
            if not there[hidden_layer]:
                del there[hidden_layer]
        if layer in index:
            there[layer] = len(index[layer])
    return found


def _installs_without_update(manager: _Manager, run: Instruction) -> bool:
    """Tell whether a RUN installs before it fetches the index, or runs what may have fetched it."""
    for command in commands(run.text):
        if manager.updates(command) or _may_do_anything(command):
            return False
        if manager.installs(command):
            return True
    return False


def _may_do_anything(command: Command) -> bool:
    """Tell whether this runs a script: ``bash -``, ``./setup.sh``, ``. setup``; or adds an archive, which fetches."""
    return (
        command.program in SHELLS
        or command.program in ("add-apt-repository", "make", "source", ".")
        or command.program.endswith(".sh")
        or command.words[0].startswith("./")
    )


RULES: Final = (Rule("stale-package-index", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)
