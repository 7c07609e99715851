"""A container whose first process is a shell: ENTRYPOINT or CMD in shell form.

CMD node server.js starts /bin/sh -c "node server.js". To stop a container, engines and Kubernetes send SIGTERM to the
first process. A shell does not pass it on and, as the first process, does not die of it either: the program never hears
of it, cannot finish its requests, and is killed when the grace period is over (10 s, in Kubernetes 30 s). And an
ENTRYPOINT in shell form takes no arguments: CMD and what is written after docker run are ignored.

Write the exec form, ENTRYPOINT ["node", "server.js"], which needs no shell in the image. Where a shell has to stay, for
variables or several commands, let the program take its place: CMD exec node --port=$PORT server.js. A program that
starts others and does not look after them runs below an init: ENTRYPOINT ["tini", "--"], or dumb-init.

A script that begins with #! and is started in exec form is not looked into; it does well to end with exec "$@". Left
out are shell forms whose last command begins with exec. Some shells, such as bash and those of busybox, exec a last
command of their own accord where it is a plain one; dash, the /bin/sh of Debian and Ubuntu, does not. Where the image's
shell is one of them, the finding is for information only: a pipe, a trap or another base image undoes it.
"""

from collections.abc import Iterator
from posixpath import join, normpath
from typing import Final, NamedTuple

from layerscope.build.shell import Command, commands, script_of
from layerscope.model import EntryKind
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.instructions import exec_form, last
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_NOT_PLAIN: Final = frozenset("$`*?[]{}~<>&|;()#=!\\\n")
"""What a shell would do more with than split it into words."""
_COMPOUND: Final = frozenset({"{", "case", "for", "if", "until", "while"})
_ARGUMENTS: Final = ("$@", "$*", "$0", "$1", "${@", "${*", "${0", "${1")
_LINKS: Final = 8


class _ShellForm(NamedTuple):
    keyword: str
    shell: str
    script: str
    parsed: tuple[Command, ...]
    ignores_cmd: bool


def find(evidence: Evidence) -> Iterator[Finding]:
    """At most one finding: a container has one first process."""
    form = _shell_form(evidence)
    if form is None:
        return
    ends_with_exec = form.parsed[-1].words[0] == "exec" and len(form.parsed[-1].words) > 1 and _is_last(form)
    if ends_with_exec and not form.ignores_cmd:
        return
    by_itself = not ends_with_exec and _execs_by_itself(evidence, form)
    only_worth_knowing = by_itself and not form.ignores_cmd
    yield Finding(
        message=_message(form, ends_with_exec=ends_with_exec, by_itself=by_itself),
        remedy=_remedy(form),
        instruction=last(evidence, form.keyword),
        severity=Severity.INFORMATION if only_worth_knowing else None,
        confidence=Confidence.LOW if only_worth_knowing else None,
    )


def _shell_form(evidence: Evidence) -> _ShellForm | None:
    config = evidence.image.run_config
    words = (*config.entrypoint, *config.cmd)
    at = script_of(words)
    if at is None or evidence.image.platform.os == "windows":
        return None
    script = words[at]
    parsed = commands(script)
    # Words after the script are its arguments, which few look at.
    ignores_cmd = at < len(config.entrypoint) and bool(config.cmd) and not any(name in script for name in _ARGUMENTS)
    keyword = "ENTRYPOINT" if config.entrypoint else "CMD"
    return _ShellForm(keyword, words[0], script, parsed, ignores_cmd) if parsed else None


def _message(form: _ShellForm, *, ends_with_exec: bool, by_itself: bool) -> str:
    if by_itself:
        process = f"SIGTERM reaches the program only because {form.shell} lets a last command take its place"
    else:
        process = f"process 1 is {form.shell}, which does not pass SIGTERM on to the program"
    ignored = "the image's CMD is ignored" if form.ignores_cmd else ""
    told = "; and ".join(filter(None, ("" if ends_with_exec else process, ignored)))
    return f"{form.keyword} in shell form: {told}"


def _remedy(form: _ShellForm) -> str:
    words = form.parsed[0].words
    if len(form.parsed) == 1 and _NOT_PLAIN.isdisjoint(form.script) and form.script.split()[0] == words[0]:
        return f"Write the exec form: {form.keyword} {exec_form(words[1:] if words[0] == 'exec' else words)}."
    if form.ignores_cmd:
        return (
            'Write the exec form, of a script that ends with exec "$@", which takes CMD: ENTRYPOINT '
            '["/entrypoint.sh"]; or leave CMD out.'
        )
    return (
        f"Let the program take the shell's place: {form.keyword} … exec …, before its last command; or write the exec "
        'form with a script that ends so. Where a shell has to stay, start it below an init: ENTRYPOINT ["tini", "-g", '
        '"--"].'
    )


def _is_last(form: _ShellForm) -> bool:
    """Tell whether the last command is run by the shell itself, whatever those before it say."""
    before = form.parsed[-2].after if len(form.parsed) > 1 else ""
    return form.parsed[-1].after in ("", ";", "\n") and before not in ("|", "|&", "||")


def _execs_by_itself(evidence: Evidence, form: _ShellForm) -> bool:
    """Tell whether the shell execs its last command unasked: seen of busybox 1.35 and bash 5.2, not of dash 0.5.12."""
    if not _is_last(form) or any(each.program == "trap" for each in form.parsed):
        return False
    shell = _program_at(evidence, form.shell)
    if shell == "bash":
        is_plain = _COMPOUND.isdisjoint(form.script.split()) and "<" not in form.script and ">" not in form.script
        return is_plain and all(each.after != "&" for each in form.parsed)
    return shell in ("ash", "busybox")


def _program_at(evidence: Evidence, path: str) -> str:
    """Return the name of the program that a path leads to in the final filesystem: ``/bin/sh`` → ``busybox``."""
    at = normpath(path).strip("/")
    for _ in range(_LINKS):
        folder, _, name = at.rpartition("/")
        number, below = evidence.kept_at(at), ""
        if number is None:  # where /bin is a link to /usr/bin
            top, _, below = at.partition("/")
            folder, number = "", evidence.kept_at(top)
        if number is None:
            return name
        entry = evidence.entry(number)
        if entry.kind is not EntryKind.SYMLINK:
            return "busybox" if _is_same(evidence, number, evidence.kept_at(f"{folder}/busybox")) else name
        at = normpath(join("/", folder, entry.target, below)).strip("/")
    return ""


def _is_same(evidence: Evidence, number: int, other: int | None) -> bool:
    """Tell whether two names are of the same file: busybox may be installed as hard links."""
    carriers = evidence.filesystem.carriers
    return other is not None and carriers.get(number, number) == carriers.get(other, other)


RULES: Final = (Rule("shell-form-entrypoint", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)
