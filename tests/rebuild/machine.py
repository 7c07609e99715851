"""What a build needs of the machine that it runs on, found out when it runs: mirrors, and whom they are vouched by.

Nothing of it is known here: a mirror is whatever apt, pip and npm of this machine are told to ask.
"""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from engines import PATH

SUITE = "bookworm"
PROXIES = {
    name: value for name, value in os.environ.items() if name.lower() in {"http_proxy", "https_proxy", "no_proxy"}
}
_SUITES = (SUITE, "trixie", "forky", "sid", "stable", "oldstable", "testing", "unstable")
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def debian_mirror() -> str:
    """Return where apt gets Debian itself; empty where it does not."""
    shown = _said(
        "apt-get", "indextargets", "--format=$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)", "Created-By: Packages"
    )
    targets = [line.split("|") for line in shown.splitlines()]
    mirrors = [
        (origin != "Debian", _SUITES.index(suite), uri)  # apt does not know the origin before its first update
        for origin, suite, component, uri in targets
        if suite in _SUITES and component == "main" and uri.startswith("http")
    ]
    return min(mirrors)[2] if mirrors else ""


def authorities() -> Path | None:
    """Return the bundle of certificates by which this machine knows its mirrors."""
    named = ssl.get_default_verify_paths().cafile
    return next((path for path in (Path(named or ""), _AUTHORITIES) if path.is_file()), None)


def package_indexes() -> dict[str, str]:
    """Return the variables that tell pip and npm whom to ask, where this machine's are told."""
    settings = dict(line.split("=", 1) for line in _said(sys.executable, "-m", "pip", "config", "list").splitlines())
    index = next((settings[key].strip("'") for key in (":env:.index-url", "global.index-url") if key in settings), "")
    registry = _said("npm", "config", "get", "registry") or os.environ.get("NPM_CONFIG_REGISTRY", "")
    return {name: value for name, value in (("PIP_INDEX_URL", index), ("NPM_CONFIG_REGISTRY", registry)) if value}


def apt_settings() -> str:
    """Return what apt is told of proxies, in the words of apt.conf."""
    lines = _said("apt-config", "dump", "Acquire").splitlines()
    return "".join(f"{line}\n" for line in lines if "proxy" in line.lower().partition(" ")[0])


def _said(*command: str) -> str:
    """Ask a program; where it is not here or has nothing to say, neither have we."""
    if not shutil.which(command[0], path=PATH):
        return ""
    environment = os.environ | {"PATH": PATH}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.strip()
