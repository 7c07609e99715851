"""Whether a program needs no base at all."""

from typing import Final

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind, RunConfig
from layerscope.splitting.decide import Decision
from layerscope.splitting.needs import elf_of, is_static
from layerscope.splitting.paths import Paths
from layerscope.splitting.system import System

_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
_ZONES: Final = "usr/share/zoneinfo"
_DATA_ONLY: Final = frozenset({"ca-certificates", "tzdata", "media-types", "mime-support", "netbase", "openssl"})
"""Packages of which a static program uses data at most."""
_BOOKS: Final = ("etc/passwd", "etc/group")


def fits(
    files: Files, run: RunConfig, system: System | None, decision: Decision, paths: Paths
) -> tuple[int, ...] | None:
    """Return what else a static program wants to have copied; ``None`` where it needs more than that."""
    words = (*run.entrypoint, *run.cmd)
    if not words or decision.started.unknown or (run.healthcheck and run.healthcheck.test[:1] == ("CMD-SHELL",)):
        return None
    program = paths.program(words[0])[-1:]
    static = bool(program) and (elf := elf_of(files, program[0])) is not None and is_static(elf)
    if not static or program[0] not in decision.artefacts:
        return None
    asked = {name for name, why in decision.packages.items() if why.startswith("asked for")}
    if not asked <= _DATA_ONLY or not _all_static(files, decision):
        return None
    more: list[int] = []
    if (bundle := files.kept_at(_CERTIFICATES)) is not None:
        more.append(bundle)
    if system and "tzdata" in asked:
        more += [number for number in files.below(_ZONES) if files.is_kept(number)]
    if run.user and not run.user.partition(":")[0].isdecimal():
        more += [number for path in _BOOKS if (number := files.kept_at(path)) is not None]
    return tuple(more)


def _all_static(files: Files, decision: Decision) -> bool:
    """Tell whether no kept file needs another one that is not kept."""
    for number in decision.artefacts:
        entry = files.entry(number)
        elf = elf_of(files, number) if entry.kind is EntryKind.FILE else None
        if elf is not None and not is_static(elf):
            return False
    return all(number in decision.artefacts for number in decision.needed)
