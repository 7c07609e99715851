"""The command as a process of its own, in an environment that says nothing."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import layerscope

Run = Callable[..., subprocess.CompletedProcess[bytes]]

BARE = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(Path(layerscope.__file__).parents[1]),
    "HOME": "/nonexistent",
    "LAYERSCOPE_NO_CACHE": "1",
    **{name: value for name, value in os.environ.items() if name.startswith("COV")},
}
