"""How a report is wanted."""

from msgspec import Struct

from layerscope.render import Sort


class View(Struct, frozen=True):
    """How a report is wanted: what a renderer may not find out by itself."""

    width: int = 100
    """Columns of the terminal."""
    colour: bool = False
    """Whether the reader sees colours (ANSI escape sequences)."""
    unicode: bool = True
    """False where only ASCII can be shown."""
    top: int = 10
    """Rows of each list of paths."""
    sort: Sort = "order"
    include_base: bool = False
    """Whether what is found in the base image is shown as all else."""
    truncate: bool = True
    """Whether long texts are shortened to the width."""
    packages: bool = False
    """Whether packages are shown; JSON has them always."""
