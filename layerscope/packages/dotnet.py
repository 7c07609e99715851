"""Packages of .NET: those that applications list in their ``.deps.json``, and the shared parts of .NET itself.

Names are NuGet's; of what never was a package there (an SDK, the host), of the package that comes nearest.
"""

from collections.abc import Container, Iterator
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit.deps_json import BY_ITSELF, parse_deps, who_wants
from layerscope.packages.kit.manager import Installed, Manager, Rank, Reason
from layerscope.packages.kit.nested import Nested
from layerscope.packages.kit.reach import Want

_LIMIT: Final = 8 * 1024 * 1024
_SUFFIX: Final = ".deps.json"
_HOST: Final = "/host/fxr"
_SDK: Final = "Microsoft.NET.Sdk"
_RESOLVER: Final = "Microsoft.NETCore.DotNetHostResolver"
_OF_ANY_SDK: Final = ("sdk-manifests", "templates", "library-packs", "metadata")
"""Folders that have no version of an SDK: they go to the first one."""


def _is_list(entry: Entry) -> bool:
    return entry.name.endswith(_SUFFIX)


LISTS: Final = TextProbe(_is_list, _LIMIT)


class _Part(Struct, frozen=True):
    """A folder of .NET itself."""

    name: str
    version: str
    folders: tuple[str, ...]
    """The first is its own."""
    files: tuple[str, ...] = ()


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    parts = [
        part for folder in files.filesystem.folders if f"/{folder}".endswith(_HOST) for part in _parts(files, folder)
    ]
    nested = Nested(files.filesystem, (folder for part in parts for folder in part.folders))
    standing = Standing(files.filesystem)
    for part in parts:
        own = nested.files[part.folders[0]]
        if own:
            yield Installed(
                key=part.folders[0],
                name=part.name,
                version=part.version,
                record=min(own, key=lambda number: files.entry(number).path),
                files=[
                    *(number for folder in part.folders for number in nested.files[folder]),
                    *standing.files(part.files),
                ],
            )
    for folder, children in files.filesystem.folders.items():
        for name, number in children.items():
            if name.endswith(_SUFFIX) and number >= 0 and nested.owner(folder) is None:
                yield from _of_application(files, number)


def _parts(files: Files, host: str) -> Iterator[_Part]:
    """List the parts of a .NET by its host: frameworks, what programs are compiled against, SDKs, the host itself."""
    folders = files.filesystem.folders
    root = f"/{host}".removesuffix(_HOST).lstrip("/")

    def within(folder: str) -> list[tuple[str, str]]:
        path = f"{root}/{folder}".strip("/")
        return [(name, f"{path}/{name}") for name in folders.get(path, ()) if f"{path}/{name}" in folders]

    for kind in ("shared", "packs"):
        for name, above in within(kind):
            for version in folders[above]:
                if f"{above}/{version}" in folders:
                    yield _Part(name, version, (f"{above}/{version}",))
    loose = tuple(path for name, path in within("") if name in _OF_ANY_SDK)
    for version, path in within("sdk"):
        yield _Part(_SDK, version, (path, *loose))
        loose = ()
    programs: tuple[str, ...] = (f"/{root}/dotnet",)
    for version, path in within("host/fxr"):
        yield _Part(_RESOLVER, version, (path,), programs)
        programs = ()


def _of_application(files: Files, record: int) -> Iterator[Installed]:
    path = files.entry(record).path
    text = LISTS.read(files, record)
    libraries = {} if text is None else parse_deps(text, path)
    wants = who_wants(libraries)
    standing = Standing(files.filesystem, files.entry(record).parent)
    found = {key: standing.files(library.files) for key, library in libraries.items() if library.is_package}
    # What lists no files only brings others along; of what lists some, none of which is there, another has the place.
    present = {key: None for key, own in found.items() if own or not libraries[key].files}
    for key in present:
        library, want = libraries[key], wants.get(key)
        yield Installed(
            key=f"{path}:{key}",
            name=library.name,
            version=library.version,
            record=record,
            files=found[key],
            reason=_reason(path, want, present) if want else Reason(False, why="nothing installed wants it"),
        )


def _reason(path: str, want: Want, present: Container[str]) -> Reason:
    if not want.by:
        return Reason(want.how != BY_ITSELF, why=want.how)
    return Reason(False, f"{path}:{want.by}", want.how) if want.by in present else Reason(False)


MANAGER: Final = Manager("dotnet", Rank.FOLDER, _find, (LISTS,))
