"""``layerscope explain``: what a rule means, and what to do about what it finds."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.cli.kit.prose import Prose
    from layerscope.rules import Rule


def explain(
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RULE]...", help="Names of rules, or patterns such as '*-cache'.", show_default=False),
    ] = None,
) -> None:
    """List the rules, or tell what some find and what to do about it."""
    from layerscope.cli.kit.output import write
    from layerscope.cli.kit.prose import Prose
    from layerscope.rules import all_rules

    prose = Prose()
    if rules:
        chosen = dict.fromkeys(rule for pattern in rules for rule in _fitting(pattern))
        text = "\n\n".join(_page(rule, prose) for rule in chosen)
    else:
        text = _list(all_rules(), prose)
    write(f"{text}\n", None)


def _fitting(pattern: str) -> "list[Rule]":
    """Return the rules of a name or pattern, by name; raises UsageError where there is none."""
    from fnmatch import fnmatchcase

    from layerscope.errors import UsageError
    from layerscope.rules import all_rules, meant

    if fitting := [rule for rule in all_rules() if fnmatchcase(rule.name, pattern)]:
        return fitting
    raise UsageError(f"{pattern!r} is no rule", hint=meant(pattern))


def _list(rules: "Iterable[Rule]", prose: "Prose") -> str:
    """Write a line for each rule, those that matter most first."""
    from layerscope.rules import Severity

    named = {rule.name: rule for rule in rules}
    column = max(map(len, named))
    blocks = []
    for severity in reversed(Severity):
        lines = [
            prose.row(f"  {name:{column}}", rule.summary) for name, rule in named.items() if rule.severity is severity
        ]
        blocks.append("\n".join([prose.heading(severity.capitalize()), *lines]))
    return "\n\n".join(
        [*blocks, prose.paragraph("layerscope explain RULE tells what to do; patterns such as '*-cache' do.")]
    )


def _page(rule: "Rule", prose: "Prose") -> str:
    from inspect import cleandoc

    paragraphs = [prose.paragraph(text) for text in cleandoc(rule.page).split("\n\n")]
    title = f"{prose.heading(rule.name)}\nseverity {rule.severity}, confidence {rule.confidence}"
    return "\n\n".join([title, *paragraphs])
