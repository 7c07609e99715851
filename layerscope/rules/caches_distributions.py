"""What the package managers of Linux distributions keep for their next run: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import INSTALLS_AGAIN, Cache
from layerscope.rules.kit.places import Place

CACHES: Final = (
    Cache(
        name="apt-lists",
        what="package lists that apt-get update downloaded",
        why="out of date by the time that anybody installs from them",
        places=(Place("/var/lib/apt/lists"),),
        step="apt-get update && apt-get install -y --no-install-recommends …",
        clean="{step} && rm -rf /var/lib/apt/lists/*",
        mount="type=cache,target={folder},sharing=locked",
    ),
    Cache(
        name="apt-archives",
        what="packages that apt downloaded, and its index of them",
        why="installed already",
        places=(Place("/var/cache/apt", r"archives/(partial/)?[^/]+\.deb$|(src)?pkgcache\.bin$"),),
        step="apt-get update && apt-get install -y --no-install-recommends …",
        clean="{step} && apt-get clean",
        mount="type=cache,target={folder},sharing=locked",
        left_out="the package lists, which are another rule's (apt-lists). Official Debian and Ubuntu images delete "
        "packages by themselves, by /etc/apt/apt.conf.d/docker-clean; to fill a cache mount, delete that file first.",
    ),
    Cache(
        name="apk-cache",
        what="package indexes and packages that apk downloaded",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"APKINDEX\.[^/]+\.tar\.gz$|[^/]+\.apk$") for folder in ("/var/cache/apk", "/etc/apk/cache")
        ),
        step="apk add …",
        clean="apk add --no-cache …",
        left_out="/lib/apk/db, apk's record of what is installed.",
    ),
    Cache(
        name="dnf-cache",
        what="repository metadata and packages that dnf downloaded (or yum, microdnf, tdnf)",
        why=INSTALLS_AGAIN,
        places=(
            Place("/var/cache/dnf"),
            Place("/var/cache/yum"),
            Place("/var/cache/libdnf5"),
            Place("/var/cache/tdnf"),
            Place("~cache/libdnf5", r"[^/]+-[0-9a-f]{16}/"),
        ),
        step="dnf install -y …",
        left_out="the record of transactions and the package database.",
    ),
    Cache(
        name="zypper-cache",
        what="repository metadata and packages that zypper downloaded",
        why=INSTALLS_AGAIN,
        places=(Place("/var/cache/zypp"),),
        step="zypper --non-interactive install …",
        clean="{step} && zypper clean -a",
    ),
    Cache(
        name="pacman-cache",
        what="packages and package lists that pacman downloaded",
        why=INSTALLS_AGAIN,
        places=(
            Place("/var/cache/pacman/pkg", r"[^/]+\.pkg\.tar"),
            Place("/var/lib/pacman/sync", r"[^/]+\.(db|files)(\.sig)?$"),
        ),
        step="pacman -Syu --noconfirm …",
        # Not pacman -Scc --noconfirm: that takes the default answer to "remove ALL files from cache?", which is no.
        clean="{step} && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*",
        left_out="/var/lib/pacman/local, pacman's record of what is installed.",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)
