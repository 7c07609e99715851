"""Gems of Ruby: each tells of itself in a ``specifications`` folder; its files are in folders beside that.

Bundler notes nowhere in an image which gems are for development only, nor RubyGems which were asked for.
"""

from collections.abc import Container, Iterable, Iterator
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.gemspecs import Gem, parse_gemspec, who_wants
from layerscope.packages.kit.manager import Installed, Manager, Rank, Reason
from layerscope.packages.kit.nested import Nested
from layerscope.packages.kit.reach import Want

_LIMIT: Final = 1024 * 1024
_SUFFIX: Final = ".gemspec"
_SPECIFICATIONS: Final = "/specifications"
_DEFAULT: Final = "/specifications/default"
"""Of gems that come with Ruby, whose files lie in Ruby's own library."""


def _is_specification(entry: Entry) -> bool:
    return entry.name.endswith(_SUFFIX) and f"/{entry.parent}".endswith((_SPECIFICATIONS, _DEFAULT))


SPECIFICATIONS: Final = TextProbe(_is_specification, _LIMIT)


class _Installed(Struct, frozen=True):
    """A gem, and where it lies."""

    home: str
    """The folder that ``specifications`` and ``gems`` are in."""
    full_name: str
    """Name, version and, unless it is for all, platform: what its folders are called."""
    record: int
    is_default: bool
    gem: Gem


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    gems = {files.entry(each.record).path: each for each in _gems(files)}
    wants = who_wants(
        {key: (each.home, each.gem) for key, each in gems.items()},
        frozenset(key for key, each in gems.items() if each.is_default),
    )
    folders = {key: _folders(each) for key, each in gems.items()}
    extensions = _extensions(files, {each.home for each in gems.values()})
    for key, each in gems.items():
        folders[key] += extensions.get((each.home, each.full_name), [])
    nested = Nested(files.filesystem, (folder for of_gem in folders.values() for folder in of_gem))
    standing = Standing(files.filesystem)
    for key, each in gems.items():
        want = wants.get(key, Want("", ""))
        inside = [number for folder in folders[key] for number in nested.files[folder]]
        yield Installed(
            key=key,
            name=each.gem.name,
            version=each.gem.version,
            record=each.record,
            files=[each.record, *inside, *standing.files(_paths(files, each))],
            reason=Reason(False if each.is_default else None, want.by, want.how),
        )


def _gems(files: Files) -> Iterator[_Installed]:
    for folder, children in files.filesystem.folders.items():
        is_default = f"/{folder}".endswith(_DEFAULT)
        if is_default or f"/{folder}".endswith(_SPECIFICATIONS):
            home = f"/{folder}".removesuffix(_DEFAULT).removesuffix(_SPECIFICATIONS)[1:]
            for name, number in children.items():
                text = SPECIFICATIONS.read(files, number) if number >= 0 and name.endswith(_SUFFIX) else None
                if text is not None:
                    full_name = name.removesuffix(_SUFFIX)
                    yield _Installed(home, full_name, number, is_default, parse_gemspec(text, full_name))


def _folders(gem: _Installed) -> list[str]:
    return [f"{gem.home}/{folder}/{gem.full_name}".lstrip("/") for folder in ("gems", "doc")]


def _extensions(files: Files, homes: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Return home and full name of a gem → the folders of what was compiled for it: a platform, a Ruby, a gem."""
    found: dict[tuple[str, str], list[str]] = {}
    folders = files.filesystem.folders
    for home in homes:
        top = f"{home}/extensions".lstrip("/")
        for platform in folders.get(top, ()):
            for ruby in folders.get(f"{top}/{platform}", ()):
                for full_name in folders.get(f"{top}/{platform}/{ruby}", ()):
                    found.setdefault((home, full_name), []).append(f"{top}/{platform}/{ruby}/{full_name}")
    return found


def _paths(files: Files, gem: _Installed) -> Iterator[str]:
    """Yield where a gem's single files may be: what it was unpacked from, its programs, those in Ruby's library."""
    home = f"/{gem.home}".rstrip("/")
    yield f"{home}/cache/{gem.full_name}.gem"
    yield f"{home}/build_info/{gem.full_name}.info"
    prefix, inside, version = home.partition("/lib/ruby/gems/")
    for program in gem.gem.executables:
        yield f"{home}/bin/{program}"
        if inside:
            yield f"{prefix}/bin/{program}"
    if inside and gem.is_default:
        library = f"{prefix}/lib/ruby/{version}"
        machine = next((name for name in files.filesystem.folders.get(library[1:], ()) if "-linux" in name), ".")
        for path in gem.gem.files:
            plain = path.removeprefix("lib/")
            yield f"{library}/{plain}"
            yield f"{library}/{machine}/{plain}"


MANAGER: Final = Manager("gem", Rank.FOLDER, _find, (SPECIFICATIONS,))
