"""Plausible directory trees: the names that a Debian, a node or an application layer holds."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.plans import StyleName

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LANGUAGES = ("de", "fr", "es", "ja", "pt_BR", "zh_CN", "sr@latin", "ca", "uk", "nb", "tr", "cs", "vi", "el")


def _vocabulary() -> tuple[str, ...]:
    """Make some hundreds of pronounceable words, always the same."""
    rng = random.Random("benchmarks.paths")
    syllables = [a + b for a in "bcdfghlmnprstvw" for b in ("a", "e", "i", "o", "u", "er", "in", "or", "al")]
    words = {"".join(rng.choices(syllables, k=rng.choice((2, 2, 3, 3, 4)))) for _ in range(900)}
    return tuple(sorted(words))


_WORDS = _vocabulary()


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer's tree looks.

    Templates hold `{word}`, `{pkg}` (hyphenated words), `{lang}` and `{n}` (a number).  `long_directories`
    make names that a plain tar header does not hold (over 100 bytes).  `per_directory` is the mean number of
    files beside each other; `long_share` is of directories, the other shares are of entries.
    """

    directories: tuple[str, ...]
    files: tuple[str, ...]
    per_directory: float
    long_directories: tuple[str, ...] = ()
    long_share: float = 0.04
    symlink_share: float = 0.03
    hardlink_share: float = 0.006


STYLES: dict[StyleName, Style] = {
    "debian": Style(
        directories=(
            "usr/share/doc/{pkg}/examples/{word}",
            "usr/share/locale/{lang}/LC_MESSAGES",
            "usr/lib/x86_64-linux-gnu/{pkg}/{word}",
            "usr/lib/x86_64-linux-gnu/perl/5.36.0/auto/{word}/{word}",
            "usr/lib/python3/dist-packages/{word}/{word}/__pycache__",
            "usr/lib/gcc/x86_64-linux-gnu/12/plugin/include/{word}",
            "usr/include/x86_64-linux-gnu/{word}/{word}",
            "usr/include/c++/12/{word}/{word}",
            "usr/share/perl/5.36.0/{word}/{word}/{word}",
            "usr/share/{word}/{pkg}/{word}",
            "var/lib/{word}/info/{pkg}",
            "etc/{pkg}/{word}.d",
        ),
        files=(
            "lib{word}-{word}.so.{n}",
            "{word}.h",
            "{pkg}.h",
            "{word}.mo",
            "{word}.pm",
            "{word}.cpython-311.pyc",
            "{pkg}.py",
            "copyright.{word}",
            "changelog.{word}.gz",
            "{pkg}.conf",
            "{word}-{n}.o",
            "NetLock_{word}_=Class_{word}=_Főtanúsítvány.crt",
        ),
        per_directory=14,
        long_directories=(
            "usr/lib/x86_64-linux-gnu/{pkg}-{pkg}-{pkg}/{pkg}-plugins-{pkg}/{pkg}/{pkg}-{pkg}-{pkg}",
            "usr/share/{pkg}-{pkg}/{pkg}-{pkg}-{word}/generated-{pkg}-{pkg}/{pkg}-{pkg}-{word}",
        ),
        long_share=0.02,
    ),
    "node": Style(
        directories=(
            "srv/app/node_modules/{pkg}/dist/{word}",
            "srv/app/node_modules/{pkg}/lib/{word}/{word}",
            "srv/app/node_modules/@{word}/{pkg}/esm/{word}",
            "srv/app/node_modules/@{word}/{pkg}/build/{word}",
            "srv/app/node_modules/{pkg}/node_modules/{pkg}/dist/{word}",
        ),
        files=(
            "{word}.js",
            "{pkg}.js",
            "{word}.d.ts",
            "{pkg}.min.js",
            "{word}.js.map",
            "{word}-{n}.json",
            "{pkg}.mjs",
            "{word}.md",
            "{word}.test.cjs",
        ),
        per_directory=11,
        long_directories=(
            "srv/app/node_modules/@{word}/plugin-transform-{pkg}-{pkg}/node_modules/{pkg}-{pkg}-{pkg}/types-{pkg}",
        ),
        long_share=0.06,
        symlink_share=0.01,
    ),
    "app": Style(
        directories=(
            "srv/app/src/{word}/{word}/{pkg}",
            "srv/app/public/assets/{word}/{word}",
            "srv/app/build/static/{word}/{pkg}",
            "srv/app/vendor/{word}/{pkg}/{word}",
            "srv/app/packages/{pkg}/tests/{word}/__snapshots__/{pkg}",
        ),
        files=(
            "{pkg}.tsx",
            "{word}.ts",
            "{word}.{n}.chunk.js",
            "{pkg}.png",
            "{word}.woff2",
            "{word}-{n}.css",
        ),
        per_directory=10,
        long_directories=("srv/app/packages/{pkg}-{pkg}-{pkg}/src/{pkg}-{pkg}/__snapshots__/{pkg}-{pkg}-{pkg}",),
    ),
    "data": Style(
        directories=("srv/app/models/{word}/{pkg}/weights",),
        files=("{word}-{n}.safetensors", "{pkg}.onnx", "{word}.sqlite3"),
        per_directory=6,
        hardlink_share=0,
    ),
    "many": Style(
        directories=(
            "var/lib/store/{word}/{word}/{word}",
            "var/lib/store/{word}/{pkg}/{word}/{word}",
            "opt/{word}/share/{pkg}/{word}",
            "opt/{word}/lib/{pkg}/{word}/{word}",
        ),
        files=("{word}-{n}.json", "{pkg}.py", "{word}.txt", "{word}_{n}.pyc"),
        per_directory=14,
        long_directories=("opt/{word}/lib/site-packages/{pkg}-{pkg}-{pkg}/generated-{pkg}-{pkg}/{pkg}-{pkg}-{pkg}",),
    ),
}


def _expand(template: str, rng: random.Random) -> str:
    """Fill in each placeholder of a template."""

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name == "word":
            return rng.choice(_WORDS)
        if name == "pkg":
            return "-".join(rng.choices(_WORDS, k=rng.choice((1, 2, 2, 3))))
        if name == "lang":
            return rng.choice(_LANGUAGES)
        return str(rng.randrange(1, 10_000))

    return _PLACEHOLDER.sub(fill, template)


def walk(style: Style, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Without end: (directory, file name) pairs, the files of one directory after one another."""
    while True:
        long = style.long_directories and rng.random() < style.long_share
        directory = _expand(rng.choice(style.long_directories if long else style.directories), rng)
        for _ in range(1 + int(rng.expovariate(1 / style.per_directory))):
            yield directory, _expand(rng.choice(style.files), rng)
