"""How the rows of the tables of caches (``rules/caches_….py``) become rules: what each claims, and what to do about it.

To add a cache, add its row to one of them: where it is, the shape that only this tool makes in there, and how to do
without it.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.homes import PASSWD
from layerscope.rules.kit.places import XDG, Place, command, files_in, unused
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

FLOOR: Final = 4096
"""Bytes of one layer below which nothing is said. A cache that was cleaned, or mounted, leaves its frame behind: a
lock, a ``CACHEDIR.TAG``, an empty index, together less than a block of a file system; nobody rebuilds for them."""

INSTALLS_AGAIN: Final = "read only when more packages are installed"
BUILDS_AGAIN: Final = "read only when something is built again"
_FOLDERS_SHOWN: Final = 3


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


def _runs(commands: str, evidence: Evidence) -> bool:
    """Tell whether the image's command is one of these, whatever folder it is run from."""
    return bool(commands) and re.search(rf"(^|[\s/])({commands})(\s|$)", command(evidence)) is not None


def _is_excused(names: Sequence[str], evidence: Evidence) -> bool:
    return any(evidence.is_kept(number) for name in names for number in evidence.named(name))


def _find(cache: Cache, evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer that brought enough of the cache, whatever became of it."""
    files = unused(files_in(cache.places, evidence), cache.places, evidence)
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
            f"Copy what the program runs, and nothing into {' '.join(quoted)}: of another stage name the finished "
            "files, COPY --from=…; of the context list it in .dockerignore, or mount it where one RUN needs it: RUN "
            f"--mount=type=bind,source=…,target={quoted[0]} …."
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
    files = {number: folder for number, folder in files_in(wanted.places, evidence).items() if evidence.is_kept(number)}
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


def _page(cache: Cache) -> str:
    """Write what ``layerscope explain`` shows."""
    default = next((each.folder for each in cache.places if each.folder[0] not in "$*"), "/usr/local/bundle/cache")
    head, slash, tail = default.partition("/")
    example = f"/root/{XDG[head][1]}{slash}{tail}" if head in XDG else default.replace("~", "/root", 1)
    left_out = f"\n\nLeft out: {cache.left_out}" if cache.left_out else ""
    return (
        f"{_sentence(cache.what)}\n\n{_sentence(cache.why)}\n\nLooked for in: {_places(cache.places)}.\n\n"
        "The bytes count in whichever layer wrote them, even where a later instruction deletes them: a layer is never "
        "changed by those above it. A file that has another name outside the cache (a hard link) does not count: its "
        "bytes would stay. Nor does what a link, the command or a variable of the image leads to.\n\n"
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
