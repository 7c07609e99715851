"""Users, groups and folders that the user's instructions made: made again, with the same numbers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.splitting.below import Below
from layerscope.splitting.cover import Copy, folders_above
from layerscope.splitting.decide import first_entry
from layerscope.splitting.probes import BOOKS
from layerscope.splitting.quoting import in_shell as _q
from layerscope.splitting.seam import Seam

_PASSWD, _GROUP = "etc/passwd", "etc/group"
_TOOLS: Final = frozenset({"adduser", "addgroup", "groupadd", "groupmod", "newusers", "useradd", "usermod"})
_USUAL: Final = 0o755
_MAKERS: Final = frozenset({"chmod", "chown", "install", "mkdir"})
_FOR_RUNNING: Final = ("run/", "var/cache/", "var/log/")
"""Folders in which no file is counted on, but folders that somebody made are."""


class User(NamedTuple):
    """A line of ``/etc/passwd``."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


class Group(NamedTuple):
    """A line of ``/etc/group``."""

    name: str
    gid: int
    members: tuple[str, ...]


class Accounts(Struct, frozen=True):
    """Users and groups that an instruction of the user's made."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]

    def commands(self, *, shadow: bool) -> list[str]:
        """Make them again, by the tools of the shadow suite or by those of busybox."""
        own = {user.gid for user in self.users}
        made = [f"groupadd -g {group.gid} {_q(group.name)}" for group in self.groups]
        if not shadow:
            made = [f"addgroup -g {group.gid} {_q(group.name)}" for group in self.groups]
        names = {group.gid: group.name for group in self.groups}
        for user in self.users:
            others = [each.name for each in self.groups if user.name in each.members and each.gid != user.gid]
            if shadow:
                more = f" -G {_q(','.join(others))}" if others else ""
                made.append(
                    f"useradd -M -l -u {user.uid} -g {user.gid}{more} -d {_q(user.home)} -s {_q(user.shell)} "
                    f"{_q(user.name)}"
                )
            else:
                group = f" -G {_q(names[user.gid])}" if user.gid in names and user.gid in own else ""
                made.append(
                    f"adduser -D -H -u {user.uid}{group} -h {_q(user.home)} -s {_q(user.shell)} {_q(user.name)}"
                )
                made += [f"addgroup {_q(user.name)} {_q(each)}" for each in others]
        return made


def accounts_of(files: Files, seam: Seam) -> Accounts:
    """Compare the books with those of the base; what a package's set-up made is left out, since it makes it again."""
    by_hand = {each.layer for each, command in seam.commands() if command.program in _TOOLS}
    by_hand |= {each.layer for each in seam.instructions if each.kind in ("COPY", "ADD")}
    users = _added(files, seam, _PASSWD, by_hand)
    groups = _added(files, seam, _GROUP, by_hand)
    return Accounts(
        tuple(user for line in users if (user := _user(line))),
        tuple(group for line in groups if (group := _group(line))),
    )


def _added(files: Files, seam: Seam, path: str, by_hand: set[int | None]) -> list[str]:
    """List the lines of names that are there at last, and came by hand."""
    known: set[str] = set()
    added: dict[str, bool] = {}
    lines: dict[str, str] = {}
    for number in files.at(path):
        text = (BOOKS.read(files, number) or b"").decode("utf-8", "surrogateescape")
        lines = {line.partition(":")[0]: line for line in text.split("\n") if ":" in line}
        layer = files.layer_of(number)
        for name in lines:
            if layer < seam.layers:
                known.add(name)
            elif name not in known:
                added.setdefault(name, layer in by_hand)
    return [line for name, line in lines.items() if added.get(name)]


def _user(line: str) -> User | None:
    name, _, uid, gid, _, home, shell = (*line.split(":"), *[""] * 7)[:7]
    if not (_is_name(name) and _is_id(uid) and _is_id(gid)) or not home.isprintable() or not shell.isprintable():
        return None
    return User(name, int(uid), int(gid), home or "/", shell or "/bin/sh")


def _group(line: str) -> Group | None:
    name, _, gid, members = (*line.split(":"), *[""] * 4)[:4]
    return (
        Group(name, int(gid), tuple(filter(_is_name, members.split(",")))) if _is_name(name) and _is_id(gid) else None
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 11


def _is_name(text: str) -> bool:
    return (
        text.isascii()
        and text[:1].isalnum() | (text[:1] == "_")
        and text.replace("-", "").replace("_", "").replace(".", "").isalnum()
    )


class Folder(NamedTuple):
    """A folder to be made, since no copy brings it as it is."""

    path: str
    owner: tuple[int, int]
    mode: int

    @property
    def is_special(self) -> bool:
        """Tell whether it is another's than root's, or is not open as folders are."""
        return self.owner != (0, 0) or self.mode != _USUAL

    def command(self, root: str = "") -> str:
        """Make it, below a folder."""
        owner = "" if self.owner == (0, 0) else f" -o {self.owner[0]} -g {self.owner[1]}"
        mode = "" if self.mode == _USUAL else f" -m {self.mode:o}"
        return f"install -d{owner}{mode} {_q(f'{root}/{self.path}')}"


def folders_of(
    files: Files, seam: Seam, copies: Iterable[Copy], is_left: Callable[[str], bool], directory: str
) -> list[Folder]:
    """List folders that the user made and that have nothing in them, or whose owner or mode copies would not keep.

    ``is_left`` tells of a folder that whoever filled it makes it again, or nobody misses it.
    """
    copies = tuple(copies)
    whole = Below(each.path for each in copies if each.is_folder)
    above = folders_above(copies)
    named, made = _named(seam)
    first = first_entry(files, seam.layers)
    found: list[Folder] = []
    for path, number in _folders(files, first):
        holder = whole.holder(path)
        if holder is not None and holder != path:
            continue
        entry = files.entry(number)
        folder = Folder(path, (entry.uid, entry.gid), entry.mode & 0o7777)
        is_copied = path in above or holder == path
        is_by_hand = path in named or files.layer_of(number) not in seam.installing
        kept_anyhow = folder.is_special and (is_copied or path in named)
        is_for_running = path in made and path.startswith(_FOR_RUNNING)
        is_missed = is_by_hand and not is_copied and (is_for_running or not is_left(path))
        if kept_anyhow or (is_missed and (folder.is_special or path != directory)):
            found.append(folder)
    return _new(files, first, found)


def _named(seam: Seam) -> tuple[set[str], set[str]]:
    """Return the paths that commands name, and those of them that commands make, or make somebody's."""
    named: set[str] = set()
    made: set[str] = set()
    for _, command in seam.commands():
        paths = {word.strip("/").replace("var/run/", "run/") for word in command.words if word.startswith("/")}
        named |= paths
        if command.program in _MAKERS:
            made |= paths
    return named, made


def _folders(files: Files, first: int) -> Iterator[tuple[str, int]]:
    """Yield the folders that the user's layers have an entry of, by path."""
    folders = files.filesystem.folders
    for path in sorted(folders):
        parent, _, name = path.rpartition("/")
        number = folders.get(parent, {}).get(name, -1) if path else -1
        if number >= first:
            yield path, number


def _new(files: Files, first: int, found: list[Folder]) -> list[Folder]:
    """Leave out folders that the base has as they are, and plain ones that are made along with others in them."""
    wanted = {each.path: each for each in found}
    names = {path.rpartition("/")[2] for path in wanted}
    for entry in files.filesystem.entries[:first]:
        if entry.name in names and entry.kind is EntryKind.DIRECTORY:
            folder = wanted.get(entry.path)
            if folder and (not folder.is_special or folder[1:] == ((entry.uid, entry.gid), entry.mode & 0o7777)):
                del wanted[folder.path]
    inner = {path.rpartition("/")[0] for path in wanted}
    return [each for each in wanted.values() if each.is_special or each.path not in inner]
