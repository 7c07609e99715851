"""Logs and temporary files: what lies in /var/log, /tmp, /var/tmp and /run.

A build's logs tell of the build, and a container's own go elsewhere; what a program wants in /tmp it makes when it
runs.

Let the build write them to where nothing is kept: RUN --mount=type=tmpfs,target=/tmp …; or delete them in the
instruction that writes them: RUN … && rm -rf /tmp/* && find /var/log -type f -delete, which leaves the folders that a
server wants for its logs.

Left out are links (logs that lead to /dev/stdout), lastlog and faillog (sparse-login-log), and files that the image's
command or working directory names. Layers with less than 10 kB are left out.
"""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 10_000
"""Bytes of one layer; an installation's logs are some more than that, a lock or a socket's folder is less."""
_FOLDERS: Final = ("run", "tmp", "var/log", "var/run", "var/tmp")
_NAMED: Final = 3
"""Paths that a remedy names, where it cannot name folders."""
_ELSEWHERE: Final = frozenset({"var/log/faillog", "var/log/lastlog", "var/log/tallylog"})


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    used = tuple(_used(evidence))
    files = (
        number
        for folder in _FOLDERS
        for number in evidence.below(folder)
        if _is_ballast(evidence.entry(number)) and not f"{evidence.entry(number).path}/".startswith(used)
    )
    for layer, names, claims in ballast(evidence, files, _LEAST):
        paths = evidence.paths(names)
        yield Finding(
            message=f"logs and temporary files of {evidence.named_layer(layer)}, which nothing reads again",
            remedy=_remedy(paths, used, from_copy=is_copied(evidence, layer)),
            layer=layer,
            paths=paths,
            claims=claims,
        )


def _used(evidence: Evidence) -> Iterator[str]:
    """Yield the paths, a slash behind each, that a container is started with."""
    run = evidence.image.run_config
    for text in (run.working_dir, *run.entrypoint, *run.cmd):
        for word in text.split():
            if word.startswith("/") and (path := word.strip("/")):
                yield f"{path}/"


def _is_ballast(entry: Entry) -> bool:
    return entry.kind in (EntryKind.FILE, EntryKind.HARDLINK) and entry.path not in _ELSEWHERE


def _remedy(paths: Sequence[str], used: Sequence[str], *, from_copy: bool) -> str:
    """Say what to delete, and leave what is wanted: the folders that a server logs to, what a container starts."""
    if from_copy:
        return "Do not copy them there: mount what one RUN needs: RUN --mount=type=bind,source=…,target=/tmp/… …."
    folders = [folder for folder in _FOLDERS if any(path.startswith(f"{folder}/") for path in paths)]
    bare = [folder for folder in folders if folder.endswith("tmp") and not any(f"{folder}/" in path for path in used)]
    others = [folder for folder in folders if folder not in bare]
    if any(path.startswith(f"{folder}/") for folder in others for path in used):
        named = " ".join(shlex.quote(f"/{path}") for path in paths[:_NAMED])
        return f"Delete them in the instruction that writes them: RUN … && rm {named}{' …' * (len(paths) > _NAMED)}."
    commands = [f"rm -rf {' '.join(f'/{folder}/*' for folder in bare)}"] if bare else []
    commands += [f"find {' '.join(f'/{folder}' for folder in others)} -type f -delete"] if others else []
    mounts = " ".join(f"--mount=type=tmpfs,target=/{folder}" for folder in bare)
    return f"Delete them in the instruction that writes them: RUN … && {' && '.join(commands)}" + (
        f"; or keep nothing of it: RUN {mounts} …." if mounts else "."
    )


RULES: Final = (Rule("logs-and-temp", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
