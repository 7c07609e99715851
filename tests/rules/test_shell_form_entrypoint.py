from typing import Any

import pytest
from builders import file, hardlink, symlink
from looking import META, RUN, Step, looked

from layerscope.rules import Found
from layerscope.rules.kit.rule import Confidence, Severity

SH = ["/bin/sh", "-c"]
DASH = symlink("bin/sh", "dash"), file("bin/dash", b"d")
BUSYBOX = symlink("bin/sh", "/bin/busybox"), file("bin/busybox", b"b")
HARD_LINKED = file("bin/[", b"b"), hardlink("bin/busybox", "bin/["), hardlink("bin/sh", "bin/[")
MERGED = symlink("bin", "usr/bin"), symlink("usr/bin/sh", "bash"), file("usr/bin/bash", b"b")
HISTORY = META("ENTRYPOINT old"), META("CMD old"), META("ENTRYPOINT x"), META("CMD x"), META("EXPOSE 80")


def found_in(config: dict[str, Any], *shell: bytes, history: tuple[Step, ...] = HISTORY) -> list[Found]:
    return looked("shell-form-entrypoint", RUN("base", *(shell or DASH)), *history, run=config)


@pytest.mark.parametrize(
    ("config", "instruction"),
    [
        ({"Cmd": [*SH, "node server.js"]}, 4),
        ({"Entrypoint": [*SH, "node server.js"]}, 3),
        ({"Entrypoint": SH, "Cmd": ["node server.js"]}, 3),
        ({"Cmd": ["/bin/bash", "-o", "pipefail", "-c", "node server.js | cat"]}, 4),
        ({"Cmd": [*SH, "cd /app && node server.js"]}, 4),
        ({"Cmd": [*SH, "exec node server.js | tee log"]}, 4),
        ({"Cmd": [*SH, "node server.js; exec"]}, 4),
        ({"Cmd": [*SH, "exec prepare && node server.js"]}, 4),
        ({"Cmd": [*SH, "node server.js || exec true"]}, 4),
        ({"Cmd": [*SH, "(exec node server.js)"]}, 4),
    ],
)
def test_a_shell_as_process_1_is_found_with_the_instruction_that_made_it_so(
    config: dict[str, Any], instruction: int
) -> None:
    [found] = found_in(config)

    keyword = "ENTRYPOINT" if instruction == 3 else "CMD"
    assert found.finding.message.startswith(f"{keyword} in shell form: process 1 is /bin/")
    assert found.finding.message.endswith("which does not pass SIGTERM on to the program")
    assert (found.finding.instruction, found.finding.layer, found.finding.claims) == (instruction, None, {})
    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.HIGH)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"Cmd": ["node", "server.js"]},
        {"Cmd": ["/bin/sh"]},
        {"Cmd": ["bash", "-l"]},
        {"Cmd": [*SH, ""]},
        {"Cmd": [*SH, "exec node server.js"]},
        {"Cmd": [*SH, "exec java $(cat options) -jar x.jar"]},
        {"Cmd": [*SH, "migrate && exec node server.js"]},
        {"Cmd": [*SH, "set -e; exec node server.js --port=$PORT 2>&1;"]},
        {"Entrypoint": ["/entrypoint.sh"], "Cmd": [*SH, "node server.js"]},
        {"Entrypoint": ["/bin/sh", "/entrypoint.sh"]},
        {"Entrypoint": ["tini", "--"], "Cmd": [*SH, "node server.js"]},
    ],
)
def test_what_is_no_shell_or_leaves_its_place_to_the_program_is_not(config: dict[str, Any]) -> None:
    assert found_in(config) == []


@pytest.mark.parametrize(
    ("shell", "script", "informs"),
    [
        (BUSYBOX, "node server.js", True),
        (BUSYBOX, "cd /app && node server.js > log", True),
        (HARD_LINKED, "node server.js", True),
        (MERGED, "node server.js", True),
        (DASH, "node server.js", False),
        (BUSYBOX, "node server.js | tee log", False),
        (BUSYBOX, "trap x TERM; node server.js", False),
        (BUSYBOX, "node server.js || true", False),
        (MERGED, "node server.js > log", False),
        (MERGED, "helper & node server.js", False),
        (MERGED, "if x; then node server.js; fi", False),
        ((symlink("bin/sh", "bash"), symlink("bin/bash", "sh")), "node server.js", False),
    ],
)
def test_shells_that_exec_a_last_command_unasked_are_only_told_of(
    shell: tuple[bytes, ...], script: str, informs: bool
) -> None:
    """Held against busybox 1.35, bash 5.2 and dash 0.5.12, by what the first process was while the script ran."""
    [found] = found_in({"Cmd": [*SH, script]}, *shell)

    expected = (Severity.INFORMATION, Confidence.LOW) if informs else (Severity.MEDIUM, Confidence.HIGH)
    assert (found.severity, found.confidence) == expected
    assert ("only because /bin/sh lets a last command take its place" in found.finding.message) is informs


def test_an_entrypoint_in_shell_form_ignores_cmd() -> None:
    ignored = "the image's CMD is ignored"
    [found] = found_in({"Entrypoint": [*SH, "node server.js"], "Cmd": ["--port=80"]})
    [replaced] = found_in({"Entrypoint": [*SH, "exec node server.js"], "Cmd": ["--port=80"]})
    [by_itself] = found_in({"Entrypoint": [*SH, "node server.js"], "Cmd": ["--port=80"]}, *BUSYBOX)
    [looked_at] = found_in({"Entrypoint": [*SH, 'node "$@"', "--"], "Cmd": ["--port=80"]})

    assert found.finding.message.endswith(f"to the program; and {ignored}")
    assert replaced.finding.message == f"ENTRYPOINT in shell form: {ignored}"
    assert by_itself.severity is Severity.MEDIUM
    assert ignored not in looked_at.finding.message


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        ({"Cmd": [*SH, "node 'my server.js'"]}, 'Write the exec form: CMD ["node", "my server.js"].'),
        ({"Entrypoint": [*SH, "node a"]}, 'Write the exec form: ENTRYPOINT ["node", "a"].'),
        ({"Entrypoint": [*SH, "exec node a"], "Cmd": ["b"]}, 'Write the exec form: ENTRYPOINT ["node", "a"].'),
        ({"Cmd": [*SH, "node --port=$PORT"]}, "Let the program take the shell's place: CMD … exec …, before"),
        ({"Cmd": [*SH, "nohup node a"]}, "Let the program take the shell's place: CMD … exec …, before"),
        ({"Cmd": [*SH, "a; b"]}, "Let the program take the shell's place: CMD … exec …, before"),
        ({"Entrypoint": [*SH, "a; b"], "Cmd": ["c"]}, "Write the exec form, of a script that ends with exec"),
    ],
)
def test_the_remedy_is_the_exec_form_where_no_shell_is_needed(config: dict[str, Any], remedy: str) -> None:
    [found] = found_in(config)

    assert found.finding.remedy.startswith(remedy)


def test_without_a_history_no_instruction_is_named() -> None:
    [found] = found_in({"Cmd": [*SH, "x"]}, history=())

    assert found.finding.instruction is None
