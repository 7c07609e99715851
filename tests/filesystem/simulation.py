"""The law of fates once more, as simply as it can be said: a dictionary of paths, searched from end to end each time.

It is slow on purpose. Nothing in it is clever, so that it may be believed where ``layerscope.filesystem`` may not.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from layerscope.filesystem import Fate
from layerscope.model import Entry, EntryKind


@dataclass(eq=False)
class Inode:
    """A thing with bytes, apart from its names; a folder has none."""

    entry: Entry
    layer: int
    size: int


FOLDER = "folder"
Node = Inode | str


@dataclass
class Outcome:
    """What the layers add up to."""

    content: list[int] = field(default_factory=list)
    overwritten: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    hidden: Counter[tuple[str, int, int, Fate, int]] = field(default_factory=Counter)
    """(path, size, layer, fate, by) of what is gone."""
    tree: dict[str, Node] = field(default_factory=dict)


def simulate(layers: Sequence[Sequence[Entry]]) -> Outcome:
    outcome = Outcome()
    for layer, entries in enumerate(layers):
        _apply(outcome, layer, entries)
    return outcome


def _apply(outcome: Outcome, layer: int, entries: Sequence[Entry]) -> None:
    outcome.content.append(sum(entry.size for entry in entries if entry.name))
    outcome.overwritten.append(0)
    outcome.removed.append(0)
    lower = dict(outcome.tree)
    for entry in entries:
        if entry.kind is EntryKind.WHITEOUT:
            gone = [path for path in lower if path == entry.path or is_below(path, entry.path)]
        elif entry.kind is EntryKind.OPAQUE:
            gone = [path for path in lower if is_below(path, entry.parent)]
        else:
            continue
        lower = {path: node for path, node in lower.items() if path not in gone}
        _change(outcome, layer, dict.fromkeys(gone, Fate.REMOVED), {})
    for entry in entries:
        if entry.name and entry.kind not in {EntryKind.WHITEOUT, EntryKind.OPAQUE}:
            _put(outcome, layer, entry)


def _put(outcome: Outcome, layer: int, entry: Entry) -> None:
    above = [entry.path[:at] for at, letter in enumerate(entry.path) if letter == "/"]
    in_the_way = [path for path in above if outcome.tree.get(path, FOLDER) != FOLDER]
    _change(outcome, layer, dict.fromkeys(in_the_way, Fate.OVERWRITTEN), dict.fromkeys(above, FOLDER))

    node: Node
    if entry.kind is EntryKind.DIRECTORY:
        if outcome.tree.get(entry.path) == FOLDER:
            return
        node = FOLDER
    else:
        node = Inode(entry, layer, entry.size)
        if entry.kind is EntryKind.HARDLINK:
            target = outcome.tree.get(entry.target, FOLDER)
            node = target if isinstance(target, Inode) else node
    lost = {path: Fate.REMOVED for path in outcome.tree if is_below(path, entry.path)}
    if entry.path in outcome.tree:
        lost[entry.path] = Fate.OVERWRITTEN
    _change(outcome, layer, lost, {entry.path: node})


def _change(outcome: Outcome, layer: int, lost: dict[str, Fate], added: dict[str, Node]) -> None:
    """Take names away and add some; bytes go with the last of their names."""
    before = {path: node for path, node in outcome.tree.items() if isinstance(node, Inode)}
    for path in lost:
        del outcome.tree[path]
    outcome.tree |= added
    named = {id(node) for node in outcome.tree.values()}
    dead = {id(node): (node, lost[path]) for path, node in before.items() if id(node) not in named}
    for inode, fate in dead.values():
        if inode.layer == layer:
            outcome.content[layer] -= inode.size  # overwritten within one tar: never content
            continue
        sums = outcome.overwritten if fate is Fate.OVERWRITTEN else outcome.removed
        sums[inode.layer] += inode.size
        outcome.hidden[inode.entry.path, inode.size, inode.layer, fate, layer] += 1


def is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + "/") if folder else bool(path)
