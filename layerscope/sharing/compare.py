"""The Python API of ``compare``: what the command does, without a terminal."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from layerscope.cache import Cache
from layerscope.comparison import CompareReport
from layerscope.errors import UsageError
from layerscope.progress import Progress, Silence
from layerscope.reference import Pull, Reach, Source
from layerscope.sharing.forest import Forest
from layerscope.sharing.reading import Reader, Walk, Wish
from layerscope.sharing.summary import summarise


def compare(  # noqa: PLR0913 - each says one thing, by name, and none must be said
    targets: Sequence[str],
    *,
    have: Sequence[str] = (),
    pods: Mapping[str, int] | None = None,
    platform: str | None = None,
    pull: Pull = "never",
    walk: Walk = "plain",
    files: bool = False,
    source: Source | None = None,
    tls_verify: bool = True,
    mirrors: Sequence[str] = (),
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> CompareReport:
    """Tell what several images share, and what a machine that holds them all stores and pulls.

    ``targets`` are as :func:`layerscope.inspect` takes them; an archive of several images counts as all of them. They
    are pulled in their order, by a machine that has the images ``have`` already. ``pods`` says how many pods run each
    of the targets. ``platform``, ``pull``, ``source``, ``tls_verify`` and ``mirrors`` are
    as for :func:`layerscope.inspect`.

    Manifests and configurations are read, and the content bytes of layers where they cost little: from an engine's
    history, or from the headers of uncompressed layers. ``walk`` is ``plain`` for that, ``all`` to read compressed
    layers as well, ``never`` for neither. What stays unknown is ``None``. With ``files`` all layers are read whole (an
    engine saves its images for that), and what could be shared is told from their files, not from documents alone.
    ``progress`` and ``cache`` are as for :func:`layerscope.inspect`.

    Raises a subclass of :class:`layerscope.LayerscopeError`; see ``layerscope.errors`` for the tree.
    """
    if not targets:
        raise UsageError("no image was named", hint="Name several images, or list them in a file: --from FILE.")
    forest = Forest()
    reach = Reach(source, tls_verify, tuple(mirrors))
    wish = Wish(platform, pull, walk, progress or Silence(), files, reach, cache)
    with closing(Reader(forest, wish)) as reader:
        for _, image in reader.read(have):
            forest.add_had(image)
        for name, image in reader.read(targets):
            forest.add(image, pods.get(name) if pods else None)
        return summarise(forest, reader.library)
