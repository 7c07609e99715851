"""What is worth saying of an image. One rule, one file: a module of this folder holds its rules in ``RULES``."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from msgspec import Struct

from layerscope.errors import LayerscopeError
from layerscope.layers.facts import Probe
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Finding, Rule

__all__ = ["Found", "Judgement", "all_rules", "judge", "probes_of"]


class Found(Struct, frozen=True):
    """A finding with the rule that made it."""

    rule: Rule
    finding: Finding


class Judgement(Struct, frozen=True):
    """All findings, and what went wrong with a rule: a broken file in an image costs its finding, not the report."""

    found: tuple[Found, ...]
    warnings: tuple[str, ...]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Gather the rules of the folder, by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__) if not module.ispkg)
    return tuple(sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.name))


def probes_of(rules: Iterable[Rule]) -> tuple[Probe, ...]:
    """List what the rules will ask of contents, each probe once."""
    return tuple(dict.fromkeys(probe for rule in rules for probe in rule.probes))


def judge(evidence: Evidence, rules: Iterable[Rule]) -> Judgement:
    """Let each rule look at the evidence."""
    found: list[Found] = []
    warnings: list[str] = []
    for rule in rules:
        try:
            found += [Found(rule, finding) for finding in rule.find(evidence)]
        except LayerscopeError as error:
            warnings.append(f"The rule {rule.name} was given up: {error}.")
    found.sort(key=lambda each: (-sum(each.finding.claims.values()), each.rule.name, each.finding.layer or 0))
    return Judgement(tuple(found), tuple(warnings))
