"""Files that a later instruction writes again with the same contents: chown -R, chmod -R, touch, a second COPY.

A layer holds whole files. To change a file's owner, mode or time, all its bytes are written once more, and the image
carries both copies. That the contents are equal has been verified, byte by byte.

Give files their owner and mode when they are written: COPY --chown=… --chmod=…, or chown at the end of the RUN that
makes them. What an instruction creates as another user (USER app before it) needs no chown at all. What a base image
brings is best left as it is: change only your own files.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from layerscope.filesystem import Hidden
from layerscope.model import Entry
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rewrites import Rewrite, overwritten, replacement
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_OF_BASE: Final = (
    "Change only your own files: all bytes of the base image's that you change are written again into your layer."
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of a layer that wrote and a layer that wrote the same again."""
    for (layer, by), hidden in overwritten(evidence, {Rewrite.METADATA}).items():
        changes = [(each.entry, evidence.entry(number)) for each in hidden if (number := replacement(evidence, each))]
        owner, mode, time = _changed(changes)
        named = [name for name, changed in (("owner", owner), ("mode", mode), ("time", time)) if changed]
        of_base = evidence.is_of_base(layer, by)
        from_copy, by_copy = is_copied(evidence, layer), is_copied(evidence, by)
        yield Finding(
            message=f"written by {evidence.named_layer(layer)} and again, with the same contents, by "
            f"{evidence.named_layer(by)}, which changed {_only(named)}",
            remedy=_OF_BASE if of_base else _remedy(owner, mode, from_copy=from_copy, by_copy=by_copy),
            layer=by if of_base else layer,  # there it can be helped
            paths=evidence.paths(each.number for each in hidden),
            claims=_claims(hidden),
        )


def _claims(hidden: Sequence[Hidden]) -> dict[int, int]:
    return {each.number: each.entry.size for each in hidden}


def _changed(changes: Sequence[tuple[Entry, Entry]]) -> tuple[str, str, bool]:
    """Return the owner and the mode that most files were given, empty where none changed; and whether times did."""
    owners = Counter(f"{new.uid}:{new.gid}" for old, new in changes if (old.uid, old.gid) != (new.uid, new.gid))
    modes = Counter(f"{new.mode & 0o7777:o}" for old, new in changes if old.mode != new.mode)
    time = any(old.mtime != new.mtime for old, new in changes)
    return _commonest(owners), _commonest(modes), time


def _commonest(values: Counter[str]) -> str:
    return min(values, key=lambda value: (-values[value], value), default="")


def _only(named: Sequence[str]) -> str:
    if not named:
        return "nothing that can be seen"
    return "only " + " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _remedy(owner: str, mode: str, *, from_copy: bool, by_copy: bool) -> str:
    if not owner and not mode:
        if by_copy:
            return "Write it once: leave out the second COPY."
        joined = "" if from_copy else "; or make the two one: RUN … && …"
        return f"Write it once: leave out what writes it again (a second download, touch, ln, sed -i){joined}."
    if from_copy or by_copy:
        flags = " ".join(filter(None, (owner and f"--chown={owner}", mode and f"--chmod={mode}")))
        return f"Copy it with its owner and mode: COPY {flags} …; then nothing needs to change them later."
    commands = " && ".join(filter(None, (owner and f"chown -R {owner} …", mode and f"chmod {mode} …")))
    return f"Change them in the instruction that writes the files: RUN … && {commands}."


RULES: Final = (Rule("metadata-rewrite", Severity.MEDIUM, Confidence.HIGH, __doc__, find, digests=True),)
