"""``layerscope inspect``: one image, instruction by instruction."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from layerscope.cli.kit.options import Config, Ignore, IncludeBase, MinBytes, NoConfig, Select
from layerscope.render import Sort, formats, renderer


def _known_format(name: str) -> str:
    if name not in formats():
        message = f"{name!r} is none of {', '.join(formats())}"
        raise typer.BadParameter(message)
    return name


def inspect(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="An image's name, a saved archive, an OCI layout, or - for an archive on standard input.",
            show_default=False,
        ),
    ],
    *,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(formats()),
            callback=_known_format,
            autocompletion=lambda: formats(""),
            help="How the report is written.",
        ),
    ] = "table",
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where the report goes; - is standard output."),
    ] = "-",
    platform: Annotated[
        str | None,
        typer.Option(metavar="OS/ARCH[/VARIANT]", help="Which one of a multi-platform image.", show_default=False),
    ] = None,
    pull: Annotated[
        Literal["missing", "always", "never"],
        typer.Option(help="When to pull an image that is named by reference."),
    ] = "missing",
    base: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            help="The image that it is built on, named as TARGET is; else it is looked for.",
            show_default=False,
        ),
    ] = None,
    include_base: IncludeBase = None,
    select: Select = None,
    ignore: Ignore = None,
    min_bytes: MinBytes = None,
    config: Config = None,
    no_config: NoConfig = False,
    dockerfile: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Put instructions and findings on the lines of the Dockerfile that the image was built from.",
            show_default=False,
        ),
    ] = None,
    target_stage: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="STAGE", help="The stage of it that was built, if not the last.", show_default=False
        ),
    ] = None,
    build_arg: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An argument that the build was given. Repeatable."),
    ] = None,
    packages: Annotated[
        bool | None,
        typer.Option(
            "--packages/--no-packages",
            help="Show installed packages, and what none of them owns; or do not look for them, which is faster. "
            "Without either, JSON has them and the table does not.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list of paths.")] = 10,
    sort: Annotated[Sort, typer.Option(help="Order of the table's instructions.")] = "order",
    no_trunc: Annotated[bool, typer.Option("--no-trunc", help="Show long instructions and paths whole.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Show what each instruction weighs and wastes, and what to do about it."""
    from layerscope.api import inspect as read
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.progress import watching
    from layerscope.cli.kit.recipe import recipe_of
    from layerscope.cli.kit.settings import chosen_rules
    from layerscope.cli.kit.terminal import view

    file = None if output == "-" else Path(output)
    refuse_early(file)
    rules = chosen_rules(select, ignore, min_bytes, include_base, config, no_config=no_config)
    recipe = recipe_of(dockerfile, target_stage, build_arg or ())
    look = packages is not False
    with watching(quiet=quiet) as progress:
        report = read(
            target,
            platform=platform,
            pull=pull,
            base=base,
            top=top,
            rules=rules,
            packages=look,
            recipe=recipe,
            progress=progress,
        )
    wanted = view(
        in_file=file is not None,
        top=top,
        sort=sort,
        truncate=not no_trunc,
        packages=bool(packages),
        include_base=rules.include_base,
    )
    write(renderer(format_)(report, wanted), file)
