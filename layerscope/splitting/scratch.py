"""Whether a program can do without a base: it is static, or the libraries that it is linked with are all it needs."""

from typing import Final

from layerscope.filesystem.files import Files
from layerscope.model import RunConfig
from layerscope.packages import Owned
from layerscope.splitting.decide import Decision
from layerscope.splitting.libraries import DATA_ONLY, libraries_of
from layerscope.splitting.needs import elf_of
from layerscope.splitting.paths import Paths
from layerscope.splitting.system import System

_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
_NAMED_CERTIFICATES: Final = "SSL_CERT_FILE"
_ZONES: Final = "usr/share/zoneinfo"
_BOOKS: Final = ("etc/passwd", "etc/group")


def fits(
    files: Files, run: RunConfig, owned: Owned, system: System | None, decision: Decision, paths: Paths
) -> dict[int, str] | None:
    """Return what else the program wants to have copied → why; ``None`` where it needs more than can be told."""
    words = (*run.entrypoint, *run.cmd)
    if not words or decision.started.unknown or (run.healthcheck and run.healthcheck.test[:1] == ("CMD-SHELL",)):
        return None
    program = paths.program(words[0])[-1:]
    if not program or program[0] not in decision.artefacts or elf_of(files, program[0]) is None:
        return None
    asked = {name for name, why in decision.packages.items() if why.startswith("asked for")}
    more = libraries_of(files, owned, system, decision, paths) if asked <= DATA_ONLY else None
    if more is None:
        return None
    for path in (_CERTIFICATES, paths.environment.get(_NAMED_CERTIFICATES, "").strip("/")):
        if (bundle := files.kept_at(path)) is not None:
            more[bundle] = "programs verify their peers by it"
    if system and "tzdata" in asked:
        more |= {number: "asked for by name" for number in files.below(_ZONES) if files.is_kept(number)}
    if run.user and not run.user.partition(":")[0].isdecimal():
        numbers = (files.kept_at(path) for path in _BOOKS)
        more |= {number: "the user is known by it" for number in numbers if number is not None}
    return more
