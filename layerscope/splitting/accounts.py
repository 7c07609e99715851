"""Users, groups and folders that the user's instructions made: made again, with the same numbers."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from layerscope.filesystem.files import Files
from layerscope.model import EntryKind
from layerscope.splitting.below import Below
from layerscope.splitting.cover import Copy, folders_above
from layerscope.splitting.decide import first_entry
from layerscope.splitting.probes import BOOKS
from layerscope.splitting.seam import Seam

_PASSWD, _GROUP = "etc/passwd", "etc/group"
_TOOLS: Final = frozenset({"adduser", "addgroup", "groupadd", "groupmod", "newusers", "useradd", "usermod"})
_USUAL: Final = 0o755
_TEMPORARY: Final = ("dev/", "proc/", "run/", "sys/", "tmp/", "var/cache/", "var/log/", "var/tmp/")


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


def _q(text: str) -> str:
    return shlex.quote(text)


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

    def command(self) -> str:
        """Make it."""
        owner = "" if self.owner == (0, 0) else f" -o {self.owner[0]} -g {self.owner[1]}"
        mode = "" if self.mode == _USUAL else f" -m {self.mode:o}"
        return f"install -d{owner}{mode} {_q('/' + self.path)}"


def folders_of(
    files: Files, seam: Seam, copies: Iterable[Copy], left: Mapping[str, bool], directory: str
) -> list[Folder]:
    """List folders that the user made and that have nothing in them, or whose owner or mode copies would not keep.

    ``left`` says of folders with files in them whether all of those are left behind.
    """
    copies = tuple(copies)
    whole = Below(each.path for each in copies if each.is_folder)
    above = folders_above(copies)
    named = {word.strip("/") for _, command in seam.commands() for word in command.words if word.startswith("/")}
    first = first_entry(files, seam.layers)
    found: list[Folder] = []
    for path in sorted(files.filesystem.folders):
        parent, _, name = path.rpartition("/")
        number = files.filesystem.folders.get(parent, {}).get(name, -1) if path else -1
        holder = whole.holder(path)
        if number < first or (holder is not None and holder != path):
            continue
        entry = files.entry(number)
        folder = Folder(path, (entry.uid, entry.gid), entry.mode & 0o7777)
        is_special = folder.owner != (0, 0) or folder.mode != _USUAL
        if path in above or holder == path:
            if is_special:
                found.append(folder)
        elif path not in left and _is_the_users(files, seam, number, path, named) and (is_special or path != directory):
            found.append(folder)
    inner = {each.path.rpartition("/")[0] for each in found}
    return [each for each in found if each.path not in inner or each.owner != (0, 0) or each.mode != _USUAL]


def _is_the_users(files: Files, seam: Seam, number: int, path: str, named: set[str]) -> bool:
    """Tell a folder that an instruction made for itself from those that packages bring."""
    if files.entry(number).kind is not EntryKind.DIRECTORY or f"{path}/".startswith(_TEMPORARY):
        return False
    return path in named or files.layer_of(number) not in seam.installing
