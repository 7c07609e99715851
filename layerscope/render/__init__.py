"""What a report looks like: one module a format.

Every module of this folder is a format, named as the module is, with a ``render(report, view)``; there is
no other list of them. What formats share is in ``kit``. Units, colour and escaping are made here and
nowhere else.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.render.kit.view import View
    from layerscope.report import Report

Sort = Literal["order", "size", "wasted"]
"""How rows of instructions are put: as the Dockerfile has them, or the biggest first."""


def formats() -> tuple[str, ...]:
    """Name the formats; none of them is imported."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.ispkg))


def renderer(name: str) -> "Callable[[Report, View], str]":
    """Import the format ``name``, and only that one."""
    module = import_module(f"{__name__}.{name}")
    return cast("Callable[[Report, View], str]", module.render)
