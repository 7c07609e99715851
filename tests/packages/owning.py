"""Who owns what in images made by code, in every way that contents are read.

>>> packages_of(RUN("apt-get install curl", *debian(stanza("curl")), file("usr/bin/curl", b"c" * 900)))
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from builders import file
from looking import COPY, RUN, Step, archive_of

import layerscope
from layerscope.analysis import analyse
from layerscope.filesystem.texts import TextProbe
from layerscope.image import read_image
from layerscope.progress import Silence
from layerscope.reference import parse_target
from layerscope.report import PackageReport, Report
from layerscope.rules import Choice
from layerscope.sources import open_target

__all__ = ["COPY", "RUN", "Step", "by_name", "contents_at", "debian", "inspected", "packages_of", "stanza"]


def inspected(*steps: Step) -> Report:
    """Inspect an image; the same whether contents are read on demand or as they pass (that is asserted)."""
    plain, passing = (_inspect(archive_of(steps, compressed=compressed)) for compressed in (False, True))
    assert (plain.packages, plain.unowned, plain.totals.unowned_bytes, plain.notes) == (
        *(passing.packages, passing.unowned, passing.totals.unowned_bytes, passing.notes),
    )
    owned = sum(package.content_bytes for package in plain.packages)
    assert owned + (plain.totals.unowned_bytes or 0) == plain.totals.kept_bytes
    return plain


def _inspect(archive: bytes) -> Report:
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        path.write_bytes(archive)
        return layerscope.inspect(str(path), rules=Choice(ignore=("*",)))


def packages_of(*steps: Step) -> tuple[PackageReport, ...]:
    """Return the packages of an image in which nothing is damaged."""
    report = inspected(*steps)
    assert report.notes == ()
    return report.packages


def contents_at(target: str, path: str) -> bytes:
    """Return what a file of an image's final filesystem holds; nothing where there is none."""
    probe = TextProbe(lambda entry: entry.path == path, 1 << 30)
    with open_target(parse_target(target), None, "never", Silence(), (probe,)) as opened:
        files = analyse(read_image(opened.medium, opened.choice, None)).files
        number = files.kept_at(path)
        return b"" if number is None else probe.read(files, number) or b""


def by_name(packages: Iterable[PackageReport]) -> dict[str, PackageReport]:
    return {package.name: package for package in packages}


def stanza(name: str, **fields: str) -> str:
    """Write what dpkg's status says of a package: ``Pre_Depends`` is ``Pre-Depends``."""
    default = {"Status": "install ok installed", "Priority": "optional", "Architecture": "amd64", "Version": "1.0-1"}
    return "".join(
        f"{field.replace('_', '-')}: {value}\n" for field, value in ({"Package": name} | default | fields).items()
    )


def debian(
    *stanzas: str, lists: Mapping[str, Iterable[str]] | None = None, automatic: Iterable[str] | None = None
) -> list[bytes]:
    """Make dpkg's database and, of packages that are ``automatic``, apt's."""
    members = [file("var/lib/dpkg/status", "\n".join(stanzas).encode())]
    for name, paths in (lists or {}).items():
        members.append(file(f"var/lib/dpkg/info/{name}.list", "".join(f"/{path}\n" for path in paths).encode()))
    if automatic is not None:
        states = "\n".join(f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n" for name in automatic)
        members.append(file("var/lib/apt/extended_states", states.encode()))
    return members
