"""``layerscope split``: one image, built in several stages."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from layerscope.render import formats


def _known_format(name: str | None) -> str | None:
    if name is not None and name not in formats("split"):
        message = f"{name!r} is none of {', '.join(formats('split'))}"
        raise typer.BadParameter(message)
    return name


def split(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="An image's name, a saved archive, an OCI layout, or - for an archive on standard input.",
            show_default=False,
        ),
    ],
    *,
    dockerfile: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The Dockerfile that the image was built from; else the first stage is written from the history.",
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
    base: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            help="The image that it is built on, named as TARGET is; else it is looked for.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        Literal["multi-stage", "multi-stage-scratch"] | None,
        typer.Option(help="Only the proposal of this kind.", show_default=False),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(formats("split")),
            callback=_known_format,
            autocompletion=lambda: formats("split"),
            help="How it is written; by default text, and into a file the Dockerfile.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where it goes; - is standard output."),
    ] = "-",
    platform: Annotated[
        str | None,
        typer.Option(metavar="OS/ARCH[/VARIANT]", help="Which one of a multi-platform image.", show_default=False),
    ] = None,
    pull: Annotated[
        Literal["missing", "always", "never"],
        typer.Option(help="When to pull an image that is named by reference."),
    ] = "missing",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Propose a multi-stage Dockerfile, and say how much smaller the image will be."""
    from msgspec.structs import replace

    from layerscope.api import split as read
    from layerscope.cli.kit.output import refuse_early, tell, write
    from layerscope.cli.kit.progress import watching
    from layerscope.cli.kit.recipe import recipe_of
    from layerscope.cli.kit.terminal import view
    from layerscope.render import renderer

    file = None if output == "-" else Path(output)
    refuse_early(file)
    recipe = recipe_of(dockerfile, target_stage, build_arg or ())
    with watching(quiet=quiet) as progress:
        report = read(target, recipe=recipe, base=base, platform=platform, pull=pull, progress=progress)
    if kind is not None and report.proposals:
        fitting = tuple(each for each in report.proposals if each.kind == kind)
        report = replace(report, proposals=fitting, reason="" if fitting else f"No {kind} is proposed for this image.")
    wanted = format_ or ("text" if file is None else "dockerfile")
    if wanted == "dockerfile" and not report.proposals:
        tell(report.reason)  # a file without a stage would be no Dockerfile
        return
    write(renderer(wanted, "split")(report, view(in_file=file is not None, top=0, sort="order", truncate=False)), file)
