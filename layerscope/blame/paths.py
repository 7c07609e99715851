"""One path: where it leads, what stands there, and what every layer did at it."""

from collections.abc import Iterable, Iterator, Mapping

from layerscope.analysis import Analysis
from layerscope.answer import LinkReport, OwnerReport, PathLayerReport, StepReport, WhyPathReport
from layerscope.blame.authors import Authors
from layerscope.blame.changes import kind_of
from layerscope.blame.links import Way, ways
from layerscope.blame.shares import Share, names_within, shares_at, standing_at
from layerscope.blame.steps import Step, steps_at
from layerscope.blame.telling import tell
from layerscope.filesystem.files import Files


def explain_path(analysis: Analysis, path: str, authors: Authors, top: int) -> WhyPathReport | None:
    """Tell of a path, through links; ``None`` where nothing ever was."""
    for way in ways(analysis.filesystem, path):
        steps = steps_at(analysis.filesystem, way.path)
        if steps or not way.path:
            return _explained(analysis, way, steps, authors, top)
    return None


def _explained(analysis: Analysis, way: Way, steps: list[Step], authors: Authors, top: int) -> WhyPathReport:
    files, filesystem = analysis.files, analysis.filesystem
    shares = shares_at(filesystem, way.path)
    number = standing_at(filesystem, way.path)
    return WhyPathReport(
        path=way.path,
        links=tuple(_link(files, link, authors) for link in way.links),
        kind=kind_of(files, number),
        content_bytes=sum(share.kept for share in shares.values()),
        wasted_bytes=sum(share.overwritten + share.removed for share in shares.values()),
        files=sum(1 for _ in names_within(filesystem, way.path)),
        owner=_owner(analysis, number),
        names=tuple(sorted(_other_names(files, number))[:top]),
        steps=_told(files, steps, authors),
        layers=_layers(shares, authors),
    )


def _link(files: Files, number: int, authors: Authors) -> LinkReport:
    entry = files.entry(number)
    steps = steps_at(files.filesystem, entry.path)
    return LinkReport(entry.path, entry.target, authors.of(files.layer_of(number)), _told(files, steps, authors))


def _told(files: Files, steps: Iterable[Step], authors: Authors) -> tuple[StepReport, ...]:
    return tuple(told for step in steps if (told := tell(files, step, authors)))


def _owner(analysis: Analysis, number: int | None) -> OwnerReport | None:
    if analysis.owned is None or number is None or number not in analysis.owned.owner_of:
        return None
    package = analysis.owned.packages[analysis.owned.owner_of[number]]
    return OwnerReport(package.manager, package.name, package.version)


def _other_names(files: Files, number: int | None) -> Iterator[str]:
    """Yield the other names of a file that stand in the final filesystem."""
    if number is None or number < 0:
        return
    carrier = files.carrier_of(number)
    carriers = files.filesystem.carriers
    for name in (carrier, *(link for link, of in carriers.items() if of == carrier)):
        if name != number and files.is_kept(name):
            yield files.entry(name).path


def _layers(shares: Mapping[int, Share], authors: Authors) -> tuple[PathLayerReport, ...]:
    return tuple(
        PathLayerReport(
            by=authors.of(layer),
            content_bytes=share.kept + share.overwritten + share.removed,
            kept_bytes=share.kept,
            overwritten_bytes=share.overwritten,
            removed_bytes=share.removed,
            hid_bytes=share.hid,
        )
        for layer, share in shares.items()
    )
