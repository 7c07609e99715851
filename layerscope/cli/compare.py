"""``layerscope compare``: what several images share."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from layerscope.cli.kit.options import ImageOptions, NoTrunc, Output, RunOptions, format_option

_NOT_PULLED: Final = ImageOptions(pull="never")


def compare(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            help="Names of images, saved archives, OCI layouts; an archive of several images counts as all of them.",
            show_default=False,
        ),
    ] = None,
    *,
    listed: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Images that a file lists, one a line, or what 'kubectl get pods -A -o json' prints; - is standard "
            "input.",
            show_default=False,
        ),
    ] = None,
    have: Annotated[
        list[str] | None,
        typer.Option(metavar="TARGET", help="What a machine has already before it pulls the images. Repeatable."),
    ] = None,
    format_: Annotated[str, format_option("compare")] = "table",
    output: Output = "-",
    images: ImageOptions = _NOT_PULLED,
    walk: Annotated[
        Literal["plain", "all", "never"],
        typer.Option(help="Layers that are walked for their content bytes; 'all' has compressed ones read whole."),
    ] = "plain",
    files: Annotated[
        bool,
        typer.Option("--files", help="Read the files of all layers, and tell by them what could be shared."),
    ] = False,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list.")] = 40,
    no_trunc: NoTrunc = False,
    run: RunOptions,
) -> None:
    """Show what several images share, and what they weigh together."""
    from layerscope.cli.kit.lists import read_list
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.reading import reading
    from layerscope.cli.kit.terminal import view
    from layerscope.errors import UsageError
    from layerscope.render import renderer
    from layerscope.sharing.compare import compare as read

    file = None if output == "-" else Path(output)
    refuse_early(file)
    if listed == "-" and "-" in (*(targets or ()), *(have or ())):
        raise UsageError("standard input can be read once", hint="Name a saved archive by its path.")
    names = read_list(listed, images.source) if listed is not None else ()
    pods = {each.target: each.pods for each in names if each.pods is not None}
    wanted = [*(targets or ()), *(each.target for each in names)]
    with reading(images, run) as how:
        report = read(wanted, have=have or (), pods=pods, walk=walk, files=files, **how)
    shown = view(in_file=file is not None, top=top, sort="order", truncate=not no_trunc)
    write(renderer(format_, "compare")(report, shown), file)
