"""A program that logs to files: logs in its folders, a volume for logs, a command or variable that names a log file.

What is written into a container is seen by nobody, grows until the disk is full, and is lost with the container. What
is written to standard output is what docker logs and kubectl logs show, and what the cluster collects.

Let the program log to standard output and standard error. Where it only knows files, link them there, as the official
image of nginx does: RUN ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log.
In Kubernetes, what cannot be changed is read by a sidecar from an emptyDir that both mount.

Found are *.log files of the final filesystem in folders named log or logs, in the working directory, and in a folder
of /var/log that is a program's; VOLUME of a folder for logs; and log files that the image's command or a variable
names. Left out are links to /dev/stdout, /dev/stderr and /proc/self/fd, logs of package managers and builds, and what
lies in packages. The bytes of old logs are another rule's (logs-and-temp).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_VAR_LOG: Final = "var/log"
_OF_SYSTEM: Final = frozenset(
    {
        *(
            "ConsoleKit",
            "anaconda",
            "apt",
            "dist-upgrade",
            "dnf",
            "fsck",
            "installer",
            "journal",
            "landscape",
            "private",
        ),
        *("rhsm", "sysstat", "unattended-upgrades", "yum", "zypp"),
    }
)
"""Folders of /var/log in which the system's installation, not a program, writes."""
_OF_OTHERS: Final = frozenset(
    {
        *(".cache", ".cargo", ".gradle", ".m2", ".npm", ".yarn", "_logs", "bower_components", "dist-packages", "gems"),
        *("node_modules", "site-packages", "test", "tests", "testdata", "vendor", "CMakeFiles"),
    }
)
_NO_PROGRAMS: Final = ("tmp/", "var/tmp/", "run/", "usr/share/", "usr/lib/", "usr/local/lib/", "var/lib/", "var/cache/")
_LOG_FOLDERS: Final = frozenset({"log", "logs"})
_STREAMS: Final = ("/dev/std", "/proc/self/fd/", "/proc/1/fd/", "/dev/fd/", "/dev/null")
_NAMED: Final = 4


def find(evidence: Evidence) -> Iterator[Finding]:
    """Of files one finding for each layer; one for each volume; one for all that command and variables name."""
    yield from _files(evidence)
    yield from _volumes(evidence)
    yield from _configured(evidence)


def _files(evidence: Evidence) -> Iterator[Finding]:
    kept = [number for number in evidence.suffixed("log") if _is_log(evidence, number) and evidence.is_kept(number)]
    for layer, numbers in evidence.by_layer(kept).items():
        paths = evidence.paths(numbers)
        yield _finding(
            f"log files that {evidence.named_layer(layer)} left in folders of a program, which seems to log to files",
            paths[0],
            layer=layer,
            paths=paths,
        )


def _is_log(evidence: Evidence, number: int) -> bool:
    """Tell whether a log file is a program's own: not of a build, the system, or a package."""
    entry = evidence.entry(number)
    if entry.kind is not EntryKind.FILE:
        return False
    parent = entry.parent
    parts = parent.split("/")
    if parent.startswith(f"{_VAR_LOG}/"):
        return parts[2] not in _OF_SYSTEM
    if entry.size == 0 or parent == _VAR_LOG or entry.path.startswith(_NO_PROGRAMS) or not _OF_OTHERS.isdisjoint(parts):
        return False
    working_dir = evidence.image.run_config.working_dir.strip("/")
    return not _LOG_FOLDERS.isdisjoint(parts) or (parent == working_dir != "")


def _volumes(evidence: Evidence) -> Iterator[Finding]:
    told_by = {
        word.strip("\"',[]/"): each.index
        for each in evidence.instructions
        if each.kind == "VOLUME"
        for word in each.text.split()
    }
    for path in dict.fromkeys(volume.strip("/") for volume in evidence.image.run_config.volumes):
        if not _LOG_FOLDERS.isdisjoint(path.split("/")) and not _holds_streams(evidence, path):
            yield _finding(
                f"a volume for logs, /{path}: the program seems to log to files",
                f"{path}/….log",
                instruction=told_by.get(path),
            )


def _holds_streams(evidence: Evidence, folder: str) -> bool:
    """Tell whether the logs of a folder are links to where they belong."""
    numbers = evidence.filesystem.folders.get(folder, {}).values()
    return any(number >= 0 and _is_stream(evidence.entry(number)) for number in numbers)


def _is_stream(entry: Entry) -> bool:
    return entry.kind is EntryKind.SYMLINK and entry.target.startswith(_STREAMS)


def _configured(evidence: Evidence) -> Iterator[Finding]:
    run = evidence.image.run_config
    words = [word for text in (*run.entrypoint, *run.cmd) for word in text.split()]
    variables = [value for name, value in evidence.environment.items() if "LOG" in name.upper()]
    named = [path for path in _log_paths((*words, *variables)) if not _is_linked(evidence, path)]
    if named:
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        told = ", ".join(f"/{path}" for path in named[:_NAMED])
        yield _finding(f"the image's command or variables name log files: {told}{more}", named[0])


def _log_paths(texts: Iterable[str]) -> list[str]:
    """List the log files that words name, from the root: ``--logfile=/var/log/x.log``, ``>>/var/log/x.log``."""
    paths = (text.rpartition("=")[2].lstrip(">\"'").rstrip("\"';&") for text in texts)
    return list(dict.fromkeys(path.strip("/") for path in paths if path.startswith("/") and path.endswith(".log")))


def _is_linked(evidence: Evidence, path: str) -> bool:
    number = evidence.kept_at(path)
    return number is not None and _is_stream(evidence.entry(number))


def _finding(
    message: str,
    path: str,
    *,
    layer: int | None = None,
    instruction: int | None = None,
    paths: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        message=f"{message}; neither docker logs nor kubectl logs shows them",
        remedy=f"Let it log to standard output; or link the file there: RUN ln -sf /dev/stdout /{path}.",
        layer=layer,
        instruction=instruction,
        paths=paths,
    )


RULES: Final = (Rule("log-files", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
