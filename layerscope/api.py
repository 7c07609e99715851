"""The Python API: what the commands do, without a terminal.

A function a command, in one place: half of it is what their keywords mean. How all of them get at an image is in
``opening``.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from layerscope.cache import Cache
from layerscope.errors import UsageError
from layerscope.image import read_unwalked
from layerscope.layers.facts import GivenFacts, LateProbes, Probe, Probes
from layerscope.neighbours import Neighbours
from layerscope.opening import Subject, image_with_fetched, targets_of, way_of, with_fetched
from layerscope.progress import Progress
from layerscope.reference import Pull, Reach, Recipe, Source, Transport, parse_target
from layerscope.report import Report
from layerscope.rules import Choice, probes_of, rules_of

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.build.dockerfile import Source as RecipeSource
    from layerscope.changes import DiffReport
    from layerscope.proposals import SplitReport
    from layerscope.stored import StoredReport


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
    cache: Cache | None = None,
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
    registry. ``progress`` hears how far slow reading is. ``cache`` is where what was read is looked up and kept; by
    default nothing is, and nothing is written to disk.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    choice = rules or Choice()
    probes = _probes(choice, packages=packages)
    way = way_of(platform, pull, Reach(source, tls_verify, tuple(mirrors)), progress, cache)
    dockerfile = _read(recipe)
    named, below = targets_of(target, base)
    with way.choose(named, probes, below) as subject:
        beside = Neighbours(subject.chosen.image, subject.chosen.config.diff_ids)
        memory = subject.memory
        report = memory.report((choice, packages, top, dockerfile, subject.given, beside.listed())) if memory else None
        if report is None:
            report = _report(subject, choice, dockerfile, beside, packages=packages, top=top)
        return with_fetched(report, subject.opened)


def _report(
    subject: Subject, choice: Choice, dockerfile: "RecipeSource | None", beside: Neighbours, *, packages: bool, top: int
) -> Report:
    """Walk the layers and judge them: what is imported for that, nobody needs who knows the report.

    It is remembered unless something could not be asked that may answer the next time.
    """
    from layerscope.analysis import analyse
    from layerscope.packages import all_managers
    from layerscope.rules import judge
    from layerscope.rules.kit.evidence import Evidence
    from layerscope.summary import summarise

    rules = rules_of(choice)
    managers = all_managers() if packages else None
    read = subject.read()
    analysis = analyse(read, managers, dockerfile, subject.given, beside.ask)
    # Rules may still read contents.
    judgement = judge(Evidence(analysis), rules, choice.min_bytes, include_base=choice.include_base)
    report = summarise(analysis, judgement, top)
    has_failed = beside.has_failed or any(isinstance(each, GivenFacts) and each.has_failed for each in read.facts)
    subject.save(None if has_failed else report)
    return report


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
    cache: Cache | None = None,
) -> "StoredReport":
    """Tell what is stored of each instruction, by manifest and configuration alone: no layer is read, nor fetched.

    All parameters are as in :func:`inspect`, and errors too. Content bytes are not told, and nothing of files.
    """
    from layerscope.analysis import attribute_image
    from layerscope.summary import summarise_stored

    way = way_of(platform, pull, Reach(source, tls_verify, tuple(mirrors)), progress, cache)
    dockerfile = _read(recipe)
    named, below = targets_of(target, base)
    with way.open(named, None, layers=False) as opened:
        image = read_unwalked(opened.medium, opened.choice, way.wanted)
        beside = Neighbours(image, [each.diff_id or "" for each in image.layers])
        attributed = attribute_image(image, dockerfile, way.outline(below, image), beside.ask)
        return with_fetched(summarise_stored(image, attributed), opened)


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
    cache: Cache | None = None,
) -> "SplitReport":
    """Read an image and propose how to build it in several stages, so that what only its building needs is left behind.

    ``recipe`` names the Dockerfile that it was built from: each proposal is that file with another stage behind it.
    Without it the first stage is written from the history, and the base has to be known: it is looked for, or named by
    ``base``. All else is as in :func:`inspect`. Where nothing is proposed, the report's ``reason`` says why.

    Raises a subclass of :class:`layerscope.LayerscopeError`; ``UsageError``, with the line, for a Dockerfile that does
    not parse or is not the image's.
    """
    from layerscope.analysis import analyse
    from layerscope.packages import all_managers, probes_of
    from layerscope.splitting.probes import ALL_PROBES
    from layerscope.splitting.propose import propose
    from layerscope.summary import summarise_split

    managers = all_managers()
    way = way_of(platform, pull, Reach(source, tls_verify, tuple(mirrors)), progress, cache)
    dockerfile = _read(recipe)
    named, below = targets_of(target, base)
    with way.choose(named, _together(ALL_PROBES, probes_of(managers)), below) as subject:
        analysis = analyse(subject.read(), managers, dockerfile, subject.given)
        proposed = propose(analysis, dockerfile)  # which still reads contents
        subject.save()
        return with_fetched(summarise_split(analysis, proposed), subject.opened)


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
    cache: Cache | None = None,
) -> "WhyReport":
    """Tell why a path or a package is in an image: what every layer did at the path, who the package is there for.

    ``what`` is a path (``/usr/bin/curl``, ``./app``, a folder too), or a package (``curl``, ``dpkg:curl``); a name with
    a slash is a path first, one without a package first. Of the lists, ``top`` rows are told. ``target``, ``platform``,
    and all else are as in :func:`inspect`.

    Raises NotFoundError for what is in no layer, else as :func:`inspect` does.
    """
    from layerscope.analysis import analyse
    from layerscope.blame import answer
    from layerscope.packages import all_managers, probes_of

    managers = all_managers()
    way = way_of(platform, pull, Reach(source, tls_verify, tuple(mirrors)), progress, cache)
    with way.choose(parse_target(target), probes_of(managers)) as subject:
        analysis = analyse(subject.read(), managers)
        try:
            return with_fetched(answer(analysis, what, managers, top), subject.opened)  # contents may still be compared
        finally:
            subject.save()


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
    cache: Cache | None = None,
) -> "DiffReport":
    """Tell what changed from one image to another: by instruction, folder, file and package; findings, settings.

    ``old`` and ``new`` are named as ``target`` is for :func:`inspect`; both may be in one archive. With the two in the
    other order the report is the same, mirrored. Of paths the ``top`` largest changes are named. ``rules`` says which
    findings are compared, ``packages`` whether packages are. ``platform`` is that of both; it,
    ``pull``, ``source``, ``tls_verify``, ``mirrors``, ``progress`` and ``cache`` are those of :func:`inspect`.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    from layerscope.analysis import analyse
    from layerscope.difference import differ, look
    from layerscope.packages import all_managers
    from layerscope.rules import judge
    from layerscope.rules.kit.evidence import Evidence

    choice = rules or Choice()
    chosen_rules = rules_of(choice)
    managers = all_managers() if packages else None
    way = way_of(platform, pull, Reach(source, tls_verify, tuple(mirrors)), progress, cache)
    targets = parse_target(old), parse_target(new)
    if targets[0].transport is targets[1].transport is Transport.STDIN:
        raise UsageError("two images cannot both come from standard input", hint="Name one by its path.")
    probes = _probes(choice, packages=packages) or ()  # contents are compared, whatever else is asked of them
    subjects, sides = [], []
    with ExitStack() as stack:
        for target in targets:
            subject = stack.enter_context(way.choose(target, probes))
            beside = Neighbours(subject.chosen.image, subject.chosen.config.diff_ids)
            analysis = analyse(subject.read(), managers, beside=beside.ask)
            judgement = judge(Evidence(analysis), chosen_rules, choice.min_bytes, include_base=choice.include_base)
            subjects.append(subject)
            sides.append(look(analysis, judgement, top))
        report = differ(sides[0], sides[1], top)
        for subject in subjects:
            subject.save()
        one, other = map(image_with_fetched, (report.diff.old, report.diff.new), (each.opened for each in subjects))
        return replace(report, diff=replace(report.diff, old=one, new=other))


def _probes(choice: Choice, *, packages: bool) -> Probes:
    """Tell what rules and package managers will ask; neither are imported before it is needed.

    Raises UsageError for a rule that is none.
    """
    if choice.select or choice.ignore:
        of_rules = _of_rules(choice)
        if not packages:
            return of_rules  # which may be nothing at all

    def gather() -> Sequence[Probe]:
        from layerscope.packages import all_managers, probes_of

        return _together(_of_rules(choice), probes_of(all_managers()) if packages else None) or ()

    return LateProbes(gather)


def _of_rules(choice: Choice) -> Probes:
    return probes_of(rules_of(choice))


def _read(recipe: Recipe | None) -> "RecipeSource | None":
    if recipe is None:
        return None
    from layerscope.build.dockerfile import read_recipe

    return read_recipe(recipe)


def _together(one: Probes, other: Probes) -> Probes:
    """Join what is asked of contents, each probe once."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(dict.fromkeys((*one, *other)))
