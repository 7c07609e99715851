"""What several rules share that look at overwritten files: how a file differs from the one that took its place."""

from collections.abc import Container
from enum import Enum, auto
from typing import Final

from layerscope.filesystem import Fate, Hidden
from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.evidence import Evidence

Pairs = dict[tuple[int, int], list[Hidden]]
"""The layer that wrote and the layer that hid → what it hid."""


class Rewrite(Enum):
    """What an overwritten file is to the one in its place."""

    CONTENTS = auto()
    """Something else stands there now."""
    METADATA = auto()
    """The contents are the same; only the header can differ."""
    UNKNOWN = auto()
    """As large, but contents could not be compared."""
    PACKAGE_STATE = auto()
    """It is what a package manager keeps books in."""


def overwritten(evidence: Evidence, kinds: Container[Rewrite]) -> Pairs:
    """Pair the layers by what one overwrote of the other, where it is of these kinds."""
    pairs: Pairs = {}
    for hidden in evidence.filesystem.hidden:
        if hidden.fate is Fate.OVERWRITTEN and hidden.entry.size and kind_of(evidence, hidden) in kinds:
            pairs.setdefault((hidden.layer, hidden.by), []).append(hidden)
    return pairs


def kind_of(evidence: Evidence, hidden: Hidden) -> Rewrite:
    """Compare an overwritten file with its replacement; contents are only read where everything else is equal."""
    if _is_package_state(hidden.entry):
        return Rewrite.PACKAGE_STATE
    number = replacement(evidence, hidden)
    if number is None:
        return Rewrite.CONTENTS
    old, new = hidden.entry, evidence.entry(number)
    if (old.kind, old.size, old.target) != (new.kind, new.size, new.target):
        return Rewrite.CONTENTS
    if old.kind is not EntryKind.FILE:  # a symbolic link, which is its target
        return Rewrite.METADATA
    before, after = evidence.digest(hidden.number), evidence.digest(number)
    if before is None or after is None:
        return Rewrite.UNKNOWN
    return Rewrite.METADATA if before == after else Rewrite.CONTENTS


def replacement(evidence: Evidence, hidden: Hidden) -> int | None:
    """Return the entry with the bytes that took a file's place, if there is any."""
    if hidden.replacement is None:
        return None
    return evidence.carrier_of(hidden.replacement)


_PACKAGE_STATE_FILES: Final = frozenset(
    {
        "etc/apk/world",
        "etc/ld.so.cache",
        "usr/share/glib-2.0/schemas/gschemas.compiled",
        "usr/share/info/dir",
        "usr/share/mime/mime.cache",
        "var/lib/apt/extended_states",
        "var/log/alternatives.log",
        "var/log/dpkg.log",
        "var/log/yum.log",
    }
)
_PACKAGE_STATE_FOLDERS: Final = (
    "lib/apk/db/",
    "usr/lib/apk/db/",
    "usr/lib/sysimage/libdnf5/",
    "usr/lib/sysimage/rpm/",
    "usr/share/rpm/",
    "var/cache/debconf/",
    "var/cache/fontconfig/",
    "var/cache/ldconfig/",
    "var/cache/man/",
    "var/lib/dnf/",
    "var/lib/dpkg/",
    "var/lib/pacman/local/",
    "var/lib/rpm/",
    "var/lib/ucf/",
    "var/lib/yum/",
    "var/lib/zypp/",
    "var/log/apt/",
    "var/log/dnf",  # and dnf.log, dnf.rpm.log, dnf.librepo.log
)


def _is_package_state(entry: Entry) -> bool:
    path = entry.path
    return path.startswith(_PACKAGE_STATE_FOLDERS) or path in _PACKAGE_STATE_FILES
