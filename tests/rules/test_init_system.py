from typing import Any

import pytest
from builders import file, hardlink, symlink, whiteout
from looking import COPY, RUN, looked

from layerscope.rules.kit.rule import Confidence, Severity


def program(path: str, mode: int = 0o755) -> bytes:
    return file(path, path.encode(), mode=mode)


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        ("usr/lib/systemd/systemd", "systemd", "Start the program itself"),
        ("lib/systemd/systemd", "systemd", "Start the program itself"),
        ("sbin/init", "an init system", "Start the program itself"),
        ("usr/sbin/cron", "cron", "Leave it out, and make a CronJob"),
        ("usr/sbin/crond", "cron", "Leave it out, and make a CronJob"),
        ("usr/sbin/rsyslogd", "syslog", "Leave it out, and let the program write its logs to standard output"),
        ("usr/sbin/syslog-ng", "syslog", "Leave it out, and let the program write its logs to standard output"),
    ],
)
def test_what_a_machine_needs_and_a_container_does_not(path: str, what: str, remedy: str) -> None:
    [found] = looked("init-system", COPY("a /", file("a", b"a")), RUN("install", program(path)))

    assert (found.severity, found.confidence) == (Severity.LOW, Confidence.MEDIUM)
    assert (found.finding.layer, found.finding.paths, found.finding.claims) == (1, (path,), {})
    assert found.finding.message == f"{what} in RUN install, which a machine needs and a container does not"
    assert found.finding.remedy.startswith(remedy)


def test_init_is_what_it_leads_to() -> None:
    members = program("usr/lib/systemd/systemd"), symlink("sbin/init", "/lib/systemd/systemd")

    [found] = looked("init-system", RUN("install", *members), run={"Cmd": ["/sbin/init"]})

    assert found.finding.message == (
        "systemd in RUN install, which a machine needs and a container does not; the image's command starts it"
    )
    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.HIGH)
    assert set(found.finding.paths) == {"sbin/init", "usr/lib/systemd/systemd"}


@pytest.mark.parametrize("run", [{"Cmd": ["cron", "-f"]}, {"Entrypoint": ["/entrypoint.sh"], "Cmd": ["cron"]}])
def test_what_the_command_starts_matters_more(run: dict[str, Any]) -> None:
    found = looked("init-system", RUN("x", program("usr/sbin/cron"), program("usr/sbin/rsyslogd")), run=run)

    assert [(each.severity, each.finding.paths) for each in found] == [
        (Severity.MEDIUM, ("usr/sbin/cron",)),
        (Severity.LOW, ("usr/sbin/rsyslogd",)),
    ]


@pytest.mark.parametrize(
    "members",
    [
        [program("usr/lib/x86_64-linux-gnu/libsystemd.so.0")],
        [file("usr/lib/systemd/system/nginx.service", b"[Unit]")],
        [program("usr/bin/tini"), program("usr/bin/dumb-init"), program("usr/bin/supercronic")],
        [symlink("usr/sbin/crond", "/bin/busybox"), symlink("sbin/syslogd", "/bin/busybox")],
        [symlink("sbin/init", "/bin/busybox"), program("bin/busybox")],
        [program("bin/["), hardlink("bin/busybox", "bin/["), hardlink("bin/crond", "bin/[")],
        [program("init"), program("etc/init.d/cron"), program("app/cron")],
        [program("usr/sbin/cron", mode=0o644)],
    ],
)
def test_libraries_units_small_inits_and_names_of_busybox_are_not(members: list[bytes]) -> None:
    assert looked("init-system", RUN("install", *members)) == []


def test_what_is_deleted_is_not() -> None:
    assert looked("init-system", RUN("x", program("usr/sbin/cron")), RUN("y", whiteout("usr/sbin/cron"))) == []
