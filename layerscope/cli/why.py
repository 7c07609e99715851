"""``layerscope why``: one path or one package, layer by layer."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from layerscope.cli.kit.options import (
    CacheMaxBytes,
    Mirrors,
    NoCache,
    NoTrunc,
    Output,
    Platform,
    Pull,
    Quiet,
    Source,
    Target,
    TlsVerify,
)


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
    platform: Platform = None,
    pull: Pull = "missing",
    source: Source = None,
    tls_verify: TlsVerify = "true",
    mirror: Mirrors = None,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of each list of files or packages.")] = 10,
    no_trunc: NoTrunc = False,
    no_cache: NoCache = False,
    cache_max_bytes: CacheMaxBytes = None,
    quiet: Quiet = False,
) -> None:
    """Tell who wrote, changed or hid a path, or why a package is there."""
    from layerscope.api import why as ask
    from layerscope.cli.kit.cache import cache_of
    from layerscope.cli.kit.output import refuse_early, write
    from layerscope.cli.kit.progress import watching
    from layerscope.cli.kit.terminal import view
    from layerscope.render import json
    from layerscope.render import why as table

    file = None if output == "-" else Path(output)
    refuse_early(file)
    cache = cache_of(no_cache=no_cache, max_bytes=cache_max_bytes)
    with watching(quiet=quiet) as progress:
        report = ask(
            target,
            what,
            platform=platform,
            pull=pull,
            top=top,
            source=source,
            tls_verify=tls_verify == "true",
            mirrors=mirror or (),
            progress=progress,
            cache=cache,
        )
    wanted = view(in_file=file is not None, top=top, sort="order", truncate=not no_trunc)
    write((json if format_ == "json" else table).render(report, wanted), file)
