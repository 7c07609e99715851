"""The same bytes at several paths of the final filesystem.

A tree that two COPY bring, a file that was copied where a link would do, a library three times under three names
because a tool followed its links (COPY --from keeps them only within what it copies): each copy is stored, pulled and
unpacked.

Copy once and link to it: RUN ln -s …, which takes a few bytes. A hard link saves as much, but only within the layer
that wrote the file; onto a lower layer it copies all bytes again.

Contents are compared, not names. Copies are told by the two folders that hold them, so that a tree copied twice is
one finding; the copy that counts is the upper one. Left out are hard links and symbolic links, files of less than 1
kB, files of less than 100 kB unless they have one name in both folders, and pairs of folders with less than 100 kB in
common: the same licence or empty module in a hundred packages is nobody's mistake. Nor is what two packages hold, or
one in two of its folders: that is its maker's matter. One package that is installed at two places counts. What RUN left
in /var/lib, /var/cache, /var/log and /var/spool is left out too: programs write there (a database has each of its
templates twice), and a link would let two write to one file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from os.path import commonpath
from typing import Final, NamedTuple

from layerscope.model import EntryKind
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_WORTH_SAYING: Final = 100_000
"""Bytes that a pair of folders has in common; also of a file that may have another name elsewhere."""
_LEAST: Final = 1_000
"""Bytes of a file that counts: of a tree copied twice, smaller ones make hardly a hundredth."""
_COMPARED: Final = 8
"""Earlier copies among which the nearest is looked for: it only matters for the words of a finding."""
_STATE: Final = ("var/cache/", "var/lib/", "var/log/", "var/spool/")
"""Folders whose files a program writes again."""
_PAIRS: Final = 5
"""Pairs of folders of a layer that are told one by one."""

Group = list[int]
"""Files, by the entries that carry their bytes, the lowest in the stack first."""
Names = dict[int, list[int]]
"""Entry that carries bytes → the names that it has in the final filesystem."""


class Pair(NamedTuple):
    """Where a copy is, and where what it is a copy of."""

    layer: int
    folder: str
    original: str


class Copy(NamedTuple):
    """A file, and one that it is a copy of."""

    number: int
    original: int


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each pair of folders with much in common; of a layer with many pairs the last ones together."""
    alike = list(_alike(evidence))
    names = _kept_names(evidence, {number for group in alike for number in group})
    likely = _pairs(evidence, names, alike)
    looked_at = {number for copies in likely.values() for copy in copies for number in copy}
    pairs = _pairs(evidence, names, _equal(evidence, looked_at))
    by_layer: dict[int, list[tuple[Pair, list[Copy]]]] = {}
    for pair, copies in sorted(pairs.items(), key=lambda item: (-_bytes(evidence, item[1]), item[0])):
        by_layer.setdefault(pair.layer, []).append((pair, copies))
    for pairs_of_layer in by_layer.values():
        told = [_finding(evidence, names, pair, copies, others=0) for pair, copies in pairs_of_layer[:_PAIRS]]
        if others := pairs_of_layer[_PAIRS:]:
            together = [copy for _, copies in others for copy in copies]
            told.append(_finding(evidence, names, others[0][0], together, others=len(others) - 1))
        yield from (finding for finding in told if finding.claims)  # none, where a lower name keeps the bytes alive


def _alike(evidence: Evidence) -> Iterator[Group]:
    """Group files of the final filesystem that may have the same contents, by all that headers tell."""
    filesystem = evidence.filesystem
    entries = filesystem.entries
    orphans = {filesystem.carriers[number] for number in filesystem.heirs}
    keys = [
        entry.size if entry.size >= _WORTH_SAYING else (entry.name, entry.size) if entry.size >= _LEAST else None
        for entry in entries
    ]
    counts = Counter(keys)
    groups: dict[object, Group] = {}
    for number, key in enumerate(keys):
        if (
            key is not None
            and counts[key] > 1
            and entries[number].kind is EntryKind.FILE
            and (number in orphans or evidence.is_kept(number))
        ):
            groups.setdefault(key, []).append(number)
    return (group for group in groups.values() if len(group) > 1)


def _kept_names(evidence: Evidence, numbers: set[int]) -> Names:
    """List the names that files have in the final filesystem, their own first."""
    names: Names = {number: [number] if evidence.is_kept(number) else [] for number in numbers}
    for number, carrier in evidence.filesystem.carriers.items():
        if carrier in names and evidence.is_kept(number):
            names[carrier].append(number)
    return names


def _equal(evidence: Evidence, numbers: Iterable[int]) -> Iterable[Group]:
    """Group files that have the same contents."""
    groups: dict[object, Group] = {}
    for number in sorted(numbers):
        if digest := evidence.digest(number):
            groups.setdefault((evidence.entry(number).size, digest), []).append(number)
    return groups.values()


def _pairs(evidence: Evidence, names: Names, groups: Iterable[Group]) -> dict[Pair, list[Copy]]:
    """Sort copies by the folders that they and their originals are in; leave out pairs with little in common."""
    pairs: dict[Pair, list[Copy]] = {}
    for group in groups:
        if len(group) < 2:
            continue
        parts = [evidence.entry(names[number][0]).path.split("/") for number in group]
        for index in range(1, len(group)):
            tails = [_common_tail(parts[index], parts[other]) for other in range(min(index, _COMPARED))]
            nearest = tails.index(max(tails))
            copy, original = (names[group[each]][0] for each in (index, nearest))
            if _is_state(evidence, copy) or _is_makers_matter(evidence, copy, original):
                continue
            pair = Pair(
                evidence.layer_of(group[index]),
                *("/".join(each[: len(each) - (tails[nearest] or 1)]) for each in (parts[index], parts[nearest])),
            )
            pairs.setdefault(pair, []).append(Copy(group[index], group[nearest]))
    return {pair: copies for pair, copies in pairs.items() if _bytes(evidence, copies) >= _WORTH_SAYING}


def _is_state(evidence: Evidence, number: int) -> bool:
    """Tell whether a program keeps the file for itself, and will write it again."""
    return evidence.entry(number).path.startswith(_STATE) and not is_copied(evidence, evidence.layer_of(number))


def _is_makers_matter(evidence: Evidence, copy: int, original: int) -> bool:
    """Tell whether packages hold both, and not one package that was installed twice."""
    one, other = evidence.package_of(copy), evidence.package_of(original)
    if one is None or other is None:
        return False
    is_same = (one.manager, one.name, one.version) == (other.manager, other.name, other.version)
    return not is_same or one.record == other.record


def _common_tail(one: list[str], other: list[str]) -> int:
    """Count the last parts that two paths have in common, their first parts apart: a folder should be left to name."""
    count = 0
    for a, b in zip(reversed(one[1:]), reversed(other[1:]), strict=False):
        if a != b:
            break
        count += 1
    return count


def _bytes(evidence: Evidence, copies: Iterable[Copy]) -> int:
    return sum(evidence.entry(copy.number).size for copy in copies)


def _finding(evidence: Evidence, names: Names, pair: Pair, copies: list[Copy], *, others: int) -> Finding:
    numbers = [name for copy in copies for name in names[copy.number]]
    first = max(copies, key=lambda copy: (evidence.entry(copy.number).size, -copy.number))
    copy, original = (evidence.entry(names[number][0]).path for number in first)
    if not others and not _is_whole(evidence, pair, copies):
        pair = _narrowed(pair, [evidence.entry(names[each.number][0]).parent for each in copies])
    what = f"/{copy}" if len(copies) == 1 else f"{len(copies)} files in /{pair.folder}"
    of = f"/{original}" if len(copies) == 1 else f"files in /{pair.original}"
    more = f", and so in {others} more pairs of folders" if others else ""
    return Finding(
        message=f"{what} written by {evidence.named_layer(pair.layer)} with the same contents as {of}{more}",
        remedy=_remedy(_linked(evidence, pair, copies, copy, original), from_copy=is_copied(evidence, pair.layer)),
        layer=pair.layer,
        paths=evidence.paths(numbers),
        claims=evidence.claim(numbers),
    )


def _remedy(linked: str, *, from_copy: bool) -> str:
    if from_copy:
        return f"Copy once and link to it: RUN ln -s {linked}; for a whole tree leave out the second COPY."
    return f"Write it once, and link to it in the instruction that would write it again: RUN … && ln -s {linked}."


def _is_whole(evidence: Evidence, pair: Pair, copies: list[Copy]) -> bool:
    """Tell whether the folder holds nothing but these copies."""
    return sum(evidence.is_kept(number) for number in evidence.below(pair.folder)) == len(copies)


def _narrowed(pair: Pair, parents: list[str]) -> Pair:
    """Go down as far as all copies do: from ``opt`` and ``srv``, where all is in ``app``, to the two ``app``."""
    below = commonpath(parents)[len(pair.folder) :] if pair.folder else ""
    return Pair(pair.layer, f"{pair.folder}{below}", f"{pair.original}{below}")


def _linked(evidence: Evidence, pair: Pair, copies: list[Copy], copy: str, original: str) -> str:
    """Name what to link: the folders, where the one is nothing but a copy of what is in the other; else a file."""
    is_apart = not f"{pair.folder}/".startswith(f"{pair.original}/") and pair.original and pair.folder
    if len(copies) > 1 and is_apart and _is_whole(evidence, pair, copies):
        return f"/{pair.original} /{pair.folder}"
    return f"/{original} /{copy}"


RULES: Final = (Rule("duplicate-content", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find, digests=True),)
