"""What rules say of images made by code, in every way that contents are read.

>>> looked("apt-lists", RUN("apt-get update", file("var/lib/apt/lists/Packages", b"x" * 1000)))
"""

import gzip
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from builders import tar_of

from layerscope.analysis import analyse
from layerscope.image import read_image
from layerscope.progress import Silence
from layerscope.reference import parse_target
from layerscope.rules import Found, Judgement, all_rules, judge, probes_of
from layerscope.rules.kit.evidence import Evidence
from layerscope.sources import open_target


class Step(NamedTuple):
    """One instruction; without members it makes no layer."""

    created_by: str
    members: tuple[bytes, ...] | None
    comment: str = "buildkit.dockerfile.v0"


def RUN(command: str, *members: bytes) -> Step:  # noqa: N802 - as in a Dockerfile
    return Step(f"RUN /bin/sh -c {command} # buildkit", members)


def COPY(what: str, *members: bytes) -> Step:  # noqa: N802
    return Step(f"COPY {what} # buildkit", members)


def META(text: str) -> Step:  # noqa: N802 - ENV, CMD, USER and their like
    return Step(text, None)


def archive_of(steps: Sequence[Step], run: dict[str, Any] | None = None, *, compressed: bool = False) -> bytes:
    """Make a ``docker save`` archive; ``run`` is the configuration's ``config``, with its own spelling of keys."""
    tars = [tar_of(step.members) for step in steps if step.members is not None]
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "config": run or {},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(tar).hexdigest() for tar in tars]},
            "history": [
                {
                    "created_by": step.created_by,
                    "comment": step.comment,
                    "empty_layer": step.members is None,
                }
                for step in steps
            ],
        }
    ).encode()
    names = [f"{index}.tar" for index in range(len(tars))]
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["made:1"], "Layers": names}]).encode()
    from builders import file

    blobs = [gzip.compress(tar, mtime=0) if compressed else tar for tar in tars]
    members = [file(name, blob) for name, blob in zip(names, blobs, strict=True)]
    return tar_of([*members, file("config.json", config), file("manifest.json", manifest)])


def looked(rule: str, *steps: Step, run: dict[str, Any] | None = None) -> list[Found]:
    """Return what one rule finds; the same whether contents are read on demand or as they pass (that is asserted)."""
    plain, passing = (
        [each for each in look(steps, run, compressed=compressed) if each.rule.name == rule]
        for compressed in (False, True)
    )
    assert plain == passing
    return plain


def warned(rule: str, *steps: Step, run: dict[str, Any] | None = None) -> str:
    """Return the one warning of an image of which a rule is given up; the others have their say all the same."""
    plain, passing = (judged(steps, run, compressed=compressed) for compressed in (False, True))
    assert plain == passing
    [warning] = plain.warnings
    assert warning.startswith(f"The rule {rule} was given up: ")
    assert [each for each in plain.found if each.rule.name == rule] == []
    return warning


def look(steps: Sequence[Step], run: dict[str, Any] | None = None, *, compressed: bool = False) -> tuple[Found, ...]:
    """Return what all rules find; a rule that is given up fails the test."""
    judgement = judged(steps, run, compressed=compressed)
    assert judgement.warnings == ()
    return judgement.found


def judged(steps: Sequence[Step], run: dict[str, Any] | None = None, *, compressed: bool = False) -> Judgement:
    """Let all rules look."""
    rules = all_rules()
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.tar")
        path.write_bytes(archive_of(steps, run, compressed=compressed))
        with open_target(parse_target(str(path)), None, "never", Silence(), probes_of(rules)) as opened:
            return judge(Evidence(analyse(read_image(opened.medium, opened.choice, None))), rules)


def reclaimable(found: Found) -> int:
    """Return the bytes that a finding claims."""
    return sum(found.finding.claims.values())
