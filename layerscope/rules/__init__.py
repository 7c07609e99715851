"""What is worth saying of an image. One rule, one file: a module of this folder holds its rules in ``RULES``."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from layerscope.errors import LayerscopeError, UsageError
from layerscope.layers.facts import Probes
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

if TYPE_CHECKING:
    from layerscope.rules.kit.evidence import Evidence

__all__ = [
    "Choice",
    "Found",
    "Judgement",
    "Rule",
    "Severity",
    "all_rules",
    "judge",
    "meant",
    "probes_of",
    "rules_of",
]


_EVERYTHING: Final = "*"
_LITTLE: Final = 4096
"""Bytes below which no waste is of medium severity: less than a block of a file system."""


class Choice(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Which rules look, and which of their findings are told. In files its keys are as the options of the command."""

    select: tuple[str, ...] = ()
    """Names of rules, or patterns such as ``*-cache``; none means all."""
    ignore: tuple[str, ...] = ()
    min_bytes: Annotated[int, Meta(ge=0)] = 0
    """Findings that claim bytes, but fewer, are left out; those that are not about bytes stay."""
    include_base: bool = False
    """Whether findings in the base image are counted with the user's own, not apart."""


class Found(Struct, frozen=True):
    """A finding with the rule that made it."""

    rule: Rule
    finding: Finding
    in_base: bool | None = None
    """Whether it is about a layer or an instruction of the base image; ``None`` when that is not known."""

    @property
    def severity(self) -> Severity:
        """How much it matters: the finding's own severity, else the rule's; of a few bytes, not much."""
        severity = self.finding.severity or self.rule.severity
        is_little = 0 < sum(self.finding.claims.values()) < _LITTLE
        return Severity.LOW if is_little and severity is Severity.MEDIUM else severity

    @property
    def confidence(self) -> Confidence:
        """How sure it is: the finding's own confidence, else the rule's."""
        return self.finding.confidence or self.rule.confidence

    @property
    def reclaimable_bytes(self) -> int:
        """Content bytes that the image would lose by this remedy alone."""
        return sum(self.finding.claims.values())


class Judgement(Struct, frozen=True):
    """All findings, and what went wrong with a rule: a broken file in an image costs its finding, not the report."""

    found: tuple[Found, ...]
    """Most reclaimable bytes first, then by severity."""
    warnings: tuple[str, ...]
    include_base: bool = False
    """Whether findings in the base image are counted with the others."""

    @property
    def reclaimable_bytes(self) -> int:
        """Content bytes that the image would lose by all remedies: of a file that several claim, the largest claim."""
        return _union(each for each in self.found if self.include_base or not each.in_base)

    @property
    def base_reclaimable_bytes(self) -> int:
        """What the findings in the base image claim beyond that, where they are counted apart."""
        return _union(self.found) - self.reclaimable_bytes


@cache
def all_rules() -> tuple[Rule, ...]:
    """Gather the rules of the folder, by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__) if not module.ispkg)
    return tuple(sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.name))


def rules_of(choice: Choice) -> tuple[Rule, ...]:
    """Return the rules that were chosen; raises UsageError for a name or pattern that fits none."""
    if _EVERYTHING in choice.ignore:
        return ()  # and none of them is imported
    rules = all_rules()
    for pattern in (*choice.select, *choice.ignore):
        if not any(fnmatchcase(rule.name, pattern) for rule in rules):
            raise UsageError(f"{pattern!r} names no rule", hint=meant(pattern))
    return tuple(
        rule for rule in rules if (not choice.select or _fits(rule, choice.select)) and not _fits(rule, choice.ignore)
    )


def meant(pattern: str) -> str:
    """Say which rules may have been meant by a name that none has, or where they are listed."""
    from difflib import get_close_matches

    names = [rule.name for rule in all_rules()]
    close = get_close_matches(pattern, names, 3) or [name for name in names if pattern and pattern in name][:3]
    return f"Did you mean {' or '.join(close)}?" if close else "layerscope explain lists the rules."


def probes_of(rules: Sequence[Rule]) -> Probes:
    """List what the rules will ask of contents, each probe once; ``None`` if nothing at all."""
    if not any(rule.digests or rule.probes for rule in rules):
        return None
    return tuple(dict.fromkeys(probe for rule in rules for probe in rule.probes))


def judge(evidence: "Evidence", rules: Iterable[Rule], min_bytes: int = 0, *, include_base: bool = False) -> Judgement:
    """Let each rule look at the evidence; findings that claim bytes, but fewer than ``min_bytes``, are left out."""
    found: list[Found] = []
    warnings: list[str] = []
    for rule in rules:
        try:
            of_rule = [_placed(rule, finding, evidence) for finding in rule.find(evidence)]
        except LayerscopeError as error:
            warnings.append(f"The rule {rule.name} was given up: {error}.")
            continue
        found += [each for each in of_rule if not each.finding.claims or each.reclaimable_bytes >= min_bytes]
    return Judgement(tuple(sorted(found, key=_rank)), tuple(warnings), include_base)


def _placed(rule: Rule, finding: Finding, evidence: "Evidence") -> Found:
    return Found(rule, finding, evidence.in_base(finding.layer, finding.instruction))


def _union(found: Iterable[Found]) -> int:
    """Add up what is claimed, each file once, by the largest claim."""
    union: dict[int, int] = {}
    for each in found:
        for entry, claimed in each.finding.claims.items():
            union[entry] = max(claimed, union.get(entry, 0))
    return sum(union.values())


def _fits(rule: Rule, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(rule.name, pattern) for pattern in patterns)


def _rank(found: Found) -> tuple[int, int, str, int, tuple[str, ...]]:
    """Order findings for a reader, with nothing left to chance."""
    layer = -1 if found.finding.layer is None else found.finding.layer
    severity = list(Severity).index(found.severity)
    return (-found.reclaimable_bytes, -severity, found.rule.name, layer, found.finding.paths)
