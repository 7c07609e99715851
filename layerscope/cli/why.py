"""``layerscope why``: one path or one package, layer by layer."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from layerscope.cli.kit.options import ImageOptions, NoTrunc, Output, RunOptions, Target


def why(
    target: Target,
    what: Annotated[
        str,
        typer.Argument(
            metavar="PATH|PACKAGE",
            help="A file or folder of the image (/usr/bin/curl), there or gone; or a package (curl, dpkg:curl).",
            show_default=False,
        ),
    ],
    *,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", "-f", help="How the answer is written.")
    ] = "table",
    output: Output = "-",
    images: ImageOptions,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list of files or packages.")] = 10,
    no_trunc: NoTrunc = False,
    run: RunOptions,
) -> None:
    """Tell who wrote, changed or hid a path, or why a package is there."""
    from layerscope.api import why as ask
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.reading import reading
    from layerscope.cli.kit.terminal import view
    from layerscope.render import json
    from layerscope.render import why as table

    file = None if output == "-" else Path(output)
    refuse_early(file)
    with reading(images, run) as how:
        report = ask(target, what, top=top, **how)
    wanted = view(in_file=file is not None, top=top, sort="order", truncate=not no_trunc)
    write((json if format_ == "json" else table).render(report, wanted), file)
