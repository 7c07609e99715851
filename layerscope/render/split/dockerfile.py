"""The Dockerfile of the first proposal, as it is to be built: nothing is shortened or escaped."""

from layerscope.proposals import SplitReport
from layerscope.render.kit.view import View


def render(report: SplitReport, view: View) -> str:  # noqa: ARG001 - every format is asked in the same way
    """Return the file; empty where nothing is proposed."""
    return report.proposals[0].dockerfile if report.proposals else ""
