"""Python's compiled files (*.pyc), which pip writes when it installs.

They are for information: bytecode takes about as much room as the sources, and without it each container compiles
every module anew when it starts, into a layer of its own. So nothing is claimed here, and most images should keep it.

Where size matters more than the start, install without: RUN pip install --no-compile …, with ENV
PYTHONDONTWRITEBYTECODE=1 before it, so that running Python in the build writes none either.

Layers with less than 100 kB of it are left out.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import ballast
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 100_000
"""Bytes of one layer; what is only for information should be worth it."""


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    files = (number for suffix in ("pyc", "pyo") for number in evidence.suffixed(suffix))
    for layer, names, _ in ballast(evidence, files, _LEAST):
        yield Finding(
            message=f"Python bytecode written by {evidence.named_layer(layer)}: it makes programs start faster, and "
            "takes about as much room as their sources",
            remedy="Keep it, unless size matters more than the start; then, before installing, ENV "
            "PYTHONDONTWRITEBYTECODE=1, and RUN pip install --no-compile ….",
            layer=layer,
            paths=evidence.paths(names),
        )


RULES: Final = (Rule("python-bytecode", Severity.INFORMATION, Confidence.HIGH, __doc__, find),)
