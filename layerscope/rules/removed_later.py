"""Files that one instruction writes and a later one deletes.

A layer is never changed by those above it: the deleting instruction adds a mark that hides the file, and every pull
carries the bytes on. Deleted in the instruction that wrote it, a file never becomes part of a layer. What is moved is
deleted here and written once more there.

Move the deletion to the end of the RUN that writes the files; write what is moved where it is wanted. What COPY brings
and a later RUN only needs for itself is better mounted there than copied: RUN --mount=type=bind.

Moved is what the deleting layer holds at another path with the same contents, compared byte by byte. What a base image
brought, no instruction of yours makes smaller.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from layerscope.filesystem import Fate, Hidden
from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_NAMED: Final = 3
"""Paths that a remedy names."""
_OF_BASE: Final = (
    "Leave it, or begin with a base image that does without: what a base brought stays in the image, whatever is "
    "deleted of it later."
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that deleted, and one for what that moved."""
    pairs: dict[tuple[int, int], list[Hidden]] = {}
    for hidden in evidence.filesystem.hidden:
        if hidden.fate is Fate.REMOVED and hidden.entry.size:
            pairs.setdefault((hidden.layer, hidden.by), []).append(hidden)
    for (layer, by), of_pair in pairs.items():
        moved = _moved(evidence, of_pair, by)
        numbers = [each.number for each in of_pair if each.number not in moved]
        if numbers:
            yield _finding(evidence, layer, by, numbers, {})
        if moved:
            yield _finding(evidence, layer, by, list(moved), moved)


def _finding(evidence: Evidence, layer: int, by: int, numbers: Sequence[int], moved: Mapping[int, str]) -> Finding:
    paths = evidence.paths(numbers)
    deed, effect = ("moved", "which writes it once more") if moved else ("deleted", "where it no longer saves anything")
    if evidence.is_of_base(layer, by):
        remedy = _OF_BASE
    elif moved:
        heaviest = min(moved, key=lambda number: (-evidence.entry(number).size, evidence.entry(number).path))
        old, new = _renamed(evidence, evidence.entry(heaviest).path, moved[heaviest])
        remedy = _move_earlier(old, new, is_copied=is_copied(evidence, layer))
    else:
        remedy = _delete_earlier(evidence, paths, is_copied=is_copied(evidence, layer))
    return Finding(
        message=f"written by {evidence.named_layer(layer)} and {deed} by {evidence.named_layer(by)}, {effect}",
        remedy=remedy,
        layer=layer,
        paths=paths,
        claims={number: evidence.entry(number).size for number in numbers},
    )


def _moved(evidence: Evidence, of_pair: Sequence[Hidden], by: int) -> dict[int, str]:
    """Return those of the deleted files that the deleting layer has at another path → that path."""
    sizes = {each.entry.size for each in of_pair}
    written: dict[tuple[int, str], list[int]] = {}
    for number in evidence.written_by(by):
        entry = evidence.entry(number)
        if entry.size in sizes:
            written.setdefault(_outside(entry), []).append(number)
    moved: dict[int, str] = {}
    for each in of_pair:
        candidates = written.get(_outside(each.entry), ())
        same = (evidence.entry(number).path for number in candidates if _is_same(evidence, each, number))
        if path := next(same, ""):
            moved[each.number] = path
    return moved


def _outside(entry: Entry) -> tuple[int, str]:
    """Return what has to be equal before contents are worth a look."""
    return entry.size, entry.target if entry.kind is EntryKind.SYMLINK else ""


def _is_same(evidence: Evidence, hidden: Hidden, number: int) -> bool:
    if hidden.entry.kind is not evidence.entry(number).kind:
        return False
    if hidden.entry.kind is EntryKind.SYMLINK:
        return True
    digest = evidence.digest(hidden.number)
    return digest is not None and digest == evidence.digest(number)


def _renamed(evidence: Evidence, old: str, new: str) -> tuple[str, str]:
    """Return what was moved, and what to: the topmost folder that is gone, where below it paths stayed the same."""
    gone = _deleted_with(evidence, old)
    inside = old[len(gone) :]
    return (gone, new.removesuffix(inside)) if new.endswith(inside) else (old, new)


def _move_earlier(old: str, new: str, *, is_copied: bool) -> str:
    there = shlex.quote(f"/{new}")
    if is_copied:
        return f"Copy it to where it is wanted: COPY … {there}; then nothing needs to move it."
    move = f"mv {shlex.quote(f'/{old}')} {there}"
    return f"Write it where it is wanted, or move it in the instruction that writes it: RUN … && {move}."


def _delete_earlier(evidence: Evidence, paths: Sequence[str], *, is_copied: bool) -> str:
    if is_copied:
        return (
            "Do not copy it: list it in .dockerignore if nothing needs it; if one RUN does, mount it there: RUN "
            "--mount=type=bind,source=…,target=… …; or copy it in an earlier stage."
        )
    gone = list(dict.fromkeys(_deleted_with(evidence, path) for path in paths))
    named = " ".join(shlex.quote(f"/{path}") for path in gone[:_NAMED])
    more = " …" if len(gone) > _NAMED else ""
    return (
        f"Delete it in the instruction that writes it: RUN … && rm -rf {named}{more}; or write it in an earlier stage."
    )


def _deleted_with(evidence: Evidence, path: str) -> str:
    """Return the topmost folder that is gone with a file; where there is none, the file."""
    folders = evidence.filesystem.folders
    while "/" in path and (parent := path.rpartition("/")[0]) not in folders:
        path = parent
    return path


RULES: Final = (Rule("removed-later", Severity.MEDIUM, Confidence.HIGH, __doc__, find, digests=True),)
