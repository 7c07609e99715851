"""Two builds of one shop, and what is said of any two images made by code.

>>> differing([COPY("a /", file("a", b"x"))], [COPY("b /", file("b", b"x"))]).instructions
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builders import file, folder
from looking import COPY, META, RUN, Step, archive_of

import layerscope
from layerscope.changes import DifferenceReport

Run = dict[str, Any]

OLD_RUN: Run = {"Env": ["PATH=/usr/bin", "MODE=staging", "API_TOKEN=hunter2secret"]}
NEW_RUN: Run = {
    "Env": ["PATH=/usr/bin", "MODE=production", "API_TOKEN=hunter3secret"],
    "User": "app",
    "ExposedPorts": {"8080/tcp": {}},
}


def stanza(name: str, version: str) -> str:
    return f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"


def dpkg(packages: dict[str, str], *paths: str) -> list[bytes]:
    """Make dpkg's database; each package owns the program of its name, the first one the other paths too."""
    status = "\n".join(stanza(name, version) for name, version in packages.items())
    members = [file("var/lib/dpkg/status", status.encode())]
    for at, name in enumerate(packages):
        owned = [f"usr/bin/{name}", *(() if at else paths)]
        members.append(file(f"var/lib/dpkg/info/{name}.list", "".join(f"/{path}\n" for path in owned).encode()))
    return members


def wheel(name: str, version: str, size: int) -> list[bytes]:
    """Make an installed package of Python: two modules and its books."""
    site = "usr/lib/python3/dist-packages"
    books = f"{site}/{name}-{version}.dist-info"
    return [
        *(file(f"{site}/{name}/{each}.py", each.encode() * size) for each in ("app", "cli")),
        file(f"{books}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()),
        file(f"{books}/RECORD", f"{name}/app.py,,\n{name}/cli.py,,\n".encode()),
    ]


BASE = COPY("rootfs /", folder("usr/bin"), file("usr/bin/sh", b"s" * 90_000), file("etc/passwd", b"root:x:0:0:::\n"))
APT = "apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*"
OLD: list[Step] = [
    BASE,
    META("ENV MODE=staging"),
    RUN(APT, *dpkg({"curl": "7.88.1-10+deb12u7"}), file("usr/bin/curl", b"c" * 260_000)),
    RUN("pip install --no-cache-dir flask==2.3.3 gunicorn==21.2.0", *wheel("flask", "2.3.3", 20_000)),
    COPY(
        ". /srv/shop",
        file("srv/shop/main.py", b"print('old')\n"),
        file("srv/shop/logo.png", b"l" * 40_000),
        file("srv/shop/.git/HEAD", b"ref: refs/heads/main\n"),
        file("srv/shop/.git/config", b"[core]\n"),
        file("srv/shop/.git/objects/pack/pack-1.pack", b"g" * 70_000),
    ),
    META('CMD ["python3" "main.py"]'),
]
NEW: list[Step] = [
    BASE,
    META("ENV MODE=production"),
    RUN(
        APT,
        *dpkg({"curl": "7.88.1-10+deb12u8", "jq": "1.6-2.1"}),
        file("usr/bin/curl", b"c" * 260_100),
        file("usr/bin/jq", b"j" * 31_000),
    ),
    RUN(
        "pip install flask==3.0.2 gunicorn==21.2.0",
        *wheel("flask", "3.0.2", 22_000),
        file("root/.cache/pip/http-v2/a/b/c/d/e/abcde.body", b"w" * 1_200_000),
    ),
    COPY(". /srv/shop", file("srv/shop/main.py", b"print('new')\n"), file("srv/shop/logo.png", b"l" * 40_000)),
    COPY("seed.sql /srv/shop/", file("srv/shop/seed.sql", b"i" * 500_000)),
    META('CMD ["python3" "main.py"]'),
]


def shop(folder: Path) -> tuple[str, str]:
    """Save both builds; return their paths."""
    old, new = folder / "shop-1.tar", folder / "shop-2.tar"
    old.write_bytes(archive_of(OLD, OLD_RUN).replace(b"made:1", b"shop:1"))
    new.write_bytes(archive_of(NEW, NEW_RUN).replace(b"made:1", b"shop:2"))
    return str(old), str(new)


def differing(
    old: Sequence[Step],
    new: Sequence[Step],
    runs: tuple[Run, Run] = ({}, {}),
    *,
    compressed: bool = False,
    **options: Any,
) -> DifferenceReport:
    """Return what changed between two images, whole lists of it."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("old.tar", "new.tar")]
        for path, steps, run in zip(paths, (old, new), runs, strict=True):
            path.write_bytes(archive_of(steps, run, compressed=compressed))
        return layerscope.diff(*map(str, paths), **{"top": 1000, **options}).diff
