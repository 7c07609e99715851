"""What COPY . brings along: the Dockerfile itself, editors' and systems' files, caches, tests, installed packages.

The build context is a developer's folder, and holds much that the image has no use for. Besides its bytes, each such
file makes the layer change when it does, so that the build's cache is lost for everything that follows.

List it in .dockerignore, or copy by name what is needed: COPY package.json src/ /app/.

Looked at are only layers made by COPY and ADD. Folders of installed packages (node_modules, .venv) and tests only
count where the context is copied as a whole (COPY . …), not where an instruction names them; and it is less than sure
of them, since a COPY --from of another stage looks the same. Histories (.git) have a rule of their own, and .env is
left out, since some programs read it: look whether it should be there.
"""

import re
from collections.abc import Iterable, Iterator
from os.path import commonpath
from typing import Final

from layerscope.build.attribution import Instruction
from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_FILES: Final = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\..+)?|.+\.[Dd]ockerfile|(?:docker-)?compose(?:[.-].+)?\.ya?ml|\.dockerignore"
    r"|\.git(?:attributes|ignore|modules|-blame-ignore-revs)|\.gitlab-ci\.yml|\.travis\.yml|Jenkinsfile"
    r"|\.editorconfig|\.pre-commit-config\.yaml|\.DS_Store|\._.+|Thumbs\.db|desktop\.ini|.+~|\..+\.sw[op]"
    r"|\.coverage|(?:npm-debug|yarn-debug|yarn-error)\.log.*",
    re.DOTALL,
)
_STARTS: Final = (
    *(".", "Dockerfile", "Containerfile", "Jenkinsfile", "Thumbs.db", "desktop.ini"),
    *("compose", "docker-compose", "npm-", "yarn-"),
)
_ENDS: Final = ("~", "ockerfile")
"""How such names start and end: so that the expression is not tried on all."""
_FOLDERS: Final = frozenset(
    {
        *(".circleci", ".devcontainer", ".github", ".gitlab", ".idea", ".vs", ".vscode"),
        *(".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".tox", ".eggs"),
        *(".nyc_output", ".parcel-cache", ".sass-cache", ".scannerwork", ".terraform", ".vagrant"),
        *("__MACOSX", "htmlcov"),
    }
)
_INSTALLED: Final = frozenset({".venv", "bower_components", "node_modules", "venv"})
_OF_OTHERS: Final = _INSTALLED | {"site-packages", "vendor"}
"""Folders in which what is named like junk is part of somebody's package."""
_TESTS: Final = frozenset({"__tests__", "coverage", "cypress", "e2e", "spec", "test", "tests"})
"""Where they stand in the context's own folder."""
_WHOLE: Final = frozenset({".", "./", "*", "./*", "/"})
_NAMED: Final = 6
"""Patterns that a remedy names."""

Junk = dict[int, str]
"""Entry → the line of .dockerignore that keeps it out."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer and for either kind of what is in it."""
    starts = (*evidence.filesystem.starts, len(evidence.filesystem.entries))
    for layer, instruction in sorted(evidence.instruction_of.items()):
        if is_copied(evidence, layer):
            numbers = range(starts[layer], starts[layer + 1])
            folders = {evidence.entry(number).parent for number in numbers if evidence.entry(number).name}
            yield from _told(evidence, _junk(evidence, numbers), "what only developers and builds use", None)
            if _is_whole_context(instruction):
                extra = _installed_or_tests(evidence, numbers, commonpath(folders) if folders else "")
                yield from _told(evidence, extra, "installed packages and tests", Confidence.LOW)


def _told(evidence: Evidence, junk: Junk, what: str, confidence: Confidence | None) -> Iterator[Finding]:
    for layer, names, claims in ballast(evidence, junk):
        ranked = sorted(names, key=lambda number: (-evidence.entry(number).size, junk[number]))
        yield Finding(
            message=f"{what}, brought along from the build context by {evidence.named_layer(layer)}",
            remedy=_remedy(junk[number] for number in ranked),
            layer=layer,
            paths=evidence.paths(names),
            claims=claims,
            confidence=confidence,
        )


def _junk(evidence: Evidence, numbers: Iterable[int]) -> Junk:
    """Find what nothing that runs needs, by names that leave no doubt."""
    found: Junk = {}
    folders: dict[str, tuple[str | None, bool]] = {}
    for number in numbers:
        entry = evidence.entry(number)
        if entry.parent not in folders:
            parts = set(entry.parent.split("/"))
            folders[entry.parent] = min(parts & _FOLDERS, default=None), not parts.isdisjoint(_OF_OTHERS)
        folder, is_of_others = folders[entry.parent]
        if is_of_others:
            continue
        if folder:
            found[number] = f"**/{folder}"
        elif (entry.name.startswith(_STARTS) or entry.name.endswith(_ENDS)) and _FILES.fullmatch(entry.name):
            found[number] = f"**/{entry.name}"
    return found


def _installed_or_tests(evidence: Evidence, numbers: Iterable[int], root: str) -> Junk:
    """Find what is installed or tests, in a context that was copied to ``root``."""
    found: Junk = {}
    depth = len(root.split("/")) if root else 0
    folders: dict[str, str] = {}
    for number in numbers:
        parent = evidence.entry(number).parent
        if parent not in folders:
            below = parent.split("/")[depth:] if parent else []
            installed = next((part for part in below if part in _INSTALLED), None)
            folders[parent] = f"**/{installed}" if installed else below[0] if below and below[0] in _TESTS else ""
        if folders[parent]:
            found[number] = folders[parent]
    return found


def _is_whole_context(instruction: Instruction) -> bool:
    """Tell whether a folder is copied whole; the classic builder writes a check sum in place of what was named."""
    *sources, _ = [word for word in instruction.text.split() if not word.startswith("--")] or [""]
    return any(source in _WHOLE or source.startswith(("dir:", "multi:")) for source in sources)


def _remedy(lines: Iterable[str]) -> str:
    patterns = list(dict.fromkeys(lines))
    more = ", …" if len(patterns) > _NAMED else ""
    return f"List in .dockerignore, a line each: {', '.join(patterns[:_NAMED])}{more}."


RULES: Final = (Rule("build-context-junk", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
