"""More than one server in an image, or a process manager that starts several programs.

A container is restarted, scaled, updated and given memory as a whole. With two servers in it, one that fails is not
seen (the container still runs), one that needs more takes the other along, and their logs are one stream. The image is
as large as both.

Make an image of each. What must run side by side becomes two containers of one Pod: a sidecar that adds something, an
ambassador that connects to what is outside, an adaptor that translates for it; what need not, a Deployment of its own.
sshd is of no use in a container: kubectl exec and docker exec lead inside.

A server counts when its program stands in a folder for programs (bin, sbin) of the final filesystem; clients
(redis-cli, psql, mysql) are none, and names of busybox are not either. A process manager counts beside a server, or
where the image's command starts it. That a program is there does not prove that it is run, which is why this is less
than sure; of an image with a process manager and servers it is.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.programs import installed, started
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_PHP_FPM: Final = (
    "php-fpm",
    *(
        f"php-fpm{major}{dot}{minor}"
        for major, last in ((7, 4), (8, 5))
        for minor in range(last + 1)
        for dot in ("", ".")
    ),
    *(f"php-fpm{major}" for major in (7, 8)),
)
"""Debian writes php-fpm8.2, Alpine php-fpm82."""
_SERVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Apache": ("apache2", "httpd"),
    "BIND": ("named",),
    "Caddy": ("caddy",),
    "CUPS": ("cupsd",),
    "Dovecot": ("dovecot",),
    "Envoy": ("envoy",),
    "etcd": ("etcd",),
    "Exim": ("exim4", "exim"),
    "HAProxy": ("haproxy",),
    "lighttpd": ("lighttpd",),
    "Memcached": ("memcached",),
    "MongoDB": ("mongod",),
    "MySQL": ("mysqld", "mariadbd"),
    "nginx": ("nginx", "openresty"),
    "OpenLDAP": ("slapd",),
    "PHP-FPM": _PHP_FPM,
    "Postfix": ("postfix",),
    "PostgreSQL": ("postgres",),
    "ProFTPD": ("proftpd",),
    "RabbitMQ": ("rabbitmq-server",),
    "Redis": ("redis-server", "valkey-server"),
    "Samba": ("smbd",),
    "Squid": ("squid",),
    "sshd": ("sshd",),
    "Traefik": ("traefik",),
    "Varnish": ("varnishd",),
    "vsftpd": ("vsftpd",),
}
_MANAGERS: Final[Mapping[str, tuple[str, ...]]] = {
    "circus": ("circusd",),
    "monit": ("monit",),
    "pm2": ("pm2-runtime", "pm2"),
    "runit": ("runsvdir",),
    "s6": ("s6-svscan",),
    "supervisord": ("supervisord",),
}
_STARTS_MANAGER: Final[Mapping[str, str]] = {
    **{name: manager for manager, names in _MANAGERS.items() for name in names},
    "init": "s6",
    "runit": "runit",
    "runsvdir-start": "runit",
}
"""Program that a command begins with → the manager that it is, or starts."""
_NAMED: Final = 8


class _Service(NamedTuple):
    name: str
    number: int
    """The entry of its program."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding: it is the image that holds several. The layer is that which brought the last of them."""
    servers = list(_present(evidence, _SERVERS))
    managers = list(_present(evidence, _MANAGERS))
    run_by = _STARTS_MANAGER.get(started(evidence))
    is_run = any(each.name == run_by for each in managers)
    if len(servers) + bool(managers) < 2 and not is_run:
        return
    services = [*servers, *managers]
    yield Finding(
        message=f"{_what(servers, managers)}: {_listed(evidence, services)}",
        remedy="Make an image of each, and run them as containers of one Pod (a sidecar, an ambassador, an adaptor) or "
        "as Deployments of their own; each then has its own command, logs, limits and restarts.",
        layer=max(evidence.layer_of(each.number) for each in services),
        paths=evidence.paths(each.number for each in services),
        confidence=Confidence.HIGH if servers and is_run else None,
    )


def _present(evidence: Evidence, names: Mapping[str, tuple[str, ...]]) -> Iterator[_Service]:
    """Yield each service once, with the first of its programs."""
    for service, programs in names.items():
        numbers = [number for program in programs for number in installed(evidence, program)]
        if numbers:
            yield _Service(service, min(numbers))


def _what(servers: list[_Service], managers: list[_Service]) -> str:
    if not managers:
        return "more than one server in one image"
    return (
        "a server and a process manager in one image"
        if servers
        else "a process manager, made to start several programs"
    )


def _listed(evidence: Evidence, services: list[_Service]) -> str:
    named = [f"{each.name} ({evidence.named_layer(evidence.layer_of(each.number))})" for each in services[:_NAMED]]
    return ", ".join(named) + (f" and {len(services) - _NAMED} more" if len(services) > _NAMED else "")


RULES: Final = (Rule("several-services", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find),)
