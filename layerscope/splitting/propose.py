"""An image → what can be proposed to build it in several stages."""

from typing import Final

from layerscope.analysis import Analysis
from layerscope.build.dockerfile import Source
from layerscope.filesystem.files import Files
from layerscope.packages import Owned
from layerscope.splitting.decide import Decision, decide
from layerscope.splitting.draft import Draft
from layerscope.splitting.loose import TOOLS
from layerscope.splitting.paths import Paths
from layerscope.splitting.records import Split
from layerscope.splitting.seam import Seam, find_seam
from layerscope.splitting.system import read_units

_LEAST: Final = 1_000_000
"""Bytes below which nobody writes another stage."""
_LEAST_SHARE: Final = 0.05


def propose(analysis: Analysis, source: Source | None = None, *, alternatives: bool = True) -> Split:
    """Look for what only the building needs, and write the stages that leave it behind.

    Without ``alternatives`` only the first proposal is made. Raises UsageError for a Dockerfile that is not the
    image's.
    """
    if analysis.image.platform.os == "windows":
        return Split(reason="Images of Windows are not split.")
    seam = find_seam(analysis, source)
    if seam is None:
        return Split(reason=_unknown(analysis))
    owned = analysis.owned or Owned()
    system = read_units(analysis.files, owned, seam.layers)
    if system is None and (unread := _not_taken_apart(owned, seam)):
        return Split(reason=f"Packages of {unread} were installed on the base, and they are not taken apart.")
    paths = Paths(analysis.files, analysis.image.run_config)
    decision = decide(analysis, owned, seam, system, paths)
    content = sum(layer.content for layer in analysis.filesystem.layers)
    least = max(_LEAST, content * _LEAST_SHARE)
    bytes_of_tools = _tools(analysis.files, decision) if decision else 0
    if decision is None or bytes_of_tools < least:
        return Split(reason=_nothing(source, bytes_of_tools))
    draft = Draft(analysis, seam, system, decision, source)
    found = (draft.on_the_same_base(), draft.on_nothing(paths) if alternatives else None)
    proposals = tuple(each for each in found if each and each.saved_bytes >= least)
    if not proposals:
        return Split(reason="Split, the image would be about as large as it is: nothing is proposed.")
    return Split(proposals)


def _not_taken_apart(owned: Owned, seam: Seam) -> str | None:
    """Name the distribution's package manager whose packages came after the base, if there is one."""
    managers = {each.manager for each in owned.packages if each.layer >= seam.layers}
    return next((name for name in ("rpm", "dpkg", "apk") if name in managers), None)


def _unknown(analysis: Analysis) -> str:
    if not analysis.image.history:
        return "The image has no history, so it is not known what was built on which base: nothing is proposed."
    return (
        "It is not known where the base ends and the build begins: name the Dockerfile (--dockerfile FILE) or the base "
        "(--base TARGET)."
    )


def _nothing(source: Source | None, found: int) -> str:
    several = source is not None and any(
        flag.startswith("--from=") for each in source.stages[-1].statements for flag in each.flags
    )
    if several:
        return "It is built in several stages already, and what only the building needs stays in the earlier ones."
    if found:
        return f"What only the building needs is little ({found:,} bytes): another stage is not worth it."
    return (
        "Nothing in the user's layers serves building alone: no compiler, headers, build system or sources of a "
        "compiled program. What else can be saved, the findings tell (layerscope inspect)."
    )


def _tools(files: Files, decision: Decision) -> int:
    """Add up what serves building alone: packages, tool chains, sources, packages for development."""
    numbers = [number for number, place in decision.places.items() if place.kind in TOOLS]
    numbers += [number for number, root in decision.heap.development.items() if root in decision.pruned]
    for name, of_package in decision.heap.of_packages.items():
        if name not in decision.packages:
            numbers += of_package
    return sum(files.claim(numbers).values())
