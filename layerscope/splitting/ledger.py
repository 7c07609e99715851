"""Every byte of the user's layers on one line of account: what it becomes, or why it is left behind."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.packages.kit import alpine, debian
from layerscope.splitting.decide import Decision, first_entry
from layerscope.splitting.loose import TOOLS, Kind
from layerscope.splitting.records import Action, Step
from layerscope.splitting.seam import Seam
from layerscope.splitting.system import System

_NOT_CONTENT: Final = frozenset({EntryKind.DIRECTORY, EntryKind.WHITEOUT, EntryKind.OPAQUE})
_DATABASES: Final = frozenset({debian.STATUS, f"{debian.STATUS}-old", *alpine.INSTALLED})
_WRITTEN_ANEW: Final = (
    *("var/lib/dpkg/", "var/lib/apt/", "var/cache/debconf/", "var/cache/ldconfig/", "var/lib/ucf/", "lib/apk/db/"),
    *("usr/lib/apk/db/", "etc/apk/world", "etc/ld.so.cache", "var/log/", "etc/alternatives/", "var/lib/pam/"),
    *(
        "var/lib/systemd/",
        "etc/pam.d/",
        "etc/systemd/",
        "etc/rc",
        "var/lib/python/",
        "etc/mailcap",
        "etc/ca-certificates.c",
    ),
    *(
        "etc/shells",
        "usr/share/mime/",
        "usr/share/glib-2.0/",
        "var/cache/fontconfig/",
        "var/lib/xml-core/",
        "etc/timezone",
    ),
    *("etc/localtime", "usr/share/info/"),
)
"""What installing packages writes; caches of apt are cleaned in the same instruction."""
_CLEANED: Final = ("var/lib/apt/lists/", "var/cache/apt/", "var/cache/apk/")
_LOGS: Final = ("var/log/", "var/lib/apt/extended_states")
_QUESTIONS: Final = "var/cache/debconf/"
_ARCHITECTURES: Final = ("amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x")
_ACCOUNTS: Final = frozenset(
    f"etc/{name}{end}" for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid") for end in ("", "-")
)


class Line(Struct, frozen=True):
    """What one entry's bytes become."""

    action: Action
    what: str
    reason: str
    is_tool: bool = False


BOOKS: Final = Line("install", "books of the package manager", "written anew by it")
PEOPLE: Final = Line("install", "books of users and groups", "written anew where they are made")
MADE: Final = Line("install", "what the set-up of packages makes", "made anew where they are installed")
HIDDEN: Final = Line("drop", "what later layers hide", "written, and overwritten or deleted later on")


class Ledger:
    """Gathers lines, each for an entry that carries bytes."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.claims: dict[int, int] = {}
        """Entry → bytes that the image loses."""
        self._kept: dict[Line, int] = {}
        self._lost: dict[Line, int] = {}

    def note(self, number: int, line: Line, staying: int | None = None) -> None:
        """Note an entry; ``staying``: bytes of it that the new image has too, where that is a part."""
        size = self._files.entry(number).size
        stays = size if line.action != "drop" else 0
        if staying is not None:
            stays = min(staying, size)
        if stays or (staying is None and line.action != "drop"):
            self._kept[line] = self._kept.get(line, 0) + stays
        if size > stays:
            self.claims[number] = size - stays
            gone = line if line.action == "drop" else Line("drop", line.what, "shorter with fewer packages")
            self._lost[gone] = self._lost.get(gone, 0) + size - stays

    def mention(self, line: Line) -> None:
        """Have a line for what is kept, though it may have no bytes."""
        self._kept.setdefault(line, 0)

    @property
    def kept_bytes(self) -> int:
        """Bytes of the user's layers that stay."""
        return sum(self._kept.values())

    def steps(self, *actions: Action) -> list[Step]:
        """Write the lines of these actions, most bytes first."""
        rows = [
            (line, size) for rows in (self._kept, self._lost) for line, size in rows.items() if line.action in actions
        ]
        rows = [(line, size) for line, size in rows if size or line.action != "drop"]
        rows.sort(key=lambda row: (actions.index(row[0].action), -row[1], row[0].what))
        return [Step(line.action, line.what, size, line.reason, line.is_tool) for line, size in rows]


def lines_of(files: Files, system: System | None, decision: Decision) -> Mapping[int, Line]:
    """Say what becomes of each file that the final filesystem shows."""
    lines: dict[int, Line] = {}
    for name, numbers in decision.heap.of_packages.items():
        line = _package(name, system, decision)
        lines.update(dict.fromkeys(numbers, line))
    for number in decision.heap.of_base:
        lines[number] = Line("drop", "upgrades of the base's packages", "the base's own stand in their place")
    for number, name in decision.effects.items():
        if not name:
            lines[number] = MADE
            continue
        is_there = system is not None and not system.units[name].is_new
        lines[number] = (
            Line("drop", "bytecode and the like", "made again when it is wanted")
            if is_there
            else _package(name, system, decision)
        )
    for number, place in decision.places.items():
        if place.kind is Kind.STATE:
            path = files.entry(number).path
            cleaned = next((each for each in _CLEANED if path.startswith(each)), None)
            lines[number] = (
                Line("drop", f"/{cleaned.rstrip('/')}", "what was downloaded to install")
                if cleaned
                else (PEOPLE if path in _ACCOUNTS else BOOKS)
            )
        else:
            lines[number] = Line("drop", place.what, place.reason, is_tool=place.kind in TOOLS)
    for number, root in decision.heap.development.items():
        if root in decision.pruned:
            lines[number] = Line(
                "drop",
                f"/{root}/node_modules".replace("//", "/"),
                "only development needs these packages",
                is_tool=True,
            )
    for number in decision.astray:
        lines[number] = Line("drop", "links to what is left behind", "they would lead nowhere")
    for number in decision.heap.changed:
        lines.setdefault(number, Line("drop", "changes to packages that are left behind", "nobody needs the package"))
    return lines


def _package(name: str, system: System | None, decision: Decision) -> Line:
    if name in decision.packages:
        return Line("install", name, decision.packages[name])
    unit = system.units[name] if system else None
    if unit and unit.building:
        return Line("drop", name, unit.building, is_tool=True)
    return Line("drop", "packages that only those need", "nothing that is kept needs them")


def entered(files: Files, seam: Seam, lines: Mapping[int, Line], state: "State") -> Ledger:
    """Note every entry of the user's layers that is content."""
    ledger, filesystem = Ledger(files), files.filesystem
    names_of: dict[int, list[int]] = {}
    for number, carrier in filesystem.carriers.items():
        names_of.setdefault(carrier, []).append(number)
    for number in range(first_entry(files, seam.layers), len(filesystem.entries)):
        entry = filesystem.entries[number]
        if entry.kind in _NOT_CONTENT:
            continue
        if number in files.hidden_by_number:
            ledger.note(number, HIDDEN)
            continue
        if number in filesystem.superseded and number not in names_of:
            continue
        told = [lines[name] for name in (number, *names_of.get(number, ())) if name in lines]
        line = next((each for each in told if each.action != "drop"), next(iter(told), HIDDEN))
        ledger.note(number, line, state.staying(number, line))
    return ledger


class State:
    """How long the books of package manager and accounts are in the new image."""

    def __init__(
        self, files: Files, seam: Seam, system: System | None, decision: Decision, *, installs: bool, accounts: bool
    ) -> None:
        self._files = files
        self._seam = seam
        self._installs = installs
        self._accounts = accounts
        units = system.units if system else {}
        new = [unit for unit in units.values() if unit.is_new]
        self._gone = sum(unit.record_bytes for unit in new if unit.name not in decision.packages)
        self._share = len(decision.packages) / len(new) if new else 0.0
        self._asks = any(self._has_questions(name) for name in decision.packages)

    def staying(self, number: int, line: Line) -> int | None:
        """Return the bytes of a book that the new image has; ``None`` for what is no book."""
        size = self._files.entry(number).size
        if line is MADE:
            return size if self._installs else 0
        if line is PEOPLE:
            return size if self._accounts or self._installs else 0
        if line is not BOOKS:
            return None
        path = self._files.entry(number).path
        return self._written(path, size) if self._installs and path.startswith(_WRITTEN_ANEW) else 0

    def _written(self, path: str, size: int) -> int:
        """Return the bytes of a book of the package manager, of so many with all packages."""
        if path in _DATABASES:
            return max(size - self._gone, 0)
        if path.startswith(_LOGS):
            before = self._before(path)
            return before + int(max(size - before, 0) * self._share)
        if path.startswith(_QUESTIONS) and not self._asks:
            return 0 if path.endswith("-old") else min(size, self._before(path))
        return size

    def _before(self, path: str) -> int:
        """Return the bytes of a book in the base: it goes on from there."""
        below = [number for number in self._files.at(path) if self._files.layer_of(number) < self._seam.layers]
        return self._files.entry(below[-1]).size if below else 0

    def _has_questions(self, name: str) -> bool:
        """Tell whether a package of Debian has questions for whoever installs it."""
        info = self._files.filesystem.folders.get(debian.INFO, {})
        return f"{name}.templates" in info or any(f"{name}:{each}.templates" in info for each in _ARCHITECTURES)
