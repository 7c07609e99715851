"""Debian packages that are in the image only because another package recommends them.

apt installs what a package recommends along with it. A server rarely needs that: documentation tools, mail servers,
fonts and compilers come in this way.

Say so in the instruction that installs: RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE… && rm
-rf /var/lib/apt/lists/*. What a program does want of it (often ca-certificates), install by name.

It is computed from dpkg's own database in the image: a package counts when apt marked it as installed automatically,
and when none of those that were asked for depends on it, directly or through others; every alternative and every
provider that is installed counts as needed. Its bytes are those of the files that it lists, in every layer.

Left out are essential packages and those of priority required; files that a package makes when it is set up, the links
and the bundle in /etc/ssl/certs apart; packages that nothing recommends any more (apt-get autoremove takes those);
images without dpkg's status, as distroless ones are.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from layerscope.packages.dpkg import PROBE, read_system
from layerscope.packages.kit.debian import EXTENDED_STATES, INFO, parse_list
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_MADE: Final = {"ca-certificates": "etc/ssl/certs"}
"""Package → the folder that its set-up fills: with the bundle that it makes, and a link or two to each certificate."""
_NAMED: Final = 4
"""Packages that a message names."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer that installed such packages."""
    wanted_by = _only_recommended(evidence)
    if not wanted_by:
        return
    infos = _info_files(evidence, wanted_by)
    owned = _owned(evidence, infos)
    packages_of: dict[int, list[str]] = {}
    for name, numbers in infos.items():
        first = min(numbers, key=lambda number: (evidence.entry(number).name.rpartition(".")[2] != "list", number))
        packages_of.setdefault(evidence.layer_of(first), []).append(name)
    for layer, names in sorted(packages_of.items()):
        numbers = [number for name in names for number in (*infos[name], *owned.get(name, ()))]
        claims = evidence.claim(numbers)
        names.sort(key=lambda name: (-sum(evidence.entry(number).size for number in owned.get(name, ())), name))
        yield Finding(
            message=f"packages ({len(names)}) installed by {evidence.named_layer(layer)} only because others recommend "
            f"them: {_listed(names, wanted_by)}",
            remedy="Install with RUN apt-get install -y --no-install-recommends …, and name those of them that the "
            "program does want.",
            layer=layer,
            paths=evidence.paths(number for number in numbers if number in claims),
            claims=claims,
        )


def _only_recommended(evidence: Evidence) -> dict[str, str]:
    """Return package → who wants it; nothing where dpkg or apt keep no books."""
    if evidence.kept_at(EXTENDED_STATES) is None:
        return {}
    system = evidence.once(read_system)
    if system is None or not system.is_noted:
        return {}
    return {name: system.wants.all[name].by for name in sorted(system.wants.recommended)}


def _listed(names: list[str], wanted_by: dict[str, str]) -> str:
    named = [f"{name} (for {wanted_by[name]})" for name in names[:_NAMED]]
    return ", ".join([*named, "…"] if len(names) > _NAMED else named)


def _info_files(evidence: Evidence, packages: Iterable[str]) -> dict[str, list[int]]:
    """Return package → its files in dpkg's own folder: ``curl.list``, ``libc6:amd64.postinst``, in every layer."""
    infos: dict[str, list[int]] = {name: [] for name in packages}
    for number in evidence.below(INFO):
        entry = evidence.entry(number)
        name = entry.name.rpartition(".")[0].partition(":")[0]
        if name in infos and entry.parent == INFO:
            infos[name].append(number)
    return {name: numbers for name, numbers in infos.items() if numbers}


def _owned(evidence: Evidence, infos: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return package → the files that its lists name, in every layer."""
    owner: dict[tuple[str, str], str] = {}
    merged = _merged_folders(evidence)
    for name, numbers in infos.items():
        for number in numbers:
            if not evidence.is_kept(number) or not evidence.entry(number).name.endswith(".list"):
                continue
            for path in parse_list(PROBE.read(evidence, number) or b""):
                top, slash, rest = path.strip("/").partition("/")
                folder, _, last = f"{merged.get(top, top)}{slash}{rest}".rpartition("/")
                owner[folder, last] = name
    folders = {folder for folder, _ in owner}
    owned = {name: list(evidence.below(folder)) for name, folder in _MADE.items() if name in infos}
    for number in evidence.files():
        entry = evidence.entry(number)
        if entry.parent in folders and (package := owner.get((entry.parent, entry.name))):
            owned.setdefault(package, []).append(number)
    return owned


def _merged_folders(evidence: Evidence) -> dict[str, str]:
    """Return the folders of the root that are links to others: ``lib`` → ``usr/lib``; lists may name either."""
    numbers = ((name, number) for name, number in evidence.filesystem.folders.get("", {}).items() if number >= 0)
    links = ((name, evidence.entry(number).target.strip("/")) for name, number in numbers)
    return {name: target for name, target in links if target}


RULES: Final = (Rule("apt-recommends", Severity.MEDIUM, Confidence.HIGH, __doc__, find, (PROBE,)),)
