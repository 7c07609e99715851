"""Source maps: *.js.map, *.css.map, *.d.ts.map.

They lead a browser's debugger from built scripts back to their sources, and often hold those sources whole. A server
does not load them, and a browser only does for whoever opens its tools: and then shows your sources to them.

For your own build, turn them off where they are made (devtool: false, build.sourcemap: false, sourceMap: false); for
packages, delete them in the RUN that installs: RUN npm ci --omit=dev && find node_modules -name '*.map' -delete.

Keep them where error reports are read with them in place (node --enable-source-maps): that is why this is less than
sure.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import ballast, common_folder, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_SUFFIXES: Final = (".js.map", ".mjs.map", ".cjs.map", ".css.map", ".ts.map", ".mts.map", ".cts.map")


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    maps = (number for number in evidence.suffixed("map") if evidence.entry(number).name.lower().endswith(_SUFFIXES))
    for layer, names, claims in ballast(evidence, maps):
        paths = evidence.paths(names)
        yield Finding(
            message=f"source maps written by {evidence.named_layer(layer)}, which only the debugger of a browser reads",
            remedy="Leave them out of what is copied: list **/*.map in .dockerignore, or build without them."
            if is_copied(evidence, layer)
            else f"Delete them in the instruction that writes them: RUN … && find {common_folder(paths)} -name '*.map' "
            "-delete; or build without them.",
            layer=layer,
            paths=paths,
            claims=claims,
        )


RULES: Final = (Rule("source-maps", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
