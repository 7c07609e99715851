"""What package managers of JavaScript keep for their next run: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import INSTALLS_AGAIN, Cache
from layerscope.rules.kit.places import Place
from layerscope.rules.kit.rule import Confidence

CACHES: Final = (
    Cache(
        name="npm-cache",
        what="downloads that npm keeps, and packages that npx fetched",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"(_cacache|_npx)/") for folder in ("~/.npm", "$npm_config_cache", "$NPM_CONFIG_CACHE")
        ),
        step="npm ci --omit=dev",
        left_out="npm's logs: npm cache clean leaves them, and they are small.",
        runs="npx|npm (exec|x)",
    ),
    Cache(
        name="yarn-cache",
        what="packages that Yarn keeps",
        why=INSTALLS_AGAIN,
        places=(
            Place("/usr/local/share/.cache/yarn", r"v\d+/"),
            Place("~cache/yarn", r"v\d+/"),
            Place("$YARN_CACHE_FOLDER", r"v\d+/(npm-|yarn-|unknown-|\.tmp/)|[^/]+-[0-9a-f]{10}-[0-9a-z]+\.zip$"),
            Place("~/.yarn/berry", r"(cache|metadata)/"),
        ),
        step="yarn install --frozen-lockfile",
        left_out="a project's own .yarn/cache, and everything where .pnp.cjs is: Plug'n'Play runs the program from "
        "there.",
        unless=(".pnp.cjs", ".pnp.js"),
    ),
    Cache(
        name="pnpm-store",
        what="packages in pnpm's store, and the metadata of packages",
        why=INSTALLS_AGAIN,
        places=(
            *(
                Place(folder, r"v\d+/(files|index)/[0-9a-f]{2}/|v\d+/(tmp/_tmp_|index\.db)")
                for folder in (
                    "~data/pnpm/store",
                    "~/.pnpm-store",
                    "/.pnpm-store",
                    "$PNPM_HOME/store",
                    "$PNPM_STORE_DIR",
                    "$npm_config_store_dir",
                    "$NPM_CONFIG_STORE_DIR",
                )
            ),
            Place("~cache/pnpm", r"(?P<at>metadata[^/]*)/"),
        ),
        step="pnpm install --frozen-lockfile --prod",
        left_out="files that node_modules shares with the store (hard links); and links/, which it points into.",
    ),
    Cache(
        name="bun-cache",
        what="packages that Bun keeps",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(folder, r"(@[^/@]+/)?[^/@]*@(\d|GH@|G@|T@)[^/]*/|[^/]+\.npm$")
            for folder in ("~/.bun/install/cache", "$BUN_INSTALL_CACHE_DIR", "$BUN_INSTALL/install/cache")
        ),
        step="bun install --frozen-lockfile --production",
        left_out="files that node_modules shares with the cache (hard links); and links/, which it points into.",
        confidence=Confidence.MEDIUM,
        runs="bunx|bun x",
    ),
    Cache(
        name="node-gyp-cache",
        what="headers of Node.js that node-gyp downloaded",
        why="read only when a native module is compiled",
        places=tuple(Place(folder, r"v?\d+\.\d[^/]*/") for folder in ("~cache/node-gyp", "~/.node-gyp")),
        step="npm ci --omit=dev",
    ),
    Cache(
        name="electron-cache",
        what="archives that Electron's installer downloaded",
        why="unpacked already",
        places=(
            *(
                Place(
                    folder,
                    r"([0-9a-f]{64}/)?((electron|chromedriver|mksnapshot|ffmpeg)-v[^/]+\.zip|SHASUMS256\.txt[^/]*)$",
                )
                for folder in ("~cache/electron", "$electron_config_cache", "$ELECTRON_CACHE")
            ),
            Place("~cache/electron-builder"),
            Place("$ELECTRON_BUILDER_CACHE", r"(appimage|fpm|linux-tools|nsis|snap-template|winCodeSign|zstd)[^/]*/"),
        ),
        step="npm ci --omit=dev",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)
