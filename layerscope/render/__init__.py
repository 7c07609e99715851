"""What a report looks like: one module a format.

Every module of this folder is a format, named as the module is, with a ``render(report, view)``; there is
no other list of them. Those of a folder named as a command are for what that command reports. What formats
share is in ``kit``. Units, colour and escaping are made here and nowhere else.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.render.kit.view import View

Sort = Literal["order", "size", "wasted"]
"""How rows of instructions are put: as the Dockerfile has them, or the biggest first."""


def formats(of: str = "") -> tuple[str, ...]:
    """Name the formats, those in the folder ``of``; none of them is imported."""
    folders = [f"{folder}/{of}" for folder in __path__]
    return tuple(sorted(module.name for module in iter_modules(folders) if not module.ispkg))


def renderer(name: str, of: str = "") -> "Callable[[Any, View], str]":
    """Import the format ``name`` of the folder ``of``, and only that one."""
    module = import_module(".".join(filter(None, (__name__, of, name))))
    return cast("Callable[[Any, View], str]", module.render)
