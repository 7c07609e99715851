"""Options that several commands have, said once.

A command takes one by its name, and gives its default; or takes those of a record together (``app.flat``).
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer
from msgspec import Struct

from layerscope.render import formats

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="An image's name, a saved archive, an OCI layout, or - for an archive on standard input.",
        show_default=False,
    ),
]
Output = Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where it goes; - is standard output.")]
Base = Annotated[
    str | None,
    typer.Option(
        metavar="TARGET",
        help="The image that it is built on, named as TARGET is; else it is looked for.",
        show_default=False,
    ),
]
Stage = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="STAGE", help="The stage of it that was built, if not the last.", show_default=False
    ),
]
BuildArgs = Annotated[
    list[str] | None,
    typer.Option("--build-arg", metavar="NAME=VALUE", help="An argument that the build was given. Repeatable."),
]
NoTrunc = Annotated[bool, typer.Option("--no-trunc", help="Show long names whole.")]
CacheMaxBytes = Annotated[
    int | None,
    typer.Option(
        "--cache-max-bytes",
        envvar="LAYERSCOPE_CACHE_MAX_BYTES",
        min=0,
        metavar="N",
        help="Bytes on disk that are kept of images, 1 GB unless said; what was not used longest goes first.",
        show_default=False,
    ),
]


class ImageOptions(Struct, frozen=True, kw_only=True):
    """Which image is meant by a name, and who is asked for it."""

    platform: Annotated[
        str | None,
        typer.Option(metavar="OS/ARCH[/VARIANT]", help="Which one of a multi-platform image.", show_default=False),
    ] = None
    pull: Annotated[
        Literal["missing", "always", "never"], typer.Option(help="When to pull an image that is named by reference.")
    ] = "missing"
    source: Annotated[
        Literal["engine", "registry"] | None,
        typer.Option(
            help="Who is asked for an image that is named by reference; by default an engine, and the registry where "
            "none answers.",
            show_default=False,
        ),
    ] = None
    tls_verify: Annotated[
        Literal["true", "false"],
        typer.Option("--tls-verify", help="Whether a registry must prove who it is; 'false' allows plain HTTP, too."),
    ] = "true"
    mirror: Annotated[
        list[str] | None,
        typer.Option("--mirror", metavar="HOST[:PORT]", help="Ask this host before the default registry. Repeatable."),
    ] = None


class RuleOptions(Struct, frozen=True, kw_only=True):
    """Which findings are told; what is left open, a file may say."""

    include_base: Annotated[
        bool | None,
        typer.Option(
            "--include-base/--no-include-base",
            help="Count and show what is found in the base image as all else, or apart.",
            show_default=False,
        ),
    ] = None
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="Only what these rules find; patterns such as '*-cache' do. Repeatable."),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE", help="Not what these rules find; '*' is none at all, and the fastest. Repeatable."
        ),
    ] = None
    min_bytes: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Leave out findings that would save fewer bytes.", show_default=False),
    ] = None
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Settings from this file, and no other.", show_default=False),
    ] = None
    no_config: Annotated[bool, typer.Option("--no-config", help="Settings from no file.")] = False


class RunOptions(Struct, frozen=True, kw_only=True):
    """What is kept of a run, and what is shown of it while it lasts."""

    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache", envvar="LAYERSCOPE_NO_CACHE", help="Read everything anew, and keep nothing of it for later."
        ),
    ] = False
    cache_max_bytes: CacheMaxBytes = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False


def format_option(report: str = "", text: str = "How the report is written.") -> Any:
    """Return the option that chooses among the formats in which a report of this kind is written."""
    names = formats(report)
    return typer.Option(
        "--format", "-f", metavar="|".join(names), callback=_known(names), autocompletion=lambda: names, help=text
    )


def _known(names: tuple[str, ...]) -> Callable[[str | None], str | None]:
    def check(name: str | None) -> str | None:
        if name is not None and name not in names:
            message = f"{name!r} is none of {', '.join(names)}"
            raise typer.BadParameter(message)
        return name

    return check
