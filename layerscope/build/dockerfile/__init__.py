"""A Dockerfile, and which of its lines each instruction of an image's history is.

``lexer`` knows words and variables, ``syntax`` the file, ``stages`` which of it an image is built from; ``scope`` is
what is in force at a line, ``printed`` what builders make of it, and ``align`` finds that in the history.
"""

from layerscope.build.dockerfile.align import Alignment, align
from layerscope.build.dockerfile.heredocs import Heredoc
from layerscope.build.dockerfile.scope import environment_of, platform_arguments
from layerscope.build.dockerfile.stages import Source, read_recipe, select
from layerscope.build.dockerfile.syntax import Dockerfile, Statement, load, parse

__all__ = [
    "Alignment",
    "Dockerfile",
    "Heredoc",
    "Source",
    "Statement",
    "align",
    "environment_of",
    "load",
    "parse",
    "platform_arguments",
    "read_recipe",
    "select",
]
