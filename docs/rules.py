"""Write ``docs/rules.md`` from the rules: ``make docs``."""

import re
from inspect import cleandoc
from pathlib import Path
from textwrap import fill

from layerscope.rules import Rule, Severity, all_rules

WHERE = Path(__file__).with_name("rules.md")
HEAD = """\
# Rules

<!-- Made from the rules by `make docs`; what is changed here by hand is lost. -->

What `layerscope inspect` looks for. `layerscope explain RULE` shows the same in a terminal; what severity and
confidence mean stands in [findings.md](findings.md).
"""


def page() -> str:
    """Write the page: a list by severity, then a section a rule."""
    rules = all_rules()
    lists = [_list(severity, [rule for rule in rules if rule.severity is severity]) for severity in reversed(Severity)]
    return "\n".join([HEAD, *filter(None, lists), *map(_section, rules)])


def _list(severity: Severity, rules: list[Rule]) -> str:
    if not rules:
        return ""
    lines = (f"- [{rule.name}](#{rule.name}): {_escaped(rule.summary)}" for rule in rules)
    return "\n".join([f"**{severity.capitalize()}**", "", *lines, ""])


def _section(rule: Rule) -> str:
    about = f"Severity {rule.severity}, confidence {rule.confidence}."
    return "\n\n".join([f"## {rule.name}", about, *map(_paragraph, cleandoc(rule.page).split("\n\n"))]) + "\n"


def _paragraph(text: str) -> str:
    lines = fill(_escaped(" ".join(text.split())), 120, break_long_words=False, break_on_hyphens=False)
    return re.sub(r"^([-+])(?=\s)", r"\\\1", lines, flags=re.MULTILINE)  # else it would begin a list


def _escaped(text: str) -> str:
    """Let Markdown show a text as it is."""
    return re.sub(r"[\\`*_~$<>\[\]#|]", r"\\\g<0>", text)


if __name__ == "__main__":
    WHERE.write_text(page(), encoding="utf-8")
