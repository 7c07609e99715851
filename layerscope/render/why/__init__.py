"""What the answer to ``why`` looks like for a person. As JSON it is written as the report is."""

from layerscope.answer import WhyReport
from layerscope.render.kit.facts import identity
from layerscope.render.kit.pen import Pen
from layerscope.render.kit.view import View
from layerscope.render.why.package import package
from layerscope.render.why.path import path


def render(report: WhyReport, view: View) -> str:
    """Write the page: the image, then what was asked for."""
    pen = Pen(view)
    name = pen.text(report.image.reference or "(unnamed image)")
    heading = f"{pen.bold(name)}  {pen.dim(pen.text(identity(report.image)))}".rstrip()
    sections = [[heading], pen.notes(report.notes)]
    if report.path:
        sections += path(report.asked, report.path, view)
    for each in report.packages:
        sections += package(each, view)
    if rest := report.package_count - len(report.packages):
        sections.append([pen.dim(f"and {rest:,} more of this name (--top shows them)")])
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"
