"""Options that several commands have, said once."""

from typing import Annotated

import typer

Config = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="Settings from this file, and no other.", show_default=False),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Settings from no file.")]

IncludeBase = Annotated[
    bool | None,
    typer.Option(
        "--include-base/--no-include-base",
        help="Count and show what is found in the base image as all else, or apart.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="RULE", help="Only what these rules find; patterns such as '*-cache' do. Repeatable."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="RULE", help="Not what these rules find; '*' is none at all, and the fastest. Repeatable."),
]
MinBytes = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Leave out findings that would save fewer bytes.", show_default=False),
]
