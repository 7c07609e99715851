"""How the rows of the table of caches are looked up: where each may be, what in there is the tool's, what it claims."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from posixpath import normpath
from typing import Final

from msgspec import Struct

from layerscope.layers.facts import Probe
from layerscope.layers.windows import Window
from layerscope.model import Entry
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

FLOOR: Final = 4096
"""Bytes of one layer below which nothing is said. A cache that was cleaned, or mounted, leaves its frame behind: a
lock, a ``CACHEDIR.TAG``, an empty index, together less than a block of a file system; nobody rebuilds for them."""

_PASSWD_LIMIT: Final = 64 * 1024
_HOME_FIELD: Final = 5
_FOLDERS_SHOWN: Final = 3
_SEARCH_PATHS: Final = ("PATH", "CLASSPATH", "PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH", "GEM_PATH")
"""Variables that name folders to run something from."""


class Place(Struct, frozen=True):
    """A folder that may hold a cache."""

    folder: str
    """``/from/the/root``, or below ``~`` (each home), ``~cache``, ``~data``, ``~state`` (of the XDG base directory
    specification), ``$VARIABLE``; ``*.gem``: whichever folders hold files of that suffix."""
    shape: str = ""
    """How paths below the folder begin that are the tool's (of ``*.gem``: whole paths), as a regular expression. Where
    more than the cache is in the folder, the group ``at`` is the part of it that may be mounted and deleted."""
    sign: str = ""
    """Found in the path of one file at least, or the folder is another's."""


class Cache(Struct, frozen=True, kw_only=True):
    """One row: what a tool keeps for its next run, in a folder that the program does not need."""

    name: str
    what: str
    why: str
    """Why the program does without; goes on from ``what``: "…, read only when pip installs again"."""
    places: tuple[Place, ...]
    step: str
    """What the instruction runs."""
    clean: str = "{step} && rm -rf {folders}"
    """The same without a cache mount; empty where only a stage of its own will do."""
    mount: str = "type=cache,target={folder}"
    left_out: str = ""
    """What is near, and not claimed."""
    severity: Severity = Severity.MEDIUM
    confidence: Confidence = Confidence.HIGH
    runs: str = ""
    """Commands, as a regular expression. Where the image runs one, it may want the cache: confidence is low then."""
    unless: tuple[str, ...] = ()
    """Names of files that make the program read the cache."""

    def rule(self) -> Rule:
        """Make the rule of this row."""
        return Rule(self.name, self.severity, self.confidence, _page(self), partial(_find, self), (PASSWD,))


class Wanted(Struct, frozen=True, kw_only=True):
    """A row of what looks like a cache and is what the program needs: information, which claims nothing."""

    name: str
    what: str
    advice: str
    places: tuple[Place, ...]

    def rule(self) -> Rule:
        """Make the rule of this row."""
        page = (
            f"{_sentence(self.what)}\n\nLooked for in: {_places(self.places)}.\n\nThis is information: the program "
            f"most likely needs them, so no bytes are claimed.\n\n{self.advice}"
        )
        return Rule(self.name, Severity.INFORMATION, Confidence.MEDIUM, page, partial(_find_wanted, self), (PASSWD,))


class _Homes:
    """A probe: the homes that ``/etc/passwd`` names."""

    def wants(self, entry: Entry) -> bool:
        return entry.name == "passwd" and entry.parent == "etc" and entry.size <= _PASSWD_LIMIT

    def look(self, window: Window, size: int) -> tuple[str, ...] | None:
        lines = window.take(size).decode(errors="surrogateescape").splitlines()
        fields = [line.split(":") for line in lines]
        return tuple(dict.fromkeys(each[_HOME_FIELD] for each in fields if len(each) > _HOME_FIELD))


PASSWD: Final[Probe] = _Homes()


def _homes(evidence: Evidence) -> tuple[str, ...]:
    """List every folder that can be somebody's home, those of ``/etc/passwd`` included."""
    homes = dict.fromkeys(evidence.homes)
    for number in evidence.at("etc/passwd"):
        named = evidence.look(PASSWD, number)
        homes.update(dict.fromkeys(_absolute(named) if isinstance(named, tuple) else ()))
    return tuple(homes)


def _absolute(paths: Sequence[str]) -> list[str]:
    """Make paths relative to the root, those that are not absolute and the root itself left out."""
    return [cut for path in paths if path.startswith("/") and (cut := normpath(path).strip("/"))]


_XDG: Final = {
    "~cache": ("XDG_CACHE_HOME", ".cache"),
    "~data": ("XDG_DATA_HOME", ".local/share"),
    "~state": ("XDG_STATE_HOME", ".local/state"),
}


def _folders(place: Place, evidence: Evidence) -> list[str]:
    """List the folders that a place may be in this image."""
    head, slash, tail = place.folder.partition("/")
    if not head:
        return [tail]
    if head in _XDG:
        variable, default = _XDG[head]
        bases = [f"{home}/{default}" for home in _homes(evidence)] + _variable(variable, evidence)
    else:
        bases = list(_homes(evidence)) if head == "~" else _variable(head[1:], evidence)
    return list(dict.fromkeys(f"{base}{slash}{tail}" for base in bases))


def _variable(name: str, evidence: Evidence) -> list[str]:
    return _absolute(evidence.environment.get(name, "").split(":"))


def _files(places: Sequence[Place], evidence: Evidence) -> dict[int, str]:
    """Return file → the folder of its cache, for all that the program does not reach through a link or by its path."""
    found: dict[int, str] = {}
    for place in places:
        shape = re.compile(place.shape)
        if place.folder.startswith("*."):
            for number in evidence.suffixed(place.folder[2:]):
                entry = evidence.entry(number)
                if shape.match(entry.path):
                    found[number] = entry.parent
            continue
        for folder in _folders(place, evidence):
            paths = {number: evidence.entry(number).path for number in evidence.below(folder)}
            start = len(folder) + 1
            if place.sign and not any(re.search(place.sign, path[start:]) for path in paths.values()):
                continue
            matches = ((number, shape.match(path, start)) for number, path in paths.items())
            found.update({number: _cache_folder(folder, match) for number, match in matches if match})
    return _unused(found, evidence)


def _cache_folder(folder: str, match: re.Match[str]) -> str:
    """Return the folder that the tool has to itself."""
    return f"{folder}/{match['at']}" if "at" in match.re.groupindex else folder


def _unused(found: dict[int, str], evidence: Evidence) -> dict[int, str]:
    """Leave out what the program runs from within the caches: links lead there, or its command names it."""
    folders = set(found.values())
    named = _named(evidence)
    used = {folder for folder in folders if any(f"/{folder}/" in text for text in named)}
    targets = {target for folder in folders - used for target in evidence.linked_into(folder)}
    if not used and not targets:
        return found
    return {
        number: folder
        for number, folder in found.items()
        if folder not in used and (not targets or targets.isdisjoint(_upwards(evidence.entry(number).path)))
    }


def _named(evidence: Evidence) -> list[str]:
    """List the texts in which the image names what it runs."""
    variables = [evidence.environment.get(name, "") for name in _SEARCH_PATHS]
    return [f"{text}/" for text in (_command(evidence), *(part for value in variables for part in value.split(":")))]


def _command(evidence: Evidence) -> str:
    return " ".join((*evidence.image.run_config.entrypoint, *evidence.image.run_config.cmd))


def _runs(commands: str, evidence: Evidence) -> bool:
    """Tell whether the image's command is one of these, whatever folder it is run from."""
    return bool(commands) and re.search(rf"(^|[\s/])({commands})(\s|$)", _command(evidence)) is not None


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and all folders above it."""
    return accumulate(path.split("/"), "{}/{}".format)


def _is_excused(names: Sequence[str], evidence: Evidence) -> bool:
    return any(evidence.is_kept(number) for name in names for number in evidence.named(name))


def _find(cache: Cache, evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer that brought enough of the cache, whatever became of it."""
    files = _files(cache.places, evidence)
    if not files or _is_excused(cache.unless, evidence):
        return
    confidence = Confidence.LOW if _runs(cache.runs, evidence) else None
    layers: dict[int, dict[int, int]] = {}
    for carrier, size in evidence.claim(files).items():
        if carrier in files:
            layers.setdefault(evidence.layer_of(carrier), {})[carrier] = size
    for layer, claims in sorted(layers.items()):
        if sum(claims.values()) < FLOOR:
            continue
        folders = _heaviest(claims, files)
        gone = not any(evidence.is_kept(number) for number in claims)
        yield Finding(
            message=f"{cache.what}, in {_joined(folders)}, {cache.why}"
            + ("; later layers hide it, which saves nothing: every pull still carries it" if gone else ""),
            remedy=_remedy(cache, folders, claims, evidence, copied=is_copied(evidence, layer)),
            layer=layer,
            paths=evidence.paths(claims),
            claims=claims,
            confidence=confidence,
        )


def _heaviest(claims: Mapping[int, int], files: Mapping[int, str]) -> list[str]:
    """List the folders that hold the bytes, those with most first."""
    weights: dict[str, int] = {}
    for number, size in claims.items():
        weights[files[number]] = weights.get(files[number], 0) + size
    return sorted(weights, key=lambda folder: (-weights[folder], folder))


def _joined(folders: Sequence[str]) -> str:
    shown = [f"/{folder}" for folder in folders[:_FOLDERS_SHOWN]]
    more = f" and {len(folders) - len(shown)} more" if len(folders) > len(shown) else ""
    return ", ".join(shown) + more


def _remedy(
    cache: Cache, folders: Sequence[str], claims: Mapping[int, int], evidence: Evidence, *, copied: bool
) -> str:
    """Say it in the words of a Dockerfile, with the folders of this image."""
    quoted = [shlex.quote(f"/{folder}") for folder in folders]
    if copied:
        return (
            f"Copy what the program runs, and not {' '.join(quoted)}: name the finished files in COPY --from=…, or "
            "list the folder in .dockerignore."
        )
    uid = evidence.entry(max(claims, key=lambda number: (claims[number], number))).uid
    return _advice(cache, quoted, f",uid={uid}" if uid else "")


def _advice(cache: Cache, folders: Sequence[str], owner: str = "") -> str:
    mounts = " ".join(dict.fromkeys(f"--mount={_mount(cache, folder, owner)}" for folder in folders))
    clean = cache.clean.format(step=cache.step, folders=" ".join(folders))
    by_hand = f"clean up in the same instruction: RUN {clean}"
    by_stage = "do it in an earlier stage, and copy what it made (COPY --from=…)"
    return f"RUN {mounts} {cache.step}; or {by_hand if clean else by_stage}"


def _mount(cache: Cache, folder: str, owner: str) -> str:
    """Mount a cache; over ``/tmp``, where several tools leave things that nobody wants again, an empty file system."""
    if folder.split("/")[1] == "tmp":
        return "type=tmpfs,target=/tmp"
    return cache.mount.format(folder=folder) + owner


def _find_wanted(wanted: Wanted, evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer that brought them, of those still there."""
    files = {number: folder for number, folder in _files_wanted(wanted, evidence).items() if evidence.is_kept(number)}
    for layer, numbers in evidence.by_layer(files).items():
        sizes = {number: evidence.entry(number).size for number in numbers}
        if sum(sizes.values()) < FLOOR:
            continue
        yield Finding(
            message=f"{wanted.what}, in {_joined(_heaviest(sizes, files))}",
            remedy=wanted.advice,
            layer=layer,
            paths=evidence.paths(number for number, size in sizes.items() if size),
        )


def _files_wanted(wanted: Wanted, evidence: Evidence) -> dict[int, str]:
    found: dict[int, str] = {}
    for place in wanted.places:
        for folder in _folders(place, evidence):
            start = len(folder) + 1
            shape = re.compile(place.shape)
            for number in evidence.below(folder):
                if shape.match(evidence.entry(number).path, start):
                    found.setdefault(number, folder)
    return found


def _page(cache: Cache) -> str:
    """Write what ``layerscope explain`` shows."""
    default = next((each.folder for each in cache.places if each.folder[0] not in "$*"), "/usr/local/bundle/cache")
    head, slash, tail = default.partition("/")
    example = f"/root/{_XDG[head][1]}{slash}{tail}" if head in _XDG else default.replace("~", "/root", 1)
    left_out = f"\n\nLeft out: {cache.left_out}" if cache.left_out else ""
    return (
        f"{_sentence(f'{cache.what}, {cache.why}')}\n\n"
        f"Looked for in: {_places(cache.places)}.\n\n"
        "The bytes count in whichever layer wrote them, even where a later instruction deletes them: a layer is never "
        "changed by those above it. A file that has another name outside the cache (a hard link) does not count: its "
        "bytes would stay. Nor does what a link of the image, or its command, leads to.\n\n"
        f"Keep it out of the layer. For example: {_advice(cache, [example])}{left_out}"
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _places(places: Sequence[Place]) -> str:
    spelled = (
        place.folder.replace("*", "…/cache/*")
        .replace("~cache", "~/.cache")
        .replace("~data", "~/.local/share")
        .replace("~state", "~/.local/state")
        for place in places
    )
    return ", ".join(dict.fromkeys(spelled))
