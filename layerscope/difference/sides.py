"""One of two images: what is kept of its analysis until the other one is read too."""

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
    has_packages: bool
    """Whether packages were looked for."""


def look(analysis: Analysis, judgement: Judgement, top: int) -> Side:
    """Keep what is compared; of a finding at least one path is named, for it is found again by that."""
    return Side(
        report=summarise(analysis, judgement, max(1, top)),
        files=analysis.files,
        run_config=analysis.image.run_config,
        has_packages=analysis.owned is not None,
    )
