from typing import Any

import pytest
from builders import file, symlink, whiteout
from looking import COPY, META, RUN, Step, looked

from layerscope.rules.kit.rule import Confidence, Severity

LAST = "; neither docker logs nor kubectl logs shows them"


@pytest.mark.parametrize(
    "path",
    [
        "app/logs/app.log",
        "srv/web/log/production.log",
        "app/storage/logs/laravel.log",
        "opt/tomcat/logs/catalina.2024-01-01.log",
        "var/log/nginx/access.log",
        "srv/app/debug.log",
    ],
)
def test_logs_in_folders_of_a_program_tell_that_it_logs_to_files(path: str) -> None:
    [found] = looked("log-files", RUN("make test", file(path, b"GET /")), run={"WorkingDir": "/srv/app"})

    assert (found.severity, found.confidence) == (Severity.LOW, Confidence.MEDIUM)
    assert (found.finding.layer, found.finding.paths, found.finding.claims) == (0, (path,), {})
    assert found.finding.message == (
        f"log files that RUN make test left in folders of a program, which seems to log to files{LAST}"
    )
    assert found.finding.remedy == (
        f"Let it log to standard output; or link the file there: RUN ln -sf /dev/stdout /{path}."
    )


def test_an_empty_log_where_servers_log_counts() -> None:
    assert len(looked("log-files", RUN("apt-get install nginx", file("var/log/nginx/error.log")))) == 1
    assert looked("log-files", RUN("mkdir", file("app/logs/app.log"))) == []


@pytest.mark.parametrize(
    "path",
    [
        "var/log/dpkg.log",
        "var/log/apt/history.log",
        "var/log/installer/a.log",
        "tmp/logs/a.log",
        "root/.npm/_logs/a.log",
        "app/node_modules/x/logs/a.log",
        "usr/lib/python3/x/logs/a.log",
        "app/tests/logs/a.log",
        "app/config.log",
        "app/logs/README.md",
        "app/logs.txt",
    ],
)
def test_logs_of_builds_package_managers_and_packages_are_not(path: str) -> None:
    assert looked("log-files", RUN("make", file(path, b"log")), run={"WorkingDir": "/srv"}) == []


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/self/fd/2"])
def test_links_to_standard_output_are_how_it_is_done(target: str) -> None:
    linked = RUN("ln -sf", symlink("var/log/nginx/access.log", target))

    assert looked("log-files", linked) == []
    assert looked("log-files", linked, run={"Cmd": ["x", "--log=/var/log/nginx/access.log"]}) == []
    volume = META("VOLUME [/var/log/nginx]")
    assert looked("log-files", linked, volume, run={"Volumes": {"/var/log/nginx": {}}}) == []


def test_what_is_deleted_or_was_replaced_by_a_link_is_not() -> None:
    made = RUN("install", file("var/log/nginx/access.log"))

    assert looked("log-files", made, RUN("ln", symlink("var/log/nginx/access.log", "/dev/stdout"))) == []
    assert looked("log-files", made, RUN("rm", whiteout("var/log/nginx"))) == []


@pytest.mark.parametrize(
    "text", ["VOLUME [/data /var/log/app/]", 'VOLUME ["/data", "/var/log/app/"]', "VOLUME /var/log/app/"]
)
def test_a_volume_for_logs(text: str) -> None:
    steps = RUN("x", file("a", b"a")), Step(text, None)

    [found] = looked("log-files", *steps, run={"Volumes": {"/data": {}, "/var/log/app/": {}}})

    assert (found.finding.instruction, found.finding.layer) == (1, None)
    assert found.finding.message == f"a volume for logs, /var/log/app: the program seems to log to files{LAST}"
    assert "RUN ln -sf /dev/stdout /var/log/app/….log." in found.finding.remedy
    assert looked("log-files", *steps, run={"Volumes": {"/data": {}, "/var/catalog": {}}}) == []


@pytest.mark.parametrize(
    "run",
    [
        {"Cmd": ["gunicorn", "--access-logfile", "/var/log/x.log", "app"]},
        {"Cmd": ["gunicorn", "--access-logfile=/var/log/x.log"]},
        {"Entrypoint": ["sh", "-c", "server >>/var/log/x.log 2>&1"]},
        {"Cmd": ["sh", "-c", "server & tail -F '/var/log/x.log'; wait"]},
        {"Env": ["APP_LOG_FILE=/var/log/x.log"]},
    ],
)
def test_a_command_or_a_variable_that_names_a_log_file(run: dict[str, Any]) -> None:
    [found] = looked("log-files", COPY(". /app", file("app/x", b"x")), run=run)

    assert found.finding.message == f"the image's command or variables name log files: /var/log/x.log{LAST}"
    assert (found.finding.layer, found.finding.instruction) == (None, None)


@pytest.mark.parametrize(
    "run",
    [
        {"Cmd": ["gunicorn", "--access-logfile", "-"]},
        {"Cmd": ["server", "--url=https://example.org/x.log", "logs/x.log"]},
        {"Env": ["LOG_LEVEL=info", "LOG_FILE=/dev/stdout", "OTHER=/var/log/x.log"]},
    ],
)
def test_other_words_are_not(run: dict[str, Any]) -> None:
    assert looked("log-files", COPY(". /app", file("app/x", b"x")), run=run) == []


def test_of_many_some_are_named_and_odd_names_do_no_harm() -> None:
    words = [f"/log/{number}.log" for number in range(10_000)]

    found = looked("log-files", RUN("x", file("a\n\x1b/logs/\x01.log", b"x")), run={"Cmd": words})

    assert [each.finding.paths for each in found] == [(), ("a\n\x1b/logs/\x01.log",)]
    assert found[0].finding.message == (
        "the image's command or variables name log files: /log/0.log, /log/1.log, /log/2.log, /log/3.log and 9996 "
        f"more{LAST}"
    )
