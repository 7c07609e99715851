"""Who owns a file. One package manager, one file: a module of this folder is a ``MANAGER``."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from layerscope.layers.facts import Probe
from layerscope.packages.kit.manager import Manager, Need, WhoNeeds
from layerscope.packages.kit.owners import Owned, Package, Reasons, own

__all__ = ["Manager", "Need", "Owned", "Package", "Reasons", "WhoNeeds", "all_managers", "own", "probes_of"]


@cache
def all_managers() -> tuple[Manager, ...]:
    """Gather the managers of the folder."""
    modules = (module.name for module in iter_modules(__path__) if not module.ispkg)
    return tuple(import_module(f"{__name__}.{name}").MANAGER for name in sorted(modules))


def probes_of(managers: Sequence[Manager]) -> tuple[Probe, ...]:
    """List what the managers will ask of contents."""
    return tuple(probe for manager in managers for probe in manager.probes)
