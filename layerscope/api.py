"""The Python API: what the commands do, without a terminal."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from layerscope.cache import Cache
from layerscope.errors import UsageError
from layerscope.image import Chosen, choose_image, walk_image
from layerscope.layers.facts import LateProbes, Probe, Probes
from layerscope.model import Outline
from layerscope.neighbours import Neighbours, outline_of
from layerscope.progress import Progress, Silence
from layerscope.reference import Pull, Recipe, Transport, parse_platform, parse_target
from layerscope.report import Report
from layerscope.rules import Choice, probes_of, rules_of
from layerscope.sources import open_target

if TYPE_CHECKING:
    from layerscope.answer import WhyReport
    from layerscope.build.dockerfile import Source
    from layerscope.changes import DiffReport
    from layerscope.proposals import SplitReport
    from layerscope.remembered import Documents, Memory


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
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> Report:
    """Read an image and tell where its bytes come from and what becomes of them.

    ``target`` is what the command takes: ``docker-daemon:REF``, ``docker-archive:PATH[:REF]``, ``oci:DIR[:REF]``,
    ``oci-archive:PATH[:REF]``, ``dir:PATH``, or bare: a path that exists, ``-`` for standard input, else an image's
    name that the engine is asked for. Where an archive holds several images, ``PATH:REF`` or ``PATH:@NUMBER`` chooses
    one.

    ``platform`` is ``OS/ARCHITECTURE[/VARIANT]``, by default the machine's own, else the only one there is. ``pull``
    says whether the engine pulls an image: when it is missing, always, never.

    ``base`` names the image that it is built on, in any of those ways, so that its layers and what is found in them are
    told apart; of it only manifest and configuration are read. Without it the base is looked for (docs/base.md).

    ``top`` is how many folders, files and wasted paths the report names. ``rules`` says which rules look and which
    findings are told, by default all. ``packages`` says whether installed packages are looked for, and whose each file
    is. ``recipe`` names the Dockerfile that the image was built from, on whose lines instructions and findings are put.
    ``progress`` hears how far slow reading is. ``cache`` is where what was read is looked up and kept; by
    default nothing is, and nothing is written to disk.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    choice = rules or Choice()
    probes = _probes(choice, packages=packages)
    wanted = parse_platform(platform) if platform else None
    source = _read(recipe) if recipe else None
    named, below = parse_target(target), parse_target(base) if base is not None else None
    if below and below.transport is named.transport is Transport.STDIN:
        raise UsageError("an image and its base cannot both come from standard input", hint="Name one by its path.")
    progress = progress or Silence()
    with open_target(named, platform, pull, progress, probes, documents=_documents(cache)) as opened:
        chosen = choose_image(opened.medium, opened.choice, wanted)
        given = outline_of(below, chosen.image, platform, pull, progress) if below else None
        beside = Neighbours(chosen)
        memory = _memory(cache, chosen, probes)
        asked = (choice, packages, top, source, given, beside.listed()) if memory else ()
        if memory and (known := memory.report(asked)):
            return known
        report = _report(chosen, memory, choice, source, given, beside, packages=packages, top=top)
        if memory:
            memory.save(None if beside.has_failed else report)
    return report


def _report(  # noqa: PLR0913 - all that a report is made from
    chosen: Chosen,
    memory: "Memory | None",
    choice: Choice,
    source: "Source | None",
    given: Outline | None,
    beside: Neighbours,
    *,
    packages: bool,
    top: int,
) -> Report:
    """Walk the layers and judge them: what is imported for that, nobody needs who knows the report."""
    from layerscope.analysis import analyse
    from layerscope.packages import all_managers
    from layerscope.rules import judge
    from layerscope.rules.kit.evidence import Evidence
    from layerscope.summary import summarise

    rules = rules_of(choice)
    read = walk_image(chosen, memory.layers if memory else None)
    analysis = analyse(read, all_managers() if packages else None, source, given, beside.ask)
    # Rules may still read contents.
    judgement = judge(Evidence(analysis), rules, choice.min_bytes, include_base=choice.include_base)
    return summarise(analysis, judgement, top)


def split(  # noqa: PLR0913 - a keyword for each option
    target: str,
    *,
    recipe: Recipe | None = None,
    base: str | None = None,
    platform: str | None = None,
    pull: Pull = "missing",
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
    wanted = parse_platform(platform) if platform else None
    source = _read(recipe) if recipe else None
    named, below = parse_target(target), parse_target(base) if base is not None else None
    if below and below.transport is named.transport is Transport.STDIN:
        raise UsageError("an image and its base cannot both come from standard input", hint="Name one by its path.")
    progress = progress or Silence()
    probes = _together(ALL_PROBES, probes_of(managers))
    with open_target(named, platform, pull, progress, probes, documents=_documents(cache)) as opened:
        chosen = choose_image(opened.medium, opened.choice, wanted)
        given = outline_of(below, chosen.image, platform, pull, progress) if below else None
        memory = _memory(cache, chosen, probes)
        analysis = analyse(walk_image(chosen, memory.layers if memory else None), managers, source, given)
        proposed = propose(analysis, source)  # which still reads contents
        if memory:
            memory.save()
    return summarise_split(analysis, proposed)


def why(  # noqa: PLR0913 - a keyword for each option
    target: str,
    what: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    top: int = 10,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> "WhyReport":
    """Tell why a path or a package is in an image: what every layer did at the path, who the package is there for.

    ``what`` is a path (``/usr/bin/curl``, ``./app``, a folder too), or a package (``curl``, ``dpkg:curl``); a name with
    a slash is a path first, one without a package first. Of the lists, ``top`` rows are told. ``target``, ``platform``,
    ``pull``, ``progress`` and ``cache`` are those of :func:`inspect`.

    Raises NotFoundError for what is in no layer, else as :func:`inspect` does.
    """
    from layerscope.analysis import analyse
    from layerscope.blame import answer
    from layerscope.packages import all_managers, probes_of

    managers = all_managers()
    wanted = parse_platform(platform) if platform else None
    named, probes, progress = parse_target(target), probes_of(managers), progress or Silence()
    with open_target(named, platform, pull, progress, probes, documents=_documents(cache)) as opened:
        chosen = choose_image(opened.medium, opened.choice, wanted)
        memory = _memory(cache, chosen, probes)
        analysis = analyse(walk_image(chosen, memory.layers if memory else None), managers)
        try:
            return answer(analysis, what, managers, top)  # contents may still be compared
        finally:
            if memory:
                memory.save()


def diff(  # noqa: PLR0913 - a keyword for each option
    old: str,
    new: str,
    *,
    platform: str | None = None,
    pull: Pull = "missing",
    top: int = 10,
    rules: Choice | None = None,
    packages: bool = True,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> "DiffReport":
    """Tell what changed from one image to another: by instruction, folder, file and package; findings, settings.

    ``old`` and ``new`` are named as ``target`` is for :func:`inspect`; both may be in one archive. With the two in the
    other order the report is the same, mirrored. Of paths the ``top`` largest changes are named. ``rules`` says which
    findings are compared, ``packages`` whether packages are. ``platform`` is that of both; it, ``pull``,
    ``progress`` and ``cache`` are those of :func:`inspect`.

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
    wanted = parse_platform(platform) if platform else None
    targets = parse_target(old), parse_target(new)
    if targets[0].transport is targets[1].transport is Transport.STDIN:
        raise UsageError("two images cannot both come from standard input", hint="Name one by its path.")
    progress = progress or Silence()
    probes = _probes(choice, packages=packages) or ()  # contents are compared, whatever else is asked of them
    sides, memories = [], []
    with ExitStack() as stack:
        for target in targets:
            opening = open_target(target, platform, pull, progress, probes, documents=_documents(cache))
            opened = stack.enter_context(opening)
            chosen = choose_image(opened.medium, opened.choice, wanted)
            memories.append(_memory(cache, chosen, probes))
            read = walk_image(chosen, memories[-1].layers if memories[-1] else None)
            analysis = analyse(read, managers, beside=Neighbours(chosen).ask)
            judgement = judge(Evidence(analysis), chosen_rules, choice.min_bytes, include_base=choice.include_base)
            sides.append(look(analysis, judgement, top))
        report = differ(sides[0], sides[1], top)
        for memory in filter(None, memories):
            memory.save()
    return report


def _documents(cache: Cache | None) -> "Documents | None":
    if cache is None:
        return None
    from layerscope.remembered import Documents

    return Documents(cache)


def _memory(cache: Cache | None, chosen: Chosen, probes: Probes) -> "Memory | None":
    if cache is None:
        return None
    from layerscope.remembered import Memory

    return Memory(cache, chosen, probes)


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


def _read(recipe: Recipe) -> "Source":
    from layerscope.build.dockerfile import read_recipe

    return read_recipe(recipe)


def _together(one: Probes, other: Probes) -> Probes:
    """Join what is asked of contents, each probe once."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(dict.fromkeys((*one, *other)))
