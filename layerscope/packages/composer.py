"""Packages of PHP: what Composer notes in ``vendor/composer/installed.json``, those for development among them."""

from collections.abc import Container, Iterator
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.filesystem.standing import Standing
from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.packages.kit import composer_json as books
from layerscope.packages.kit.manager import Installed, Manager, Rank, Reason
from layerscope.packages.kit.nested import Nested

_LIMIT: Final = 32 * 1024 * 1024
_FOLDER: Final = "/composer"
_INSTALLED: Final = "installed.json"
_PROJECT: Final = "composer.json"


def _is_book(entry: Entry) -> bool:
    if entry.name == _PROJECT:
        return "/vendor/" not in f"/{entry.parent}"  # where each package has its own
    return entry.name == _INSTALLED and f"/{entry.parent}".endswith(_FOLDER)


BOOKS: Final = TextProbe(_is_book, _LIMIT)


class _Vendor(Struct, frozen=True):
    """The packages of one project."""

    record: int
    project: str
    """The folder that asks for them."""
    installed: books.Installed
    folders: dict[str, str]
    """Package, by its name in small letters → the folder that it is in."""


def _find(files: Files, _: Container[int]) -> Iterator[Installed]:
    vendors = list(_vendors(files))
    nested = Nested(files.filesystem, (folder for vendor in vendors for folder in vendor.folders.values()))
    for vendor in vendors:
        yield from _of_vendor(files, vendor, nested)


def _vendors(files: Files) -> Iterator[_Vendor]:
    standing = Standing(files.filesystem)
    for at, children in files.filesystem.folders.items():
        number = children.get(_INSTALLED, -1) if f"/{at}".endswith(_FOLDER) else -1
        text = BOOKS.read(files, number) if number >= 0 else None
        if text is None:
            continue
        installed = books.parse_installed(text, files.entry(number).path)
        folders = {}
        for package in installed.packages:
            folder = standing.folder(f"/{at}/{package.install_path or f'../{package.name}'}")
            if folder and not f"{at}/".startswith(f"{folder}/"):
                folders[package.name.lower()] = folder
        vendor = f"/{at}".removesuffix(_FOLDER)
        yield _Vendor(number, vendor.rpartition("/")[0].lstrip("/"), installed, folders)


def _of_vendor(files: Files, vendor: _Vendor, nested: Nested) -> Iterator[Installed]:
    text = BOOKS.read_at(files, f"{vendor.project}/{_PROJECT}".lstrip("/"))
    project = books.parse_project(text) if text is not None else None
    packages = {package.name.lower(): package for package in vendor.installed.packages}
    wants = books.who_wants(packages, project, vendor.project)
    development = frozenset(name.lower() for name in vendor.installed.dev_package_names)
    at = files.entry(vendor.record).path
    for key, package in packages.items():
        want = wants.all.get(key)
        yield Installed(
            key=f"{at}:{key}",
            name=package.name,
            version=package.version,
            record=vendor.record,
            files=nested.files[vendor.folders[key]] if key in vendor.folders else [],
            reason=Reason(key in wants.requested if project else None, f"{at}:{want.by}" if want.by else "", want.how)
            if want
            else Reason(False if project else None, why="nothing installed wants it" if project else ""),
            development=key in development,
        )


MANAGER: Final = Manager("composer", Rank.FOLDER, _find, (BOOKS,))
