"""layerscope: why a container image is as big as it is, and which instruction is to blame.

    >>> import layerscope
    >>> report = layerscope.inspect("myapp.tar")  # doctest: +SKIP
    >>> report.totals.wasted_bytes  # doctest: +SKIP
    1048576

The names below are the public API. They are loaded when first used, so that ``layerscope --help`` need not wait.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Cache",
    "Choice",
    "CompareReport",
    "DiffReport",
    "LayerscopeError",
    "Recipe",
    "Report",
    "SplitReport",
    "StoredReport",
    "WhyReport",
    "__version__",
    "compare",
    "diff",
    "inspect",
    "inspect_layers",
    "split",
    "why",
]

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.api import diff, inspect, inspect_layers, split, why
    from layerscope.cache import Cache
    from layerscope.changes import DiffReport
    from layerscope.comparison import CompareReport
    from layerscope.errors import LayerscopeError
    from layerscope.proposals import SplitReport
    from layerscope.reference import Recipe
    from layerscope.report import Report
    from layerscope.rules import Choice
    from layerscope.sharing.compare import compare
    from layerscope.stored import StoredReport

_HOMES = {
    "Cache": "layerscope.cache",
    "Choice": "layerscope.rules",
    "CompareReport": "layerscope.comparison",
    "DiffReport": "layerscope.changes",
    "LayerscopeError": "layerscope.errors",
    "Recipe": "layerscope.reference",
    "Report": "layerscope.report",
    "SplitReport": "layerscope.proposals",
    "StoredReport": "layerscope.stored",
    "WhyReport": "layerscope.answer",
    "compare": "layerscope.sharing.compare",
    "diff": "layerscope.api",
    "inspect": "layerscope.api",
    "inspect_layers": "layerscope.api",
    "split": "layerscope.api",
    "why": "layerscope.api",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its home on first use."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
