"""Why a path or a package is in the image: analysis → answer."""

from collections.abc import Sequence

from layerscope.analysis import Analysis
from layerscope.answer import SCHEMA_VERSION, WhyPathReport, WhyReport
from layerscope.blame.asked import Asked, parse
from layerscope.blame.authors import Authors
from layerscope.blame.near import near
from layerscope.blame.packages import NOBODY, Explained, explain_packages
from layerscope.blame.paths import explain_path
from layerscope.errors import NotFoundError
from layerscope.packages import Manager, Owned
from layerscope.summary import image_report

__all__ = ["answer"]


def answer(analysis: Analysis, what: str, managers: Sequence[Manager], top: int) -> WhyReport:
    """Tell why ``what`` is there; raises NotFoundError where no layer has it. Lists have ``top`` rows at most."""
    asked = parse(what, [manager.name for manager in managers])
    authors = Authors(analysis)
    if asked.is_path and (path := explain_path(analysis, asked.path, authors, top)):
        return _report(analysis, what, path, NOBODY)
    packages = explain_packages(analysis, managers, asked, authors, top)
    if packages.told:
        return _report(analysis, what, None, packages)
    if not asked.manager and (path := explain_path(analysis, asked.path, authors, top)):
        return _report(analysis, what, path, NOBODY)
    raise _not_found(analysis, asked)


def _report(analysis: Analysis, what: str, path: WhyPathReport | None, packages: Explained) -> WhyReport:
    warnings = (analysis.owned or Owned()).warnings
    return WhyReport(
        schema_version=SCHEMA_VERSION,
        image=image_report(analysis.image, analysis.base),
        asked=what,
        path=path,
        packages=packages.told,
        package_count=packages.of,
        notes=(*analysis.image.notes, *analysis.attribution.notes, *analysis.notes, *warnings),
    )


def _not_found(analysis: Analysis, asked: Asked) -> NotFoundError:
    meant = near(analysis, asked)
    hint = f"Did you mean {' or '.join(meant)}?" if meant else ""
    if asked.is_path:
        hint = hint or "Check the spelling: nothing of that name is elsewhere either."
        return NotFoundError(f"no layer has /{asked.path}", hint=hint)
    hint = hint or "A path begins with a slash; a package is named alone."
    name = f"{asked.manager}:{asked.name}" if asked.manager else asked.name
    either = "" if asked.manager else f", and no layer has /{asked.path}"
    return NotFoundError(f"no package is called {name}{either}", hint=hint)
