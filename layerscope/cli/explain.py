"""``layerscope explain``: what a rule means, and what to do about what it finds."""

from inspect import cleandoc
from typing import Annotated

import typer


def explain(
    rule: Annotated[str | None, typer.Argument(metavar="RULE", help="A rule's name.", show_default=False)] = None,
) -> None:
    """Tell what a rule finds and what to do about it; without a name, list the rules."""
    from layerscope.cli.kit.output import write
    from layerscope.errors import UsageError
    from layerscope.rules import all_rules

    rules = {each.name: each for each in all_rules()}
    if rule is None:
        width = max(map(len, rules))
        lines = [
            f"{name:{width}}  {each.severity:11}  {each.page.strip().splitlines()[0]}" for name, each in rules.items()
        ]
        write("\n".join(lines) + "\n", None)
        return
    if rule not in rules:
        from difflib import get_close_matches

        close = get_close_matches(rule, rules, 3)
        hint = f"Did you mean {' or '.join(close)}?" if close else "layerscope explain lists the rules."
        raise UsageError(f"{rule!r} is no rule", hint=hint)
    found = rules[rule]
    write(f"{found.name}\nseverity {found.severity}, confidence {found.confidence}\n\n{cleandoc(found.page)}\n", None)
