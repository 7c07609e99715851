"""Dockerfiles in pairs: one has a flaw, the other is the same with the remedy applied as the finding words it.

But for its flaw a pair is clean, so that its remedied image is one of which nothing of the kind must be said.
"""

from typing import Final, NamedTuple

COLUMNS: Final = ("pair", "rules", "with the flaw", "with the remedy", "predicted", "measured", "difference")
"""Of the table of what pairs gave."""
SHARED_COLUMNS: Final = ("images", "predicted", "measured", "difference")
"""Of that of common parents."""
INSTALL: Final = "apt-get update && apt-get install -y --no-install-recommends"
SLIM: Final = (
    r"RUN printf 'path-exclude=/usr/share/%s/*\n' doc info lintian/overrides locale man > /etc/dpkg/dpkg.cfg.d/slim "
    r"&& printf 'path-include=/usr/share/%s\n' 'doc/*/copyright' locale/locale.alias >> /etc/dpkg/dpkg.cfg.d/slim"
)
BABEL: Final = "--no-binary babel babel==2.15.0"
"""Built by pip itself: whether it keeps what it downloads depends on what a mirror says, but such a wheel it keeps."""
DOWNLOAD: Final = "apt-get update && cd /opt && apt-get download busybox-static && dpkg -i busybox-static_*.deb"
CLEAN: Final = "apt-get clean && rm -rf /var/lib/apt/lists/*"
NPM_CLEAN: Final = "npm cache clean --force"


class Pair(NamedTuple):
    """What follows FROM, before and after."""

    rules: tuple[str, ...]
    """Those that are to find the flaw."""
    base: str
    flawed: str
    remedied: str
    words: tuple[str, ...]
    """Of the remedies: each stands in a finding, and in the remedied Dockerfile or .dockerignore; … is anything."""
    buildkit: bool = False
    ignored: str = ""
    """The remedied context's .dockerignore."""


PAIRS: Final = {
    "apt-lists": Pair(
        ("apt-lists",),
        "debian",
        f"RUN {INSTALL} wget && apt-get clean",
        f"RUN {INSTALL} wget && apt-get clean && rm -rf /var/lib/apt/lists/*",
        ("rm -rf /var/lib/apt/lists/*",),
    ),
    "apt-lists, mounted": Pair(
        ("apt-lists",),
        "debian",
        f"RUN {INSTALL} wget && apt-get clean",
        f"RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked {INSTALL} wget && apt-get clean",
        ("RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked apt-get",),
        buildkit=True,
    ),
    "apt-archives": Pair(
        ("apt-archives",),
        "debian",
        f"RUN {INSTALL} wget && rm -rf /var/lib/apt/lists/*",
        f"RUN {INSTALL} wget && apt-get clean && rm -rf /var/lib/apt/lists/*",
        ("RUN … && apt-get clean",),
    ),
    "apt-archives, mounted": Pair(
        ("apt-archives",),
        "debian",
        f"RUN {INSTALL} wget && rm -rf /var/lib/apt/lists/*",
        f"RUN --mount=type=cache,target=/var/cache/apt,sharing=locked {INSTALL} wget && rm -rf /var/lib/apt/lists/*",
        ("RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get",),
        buildkit=True,
    ),
    "apt lists and archives, mounted": Pair(
        ("apt-lists", "apt-archives"),
        "debian",
        f"RUN {INSTALL} wget",
        "RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked "
        f"--mount=type=cache,target=/var/cache/apt,sharing=locked {INSTALL} wget",
        (
            "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked",
            "--mount=type=cache,target=/var/cache/apt,sharing=locked",
        ),
        buildkit=True,
    ),
    "apt-recommends": Pair(
        ("apt-recommends",),
        "debian",
        # debconf keeps a copy of its books, 0.75 MB, whenever any package has questions: as one of the many here has.
        f"RUN apt-get update && apt-get install -y git && {CLEAN} && rm -f /var/cache/debconf/*-old",
        "RUN apt-get update && apt-get install -y --no-install-recommends git "
        f"&& {CLEAN} && rm -f /var/cache/debconf/*-old",
        ("apt-get install -y --no-install-recommends …",),
    ),
    "late clean-up": Pair(
        ("removed-later",),
        "debian",
        f"RUN {INSTALL} wget\nRUN {CLEAN}",
        f"RUN {INSTALL} wget && {CLEAN} && rm -rf /var/cache/apt/archives /var/lib/apt/lists",
        ("RUN … && rm -rf …/var/lib/apt/lists",),
    ),
    "late rm of what COPY brought": Pair(
        ("removed-later",),
        "debian",
        "COPY tree.tar /tmp/tree.tar\nRUN tar -C /srv -xf /tmp/tree.tar\nRUN rm /tmp/tree.tar",
        "RUN --mount=type=bind,source=tree.tar,target=/mnt/tree.tar tar -C /srv -xf /mnt/tree.tar",
        ("RUN --mount=type=bind,source=…,target=…",),
        buildkit=True,
    ),
    "late mv of what RUN wrote": Pair(
        ("removed-later",),
        "debian",
        "RUN seq 1 400000 > /tmp/numbers\nRUN mv /tmp/numbers /srv/numbers",
        "RUN seq 1 400000 > /tmp/numbers && mv /tmp/numbers /srv/numbers",
        ("RUN … && mv /tmp/numbers /srv/numbers",),
    ),
    "overwritten-later": Pair(
        ("overwritten-later",),
        "debian",
        "RUN seq 1 400000 > /srv/numbers\nRUN sort -r -o /srv/numbers /srv/numbers",
        "RUN seq 1 400000 > /srv/numbers && sort -r -o /srv/numbers /srv/numbers",
        ("RUN … && …",),
    ),
    "chown of a COPY": Pair(
        ("metadata-rewrite",),
        "debian",
        "COPY tree /srv/tree\nRUN chown -R 1000:1000 /srv/tree",
        "COPY --chown=1000:1000 tree /srv/tree",
        ("COPY --chown=1000:1000 …",),
    ),
    "chmod of a RUN": Pair(
        ("metadata-rewrite",),
        "debian",
        "RUN mkdir /srv/made && seq 1 400000 > /srv/made/numbers\nRUN chmod 700 /srv/made/numbers",
        "RUN mkdir /srv/made && seq 1 400000 > /srv/made/numbers && chmod 700 /srv/made/numbers",
        ("RUN … && chmod 700 …",),
    ),
    "a tree copied twice": Pair(
        ("duplicate-content",),
        "debian",
        "COPY tree /srv/app\nCOPY tree /opt/app",
        "COPY tree /srv/app\nRUN ln -s /srv/app /opt/app",
        ("RUN ln -s /srv/app /opt/app",),
    ),
    "pip-cache": Pair(
        ("pip-cache",),
        "python",
        f"RUN pip install {BABEL}",
        f"RUN pip install --no-cache-dir {BABEL}",
        ("RUN pip install --no-cache-dir …",),
    ),
    "pip-cache, mounted": Pair(
        ("pip-cache",),
        "python",
        f"RUN pip install {BABEL}",
        f"RUN --mount=type=cache,target=/root/.cache/pip pip install {BABEL}",
        ("RUN --mount=type=cache,target=/root/.cache/pip pip install …",),
        buildkit=True,
    ),
    "npm-cache": Pair(
        ("npm-cache",),
        "node",
        "RUN npm ci --omit=dev",
        "RUN npm ci --omit=dev && rm -rf /root/.npm",
        ("RUN npm ci --omit=dev && rm -rf /root/.npm",),
    ),
    "npm-cache, mounted": Pair(
        ("npm-cache",),
        "node",
        "RUN npm ci --omit=dev",
        "RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev",
        ("RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev",),
        buildkit=True,
    ),
    "npm-dev-dependencies": Pair(
        ("npm-dev-dependencies",),
        "node",
        f"RUN npm ci && {NPM_CLEAN}",
        f"RUN npm ci --omit=dev && {NPM_CLEAN}",
        ("RUN npm ci --omit=dev",),
    ),
    "source-maps": Pair(
        ("source-maps",),
        "node",
        f"RUN npm ci --omit=dev && {NPM_CLEAN}",
        f"RUN npm ci --omit=dev && {NPM_CLEAN} && find /app/node_modules -name '*.map' -delete",
        ("RUN … && find /app/node_modules -name '*.map' -delete",),
    ),
    "docs-and-locales": Pair(
        ("docs-and-locales",),
        "debian",
        f"RUN {INSTALL} gnupg && {CLEAN}",
        f"{SLIM}\nRUN {INSTALL} gnupg && {CLEAN}",
        (SLIM,),
    ),
    "vcs-directory": Pair(
        ("vcs-directory",), "debian", "COPY project /src", "COPY project /src", ("**/.git",), ignored="**/.git"
    ),
    "build-context-junk": Pair(
        ("build-context-junk",),
        "debian",
        "COPY project/src /src",
        "COPY project/src /src",
        ("**/.mypy_cache, **/.DS_Store",),
        ignored="**/.mypy_cache\n**/.DS_Store",
    ),
    "debug-symbols": Pair(
        ("debug-symbols",),
        "python",
        f"RUN {INSTALL} binutils && {CLEAN}\nRUN pip install --no-cache-dir --target /app xxhash==3.5.0",
        f"RUN {INSTALL} binutils && {CLEAN}\n"
        "RUN pip install --no-cache-dir --target /app xxhash==3.5.0 && strip --strip-unneeded /app/xxhash/_xxhash*.so",
        ("RUN … && strip --strip-unneeded /app/xxhash/_xxhash….so",),
    ),
    "static-libraries": Pair(
        ("static-libraries",),
        "debian",
        f"RUN {INSTALL} libssl-dev && {CLEAN}",
        f"RUN {INSTALL} libssl-dev && {CLEAN} && find /usr/lib/*-linux-gnu \\( -name '*.a' \\) -delete",
        ("RUN … && find /usr/lib/…-linux-gnu \\( -name '*.a' \\) -delete",),
    ),
    "archive-left-behind": Pair(
        ("archive-left-behind",),
        "debian",
        f"RUN {DOWNLOAD} && {CLEAN}",
        f"RUN {DOWNLOAD} && {CLEAN} && rm /opt/busybox-static_*.deb",
        ("RUN … && rm /opt/busybox-static_….deb",),
    ),
    "package-db-churn": Pair(
        ("package-db-churn",),
        "debian",
        f"RUN {INSTALL} wget && {CLEAN}\nRUN {INSTALL} less && {CLEAN}",
        f"RUN {INSTALL} wget less && {CLEAN}",
        ("RUN apt-get update && apt-get install -y … …",),
    ),
    "logs-and-temp": Pair(
        ("logs-and-temp",),
        "debian",
        "RUN seq 1 400000 > /tmp/numbers && tail -n 1 /tmp/numbers > /srv/last",
        "RUN seq 1 400000 > /tmp/numbers && tail -n 1 /tmp/numbers > /srv/last && rm -rf /tmp/*",
        ("RUN … && rm -rf /tmp/*",),
    ),
    "several at once": Pair(
        ("apt-lists", "apt-archives", "pip-cache", "removed-later", "metadata-rewrite"),
        "python",
        f"RUN {INSTALL} wget\n"
        "RUN rm -rf /var/lib/apt/lists/*\n"
        f"RUN pip install {BABEL}\n"
        "COPY tree /srv/tree\n"
        "RUN chown -R 1000:1000 /srv/tree",
        f"RUN {INSTALL} wget && apt-get clean && rm -rf /var/lib/apt/lists/*\n"
        f"RUN pip install --no-cache-dir {BABEL}\n"
        "COPY --chown=1000:1000 tree /srv/tree",
        (
            "rm -rf /var/lib/apt/lists/*",
            "RUN … && apt-get clean",
            "RUN pip install --no-cache-dir …",
            "COPY --chown=1000:1000 …",
        ),
    ),
}
