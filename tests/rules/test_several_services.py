from typing import Any

import pytest
from builders import file, hardlink, symlink, whiteout
from looking import COPY, RUN, Step, looked

from layerscope.rules.kit.rule import Confidence, Severity


def program(path: str, mode: int = 0o755) -> bytes:
    return file(path, path.encode(), mode=mode)


NGINX = RUN("apt-get install -y nginx", program("usr/sbin/nginx"))
PHP = RUN("apt-get install -y php-fpm", program("usr/sbin/php-fpm8.2"))
SUPERVISOR = RUN("pip install supervisor", program("usr/local/bin/supervisord"))


def test_each_server_is_told_with_what_brought_it() -> None:
    [found] = looked("several-services", NGINX, PHP, COPY(". /app", file("app/index.php", b"p")))

    assert (found.severity, found.confidence, found.finding.layer) == (Severity.MEDIUM, Confidence.MEDIUM, 1)
    assert found.finding.message == (
        "more than one server in one image: nginx (RUN apt-get install -y nginx), PHP-FPM (RUN apt-get install -y "
        "php-fpm)"
    )
    assert found.finding.remedy == (
        "Make an image of each, and run them as containers of one Pod (a sidecar, an ambassador, an adaptor) or as "
        "Deployments of their own; each then has its own command, logs, limits and restarts."
    )
    assert (found.finding.paths, found.finding.claims) == (("usr/sbin/php-fpm8.2", "usr/sbin/nginx"), {})


@pytest.mark.parametrize(
    "path",
    [
        "usr/sbin/sshd",
        "usr/local/sbin/php-fpm",
        "usr/sbin/php-fpm82",
        "usr/sbin/apache2",
        "usr/lib/postgresql/16/bin/postgres",
        "usr/local/bin/redis-server",
        "opt/bitnami/mongodb/bin/mongod",
        "usr/lib/rabbitmq/bin/rabbitmq-server",
        "usr/sbin/haproxy",
        "usr/bin/memcached",
        "usr/sbin/mariadbd",
    ],
)
def test_beside_another_server_these_count(path: str) -> None:
    assert len(looked("several-services", NGINX, RUN("install", program(path)))) == 1
    assert looked("several-services", RUN("install", program(path))) == []


@pytest.mark.parametrize(
    "member",
    [
        program("usr/bin/redis-cli"),
        program("usr/bin/mysql"),
        program("usr/bin/psql"),
        program("usr/bin/ssh"),
        program("etc/init.d/redis-server"),
        program("usr/sbin/sshd", mode=0o644),
        symlink("usr/sbin/httpd", "/bin/busybox"),
        program("usr/local/bin/nginx"),
    ],
)
def test_clients_scripts_links_to_busybox_and_the_same_again_do_not(member: bytes) -> None:
    assert looked("several-services", NGINX, RUN("install", member)) == []


def test_hard_links_of_busybox_are_not_servers() -> None:
    busybox = program("bin/["), hardlink("bin/busybox", "bin/["), hardlink("bin/httpd", "bin/[")

    assert looked("several-services", NGINX, Step("ADD rootfs.tar / # buildkit", busybox)) == []
    linked = program("usr/bin/a"), hardlink("usr/bin/redis-server", "usr/bin/a")
    assert len(looked("several-services", NGINX, RUN("x", *linked))) == 1


def test_names_of_one_server_count_once_and_what_is_deleted_does_not() -> None:
    mysql = RUN("install", program("usr/sbin/mariadbd"), symlink("usr/sbin/mysqld", "mariadbd"))

    assert looked("several-services", mysql) == []
    assert looked("several-services", NGINX, mysql, RUN("rm", whiteout("usr/sbin/nginx"))) == []


@pytest.mark.parametrize(
    ("run", "confidence"),
    [
        ({"Cmd": ["nginx", "-g", "daemon off;"]}, Confidence.MEDIUM),
        ({"Cmd": ["/usr/local/bin/supervisord", "-n"]}, Confidence.HIGH),
        ({"Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["supervisord"]}, Confidence.HIGH),
        ({"Entrypoint": ["tini", "--"], "Cmd": ["sh", "-c", "exec supervisord -n"]}, Confidence.HIGH),
    ],
)
def test_a_process_manager_with_a_server(run: dict[str, Any], confidence: Confidence) -> None:
    [found] = looked("several-services", NGINX, SUPERVISOR, run=run)

    assert found.confidence == confidence
    assert found.finding.message == (
        "a server and a process manager in one image: nginx (RUN apt-get install -y nginx), supervisord (RUN pip "
        "install supervisor)"
    )


@pytest.mark.parametrize(
    ("path", "run"),
    [
        ("usr/bin/supervisord", {"Cmd": ["python3", "/usr/bin/supervisord"]}),
        ("usr/local/bin/pm2", {"Cmd": ["pm2-runtime", "app.js"]}),
        ("command/s6-svscan", {"Entrypoint": ["/init"]}),
        ("usr/bin/runsvdir", {"Cmd": ["runsvdir", "/etc/service"]}),
        ("usr/bin/monit", {"Cmd": ["monit", "-I"]}),
        ("usr/local/bin/circusd", {"Cmd": ["env", "A=1", "circusd", "x.ini"]}),
    ],
)
def test_a_process_manager_alone_counts_where_the_command_starts_it(path: str, run: dict[str, Any]) -> None:
    [found] = looked("several-services", RUN("install", program(path)), run=run)

    assert found.confidence == Confidence.MEDIUM
    assert found.finding.message.startswith("a process manager, made to start several programs: ")
    assert looked("several-services", RUN("install", program(path)), run={"Cmd": ["node", "app.js"]}) == []


def test_commands_without_a_program_and_odd_names_do_no_harm() -> None:
    members = program("a\n\x1b/bin/nginx"), program("b/bin/redis-server")

    [found] = looked("several-services", RUN("x", *members), run={"Entrypoint": [""], "Cmd": ["-", "sh " * 20_000]})
    assert set(found.finding.paths) == {"a\n\x1b/bin/nginx", "b/bin/redis-server"}
