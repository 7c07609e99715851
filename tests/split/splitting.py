"""What is proposed for images made by code: a Debian of a few packages, and a Dockerfile's steps on it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builders import file, folder
from elf_files import linked
from looking import COPY, META, RUN, Step, archive_of
from msgspec.structs import replace

import layerscope
from layerscope.proposals import ProposalReport, SplitReport
from layerscope.reference import Recipe

__all__ = ["COPY", "LDSO", "META", "RUN", "Step", "debian", "library", "package", "program", "proposed", "split"]

LDSO = "lib64/ld-linux-x86-64.so.2"
ROOT = b"root:x:0:0:root:/root:/bin/bash\n"


class Pack(dict[str, str]):
    """The fields of dpkg's stanza of a package; its files beside them."""

    files: Mapping[str, bytes]

    def stanza(self) -> str:
        return "".join(f"{name}: {value}\n" for name, value in self.items())


def package(name: str, files: Mapping[str, bytes] | None = None, **fields: str) -> Pack:
    """Describe a package: ``Pre_Depends`` is ``Pre-Depends``."""
    told = {"Package": name, "Status": "install ok installed", "Architecture": "amd64", "Version": "1"}
    pack = Pack(told | {field.replace("_", "-"): value for field, value in fields.items()})
    pack.files = files or {}
    return pack


def program(
    *needed: str, padding: int = 5000, interpreter: str = f"/{LDSO}", search: str = "", imports: Sequence[str] = ()
) -> bytes:
    return linked(needed, interpreter=interpreter, padding=padding, search=search, imports=imports)


def library(soname: str, *needed: str, imports: Sequence[str] = ()) -> bytes:
    return linked(needed, soname=soname, padding=5000, imports=imports)


LIBC = package("libc6", {LDSO: library("ld-linux-x86-64.so.2"), "lib/libc.so.6": library("libc.so.6")}, Section="libs")
BASH = package("dash", {"bin/sh": linked(["libc.so.6"], interpreter=f"/{LDSO}", padding=5000)}, Section="shells")
PASSWD = package("passwd", {"usr/sbin/useradd": b"u" * 500}, Section="admin")
IN_BASE = (LIBC, BASH, PASSWD)


def debian(packages: Iterable[Pack], automatic: Iterable[str] = (), *, before: Iterable[Pack] = IN_BASE) -> list[bytes]:
    """Make what installing packages writes: their files, and dpkg's books of these and of those ``before``."""
    new = tuple(packages)
    members = [file(path, data, mode=0o755) for pack in new for path, data in pack.files.items()]
    lists = (
        file(f"var/lib/dpkg/info/{pack['Package']}.list", "".join(f"/{path}\n" for path in pack.files).encode())
        for pack in new
    )
    members += lists
    members.append(file("var/lib/dpkg/status", "\n".join(pack.stanza() for pack in (*before, *new)).encode()))
    states = "\n".join(f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n" for name in automatic)
    members.append(file("var/lib/apt/extended_states", states.encode()))
    return members


def base(more: Iterable[Pack] = ()) -> tuple[Step, ...]:
    """Make a Debian with a C library, a shell, useradd, and more packages."""
    root = (
        folder("usr/local", gid=50, mode=0o2775),
        folder("usr/local/bin"),
        folder("tmp", mode=0o1777),
        file("etc/passwd", ROOT),
        *debian((*IN_BASE, *more), before=()),
    )
    return (
        Step("/bin/sh -c #(nop) ADD file:1234 in / ", root, ""),
        Step('/bin/sh -c #(nop)  CMD ["bash"]', None, ""),
    )


def split(
    dockerfile: str | None,
    *steps: Step,
    run: dict[str, Any] | None = None,
    in_base: Iterable[Pack] = (),
    **options: Any,
) -> SplitReport:
    """Ask for proposals for an image on a Debian."""
    return split_on(base(in_base), dockerfile, *steps, run=run, **options)


def split_on(
    below: Iterable[Step], dockerfile: str | None, *steps: Step, run: dict[str, Any] | None = None, **options: Any
) -> SplitReport:
    """Ask for proposals; the same whether contents are read on demand or as they pass (that is asserted)."""
    plain, passing = (_split(dockerfile, [*below, *steps], run, compressed, options) for compressed in (False, True))
    assert plain == passing
    for each in plain.proposals:
        assert each.predicted_content_bytes + each.saved_bytes == plain.content_bytes
        dropped = sum(step.content_bytes for step in each.steps if step.action == "drop")
        kept = sum(step.content_bytes for step in each.steps if step.action != "drop")
        assert (kept, dropped) == (each.predicted_content_bytes, each.saved_bytes)
    assert bool(plain.proposals) != bool(plain.reason)
    return plain


def proposed(dockerfile: str | None, *steps: Step, run: dict[str, Any] | None = None, **options: Any) -> ProposalReport:
    """Return the first proposal."""
    report = split(dockerfile, *steps, run=run, **options)
    assert report.proposals, report.reason
    return report.proposals[0]


def _split(
    dockerfile: str | None, steps: Sequence[Step], run: dict[str, Any] | None, compressed: bool, options: dict[str, Any]
) -> SplitReport:
    with TemporaryDirectory() as name:
        path, recipe = Path(name, "image.tar"), None
        path.write_bytes(archive_of(steps, run, compressed=compressed))
        if dockerfile is not None:
            Path(name, "Dockerfile").write_text(dockerfile, errors="surrogateescape")
            recipe = Recipe(str(Path(name, "Dockerfile")))
        report = layerscope.split(str(path), recipe=recipe, **options)
        return replace(report, notes=tuple(note.replace(f"{name}/", "") for note in report.notes))


def last_stage(proposal: ProposalReport) -> str:
    """Return the last stage of a proposal's Dockerfile."""
    return "FROM " + proposal.dockerfile.rpartition("\nFROM ")[2]


def actions(proposal: ProposalReport, action: str) -> dict[str, int]:
    """Return what a proposal does → bytes."""
    found: dict[str, int] = {}
    for step in proposal.steps:
        if step.action == action:
            found[step.what] = found.get(step.what, 0) + step.content_bytes
    return found
