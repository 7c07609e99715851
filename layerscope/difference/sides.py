"""One of two images: what is kept of its analysis until the other one is read too."""

from collections.abc import Mapping

from msgspec import Struct

from layerscope.analysis import Analysis
from layerscope.filesystem.files import Files
from layerscope.model import RunConfig
from layerscope.report import Report
from layerscope.rules import Judgement
from layerscope.summary import summarise


class Side(Struct, frozen=True):
    """An image, as it is compared."""

    report: Report
    files: Files
    """Whose contents can still be asked for."""
    run_config: RunConfig
    arguments: Mapping[int, str]
    """Instruction → its build arguments, of those that have any."""
    has_packages: bool
    """Whether packages were looked for."""


def look(analysis: Analysis, judgement: Judgement, top: int) -> Side:
    """Keep what is compared; of a finding at least one path is named, for it is found again by that."""
    return Side(
        report=summarise(analysis, judgement, max(1, top)),
        files=analysis.files,
        run_config=analysis.image.run_config,
        arguments={each.index: each.arguments for each in analysis.attribution.instructions if each.arguments},
        has_packages=analysis.owned is not None,
    )
