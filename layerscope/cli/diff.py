"""``layerscope diff``: what changed from one image to another."""

from pathlib import Path
from typing import Annotated

import typer

from layerscope.cli.kit.options import ImageOptions, NoTrunc, Output, RuleOptions, RunOptions, format_option


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="An image, as for inspect.", show_default=False)],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="Another one; both may be in one archive.", show_default=False)
    ],
    *,
    format_: Annotated[
        str, format_option("diff", "How the report is written; Markdown is for a pull request.")
    ] = "table",
    output: Output = "-",
    images: ImageOptions,
    rules: RuleOptions,
    packages: Annotated[
        bool, typer.Option("--packages/--no-packages", help="Compare installed packages, or do not look for them.")
    ] = True,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list.")] = 10,
    no_trunc: NoTrunc = False,
    run: RunOptions,
) -> None:
    """Show what changed from one image to another, in bytes."""
    from layerscope.api import diff as read
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.reading import reading
    from layerscope.cli.kit.settings import chosen_rules
    from layerscope.cli.kit.terminal import view
    from layerscope.render import renderer

    file = None if output == "-" else Path(output)
    refuse_early(file)
    choice = chosen_rules(rules)
    with reading(images, run) as how:
        report = read(old, new, top=top, rules=choice, packages=packages, **how)
    shown = view(
        in_file=file is not None,
        top=top,
        sort="order",
        truncate=not no_trunc,
        include_base=choice.include_base,
    )
    write(renderer(format_, "diff")(report, shown), file)
