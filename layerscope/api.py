"""The Python API: what the commands do, without a terminal."""

from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from layerscope.analysis import analyse, attribute_image
from layerscope.build.base import Beside
from layerscope.errors import NoEngineError, UsageError
from layerscope.image import read_image, read_outline, read_unwalked
from layerscope.layers.facts import Probes
from layerscope.model import Image, Outline
from layerscope.packages import all_managers
from layerscope.packages import probes_of as probes_of_managers
from layerscope.progress import Progress, Silence
from layerscope.reference import (
    Pull,
    Reach,
    Recipe,
    Source,
    Target,
    Transport,
    is_platform,
    parse_platform,
    parse_target,
)
from layerscope.report import ImageReport, Report
from layerscope.rules import Choice, Evidence, judge, probes_of, rules_of
from layerscope.sources import Opened, asks_engine, may_ask_registry, open_target
from layerscope.summary import summarise, summarise_split

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.build.dockerfile import Source as RecipeSource
    from layerscope.changes import DiffReport
    from layerscope.proposals import SplitReport
    from layerscope.stored import StoredReport

Told = TypeVar("Told", Report, "SplitReport", "StoredReport", "WhyReport")


def inspect(  # noqa: PLR0913 - a keyword for each option
    target: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    base: str | None = None,
    top: int = 10,
    rules: Choice | None = None,
    packages: bool = True,
    recipe: Recipe | None = None,
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Read an image and tell where its bytes come from and what becomes of them.

    ``target`` is what the command takes: ``docker://REF``, ``docker-daemon:REF``, ``docker-archive:PATH[:REF]``,
    ``oci:DIR[:REF]``, ``oci-archive:PATH[:REF]``, ``dir:PATH``, or bare: a path that exists, ``-`` for standard input,
    else an image's name that the engine is asked for, and the registry where none answers. Where an archive holds
    several images, ``PATH:REF`` or ``PATH:@NUMBER`` chooses one.

    ``platform`` is ``OS/ARCHITECTURE[/VARIANT]``, by default the machine's own, else the only one there is. ``pull``
    says whether the engine pulls an image: when it is missing, always, never.

    ``base`` names the image that it is built on, in any of those ways, so that its layers and what is found in them are
    told apart; of it only manifest and configuration are read. Without it the base is looked for (docs/base.md).

    ``top`` is how many folders, files and wasted paths the report names. ``rules`` says which rules look and which
    findings are told, by default all. ``packages`` says whether installed packages are looked for, and whose each file
    is. ``recipe`` names the Dockerfile that the image was built from, on whose lines instructions and findings are put.

    ``source`` is ``engine`` or ``registry``: who is asked for a bare name, and no other. Without ``tls_verify``
    registries may have any certificate, or speak plain HTTP. ``mirrors`` are hosts that are asked before the default
    registry. ``progress`` hears how far slow reading is.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    choice = rules or Choice()
    chosen = rules_of(choice)
    managers = all_managers() if packages else None
    wanted = parse_platform(platform) if platform else None
    dockerfile = _read(recipe) if recipe else None
    named, below = _targets(target, base)
    progress, reach = progress or Silence(), Reach(source, tls_verify, tuple(mirrors))
    probes = _together(probes_of(chosen), None if managers is None else probes_of_managers(managers))
    with open_target(named, platform, pull, progress, probes, reach=reach) as opened:
        read = read_image(opened.medium, opened.choice, wanted)
        given = _outline(below, read.image, platform, pull, progress, reach) if below else None
        analysis = analyse(read, managers, dockerfile, given, _beside(read.image))
        # Rules may still read contents.
        judgement = judge(Evidence(analysis), chosen, choice.min_bytes, include_base=choice.include_base)
        return _with_fetched(summarise(analysis, judgement, top), opened)


def inspect_layers(  # noqa: PLR0913 - a keyword for each option
    target: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    base: str | None = None,
    recipe: Recipe | None = None,
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
) -> "StoredReport":
    """Tell what is stored of each instruction, by manifest and configuration alone: no layer is read, nor fetched.

    All parameters are as in :func:`inspect`, and errors too. Content bytes are not told, and nothing of files.
    """
    from layerscope.summary import summarise_stored

    wanted = parse_platform(platform) if platform else None
    dockerfile = _read(recipe) if recipe else None
    named, below = _targets(target, base)
    progress, reach = progress or Silence(), Reach(source, tls_verify, tuple(mirrors))
    with open_target(named, platform, pull, progress, None, layers=False, reach=reach) as opened:
        image = read_unwalked(opened.medium, opened.choice, wanted)
        given = _outline(below, image, platform, pull, progress, reach) if below else None
        attributed = attribute_image(image, dockerfile, given, _beside(image))
        return _with_fetched(summarise_stored(image, attributed), opened)


def split(  # noqa: PLR0913 - a keyword for each option
    target: str,
    *,
    recipe: Recipe | None = None,
    base: str | None = None,
    platform: str | None = None,
    pull: Pull = "missing",
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
) -> "SplitReport":
    """Read an image and propose how to build it in several stages, so that what only its building needs is left behind.

    ``recipe`` names the Dockerfile that it was built from: each proposal is that file with another stage behind it.
    Without it the first stage is written from the history, and the base has to be known: it is looked for, or named by
    ``base``. All else is as in :func:`inspect`. Where nothing is proposed, the report's ``reason`` says why.

    Raises a subclass of :class:`layerscope.LayerscopeError`; ``UsageError``, with the line, for a Dockerfile that does
    not parse or is not the image's.
    """
    from layerscope.splitting.probes import ALL_PROBES
    from layerscope.splitting.propose import propose

    managers = all_managers()
    wanted = parse_platform(platform) if platform else None
    dockerfile = _read(recipe) if recipe else None
    named, below = _targets(target, base)
    progress, reach = progress or Silence(), Reach(source, tls_verify, tuple(mirrors))
    probes = _together(ALL_PROBES, probes_of_managers(managers))
    with open_target(named, platform, pull, progress, probes, reach=reach) as opened:
        read = read_image(opened.medium, opened.choice, wanted)
        given = _outline(below, read.image, platform, pull, progress, reach) if below else None
        analysis = analyse(read, managers, dockerfile, given)
        proposed = propose(analysis, dockerfile)  # which still reads contents
        return _with_fetched(summarise_split(analysis, proposed), opened)


def why(  # noqa: PLR0913 - a keyword for each option
    target: str,
    what: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    top: int = 10,
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
) -> "WhyReport":
    """Tell why a path or a package is in an image: what every layer did at the path, who the package is there for.

    ``what`` is a path (``/usr/bin/curl``, ``./app``, a folder too), or a package (``curl``, ``dpkg:curl``); a name with
    a slash is a path first, one without a package first. Of the lists, ``top`` rows are told. ``target``, ``platform``,
    and all else are as in :func:`inspect`.

    Raises NotFoundError for what is in no layer, else as :func:`inspect` does.
    """
    from layerscope.blame import answer

    managers = all_managers()
    wanted = parse_platform(platform) if platform else None
    probes, reach = probes_of_managers(managers), Reach(source, tls_verify, tuple(mirrors))
    with open_target(parse_target(target), platform, pull, progress or Silence(), probes, reach=reach) as opened:
        analysis = analyse(read_image(opened.medium, opened.choice, wanted), managers)
        return _with_fetched(answer(analysis, what, managers, top), opened)  # contents may still be compared


def _with_fetched(report: Told, opened: Opened) -> Told:
    """Say how many bytes a registry sent, once no more are asked for."""
    return replace(report, image=_fetched(report.image, opened))


def _fetched(image: ImageReport, opened: Opened) -> ImageReport:
    return replace(image, fetched_bytes=opened.fetched()) if opened.fetched else image


def diff(  # noqa: PLR0913 - a keyword for each option
    old: str,
    new: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    top: int = 10,
    rules: Choice | None = None,
    packages: bool = True,
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
) -> "DiffReport":
    """Tell what changed from one image to another: by instruction, folder, file and package; findings, settings.

    ``old`` and ``new`` are named as ``target`` is for :func:`inspect`; both may be in one archive. With the two in the
    other order the report is the same, mirrored. Of paths the ``top`` largest changes are named. ``rules`` says which
    findings are compared, ``packages`` whether packages are. ``platform`` is that of both; it,
    ``pull``, ``source``, ``tls_verify``, ``mirrors`` and ``progress`` are those of :func:`inspect`.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    from layerscope.difference import differ, look

    choice = rules or Choice()
    chosen = rules_of(choice)
    managers = all_managers() if packages else None
    wanted = parse_platform(platform) if platform else None
    targets = parse_target(old), parse_target(new)
    if targets[0].transport is targets[1].transport is Transport.STDIN:
        raise UsageError("two images cannot both come from standard input", hint="Name one by its path.")
    progress, reach = progress or Silence(), Reach(source, tls_verify, tuple(mirrors))
    # Contents are compared, whatever else is asked of them.
    probes = _together(probes_of(chosen), None if managers is None else probes_of_managers(managers)) or ()
    sides, media = [], []
    with ExitStack() as stack:
        for target in targets:
            opened = stack.enter_context(open_target(target, platform, pull, progress, probes, reach=reach))
            read = read_image(opened.medium, opened.choice, wanted)
            analysis = analyse(read, managers, beside=_beside(read.image))
            judgement = judge(Evidence(analysis), chosen, choice.min_bytes, include_base=choice.include_base)
            sides.append(look(analysis, judgement, top))
            media.append(opened)
        report = differ(sides[0], sides[1], top)
        one, other = map(_fetched, (report.diff.old, report.diff.new), media)
        return replace(report, diff=replace(report.diff, old=one, new=other))


def _targets(target: str, base: str | None) -> tuple[Target, Target | None]:
    """Read what an image and its base are named by."""
    named, below = parse_target(target), parse_target(base) if base is not None else None
    if below and below.transport is named.transport is Transport.STDIN:
        raise UsageError("an image and its base cannot both come from standard input", hint="Name one by its path.")
    return named, below


def _outline(base: Target, image: Image, platform: str | None, pull: Pull, progress: Progress, reach: Reach) -> Outline:
    """Read what tells whether ``image`` is built on ``base``."""
    if asks_engine(base, reach):
        from layerscope.sources.describe import Describer

        unanswered = [NoEngineError] if may_ask_registry(base, reach) else []
        with suppress(*unanswered), closing(Describer(platform, pull, progress)) as engine:
            return engine.outline(base.name)
    # A registry is asked for one platform: the image's own, which its base serves.
    own = str(image.platform) if is_platform(image.platform) else None
    with open_target(base, platform or own, pull, progress, None, layers=False, reach=reach) as opened:
        wanted = parse_platform(platform) if platform else None
        return read_outline(opened.medium, opened.choice, wanted, image.platform)


def _beside(image: Image) -> Beside | None:
    """Return what asks the engine that an image is from for those below it."""
    if image.source != "docker-daemon":
        return None

    def ask() -> tuple[Outline, ...]:
        from layerscope.sources.describe import Describer

        with closing(Describer(None, "never", Silence())) as engine:
            return engine.outlines_below(image.reference, [each.diff_id for each in image.layers])

    return ask


def _read(recipe: Recipe) -> "RecipeSource":
    from layerscope.build.dockerfile import read_recipe

    return read_recipe(recipe)


def _together(one: Probes, other: Probes) -> Probes:
    """Join what is asked of contents, each probe once."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(dict.fromkeys((*one, *other)))
