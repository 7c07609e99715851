"""The history of a version control system: .git, .hg, .svn, .bzr.

It holds every version of every file that ever was, so it is often larger than the files themselves; and whoever has
the image can read it all, deleted secrets included.

For what COPY brings, list the folder in .dockerignore. For what RUN clones, fetch an archive instead, or delete the
folder in the same RUN: RUN git clone --depth=1 … && rm -rf …/.git; or let the builder fetch it, which leaves the
history behind: ADD https://example.org/project.git#v1.0 /src.

A few programs read their own version from there when they are built. Give it to them with a build argument.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_NAMES: Final = (".git", ".hg", ".svn", ".bzr")


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer and folder."""
    for name in _NAMES:
        for folder in evidence.folders_named(name):
            for layer, names, claims in ballast(evidence, evidence.below(folder)):
                yield Finding(
                    message=f"the history of the sources in /{folder}, written by {evidence.named_layer(layer)}, with "
                    "all that was ever deleted from them",
                    remedy=_remedy(name, folder, from_copy=is_copied(evidence, layer)),
                    layer=layer,
                    paths=evidence.paths(names),
                    claims=claims,
                )


def _remedy(name: str, folder: str, *, from_copy: bool) -> str:
    if from_copy:
        return f"List it in .dockerignore: **/{name}."
    return f"Delete it in the instruction that writes it: RUN … && rm -rf /{folder}; or fetch an archive instead."


RULES: Final = (Rule("vcs-directory", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)
