"""Options that several commands have, said once."""

from typing import Annotated

import typer

Config = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="Settings from this file, and no other.", show_default=False),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Settings from no file.")]
