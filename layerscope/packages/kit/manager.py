"""A package manager is a value: what it is called, what it reads, and which packages it says are there."""

from collections.abc import Callable, Container, Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.layers.facts import Probe


class Rank(IntEnum):
    """Who owns a file that several managers list: the lowest rank, then the first by name."""

    SYSTEM = 0
    """The distribution's own, which lists every file: what it owns, no other does."""
    LISTED = 1
    """A language's, that lists every file."""
    FOLDER = 2
    """A language's, whose packages are folders."""
    FILE = 3
    """Single files that tell of packages built into them."""


class Reason(Struct, frozen=True):
    """Why a package is there."""

    requested: bool | None = None
    """Whether somebody asked for it; ``None`` where the manager does not note that."""
    wanted_by: str = ""
    """The key of the package that drags it in."""
    why: str = ""
    """How that one does: "depends on it", "recommends it"; where none does, why it is there, a few words."""


class Installed(Struct, frozen=True):
    """A package that its manager says is there."""

    key: str
    """Names it among the packages of this manager."""
    name: str
    version: str
    record: int
    """The entry that says so, of the final filesystem. Where an earlier package owns it (dpkg's, of a Python package;
    one that brings others along within it), this is no package of its own."""
    files: Sequence[int]
    """Its entries in the final filesystem, the record among them if it tells of no other package. Of those that an
    earlier package has, that one is the owner."""
    reason: Reason = Reason()
    development: bool = False
    """Whether only development needs it."""
    since: int | None = None
    """The entry that said so first, where the record tells of other packages too, so that it changes with them."""


class Need(NamedTuple):
    """A package that needs another."""

    by: str
    """Its key."""
    how: str
    """A few words: "depends on it"."""


WhoNeeds = Callable[[Files, str], Iterable[Need]]
"""Tells who needs the package of this key directly; the same package may be named twice, the stronger need last."""


class Manager(Struct, frozen=True):
    """Reads what one package manager writes down. Managers are found in the folder: a module's ``MANAGER``."""

    name: str
    rank: Rank
    find: Callable[[Files, Container[int]], Iterable[Installed]]
    """Is told which entries of the files earlier packages own; who looks into many files need not look into those.

    Raises a LayerscopeError where what it reads is damaged: that costs its own answer only."""
    probes: tuple[Probe, ...] = ()
    """Everything that ``find`` reads: contents may pass by only once."""
    who_needs: WhoNeeds | None = None
    """Asked of single packages, by ``why``."""
