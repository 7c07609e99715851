"""``layerscope inspect``: one image, instruction by instruction."""

from pathlib import Path
from typing import Annotated

import typer

from layerscope.cli.kit.options import (
    Base,
    BuildArgs,
    ImageOptions,
    NoTrunc,
    Output,
    RuleOptions,
    RunOptions,
    Stage,
    Target,
    format_option,
)
from layerscope.render import Sort, formats, renderer


def inspect(
    target: Target,
    *,
    format_: Annotated[str, format_option()] = "table",
    output: Output = "-",
    images: ImageOptions,
    base: Base = None,
    rules: RuleOptions,
    dockerfile: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Put instructions and findings on the lines of the Dockerfile that the image was built from.",
            show_default=False,
        ),
    ] = None,
    target_stage: Stage = None,
    build_arg: BuildArgs = None,
    packages: Annotated[
        bool | None,
        typer.Option(
            "--packages/--no-packages",
            help="Show installed packages, and what none of them owns; or do not look for them, which is faster. "
            "Without either, JSON has them and the table does not.",
            show_default=False,
        ),
    ] = None,
    layers_only: Annotated[
        bool,
        typer.Option("--layers-only", help="Show what is stored of each instruction, and read no layer for that."),
    ] = False,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list of paths.")] = 10,
    sort: Annotated[Sort, typer.Option(help="Order of the table's instructions.")] = "order",
    no_trunc: NoTrunc = False,
    run: RunOptions,
) -> None:
    """Show what each instruction weighs and wastes, and what to do."""
    from functools import partial

    from layerscope import api
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.reading import reading
    from layerscope.cli.kit.recipe import recipe_of
    from layerscope.cli.kit.settings import chosen_rules
    from layerscope.cli.kit.terminal import view
    from layerscope.errors import UsageError

    file = None if output == "-" else Path(output)
    refuse_early(file)
    of = "stored" if layers_only else ""
    if format_ not in formats(of):
        raise UsageError(f"--layers-only is not written as {format_}", hint=f"There are {', '.join(formats(of))}.")
    choice = chosen_rules(rules)
    recipe = recipe_of(dockerfile, target_stage, build_arg or ())
    whole = partial(api.inspect, top=top, rules=choice, packages=packages is not False)
    with reading(images, run) as how:
        report = (api.inspect_layers if layers_only else whole)(target, base=base, recipe=recipe, **how)
    wanted = view(
        in_file=file is not None,
        top=top,
        sort=sort,
        truncate=not no_trunc,
        packages=bool(packages),
        include_base=choice.include_base,
    )
    write(renderer(format_, of)(report, wanted), file)
