"""What an image's documents say of it without its layers: enough to tell whether another was built on it."""

from collections.abc import Iterator, Sequence

from layerscope.errors import UnsupportedError
from layerscope.image.candidate import Candidate
from layerscope.image.choose import Offer, choose
from layerscope.image.names import reference_of
from layerscope.image.recognise import candidates
from layerscope.image.wire import Config
from layerscope.model import Outline, Platform
from layerscope.sources.medium import Medium


def read_outline(medium: Medium, choice: str, asked: Platform | None, own: Platform) -> Outline:
    """Read the documents of the image that is meant; raises NotFoundError, NotAnImageError or UnsupportedError.

    Where no platform was asked for, ``own`` is taken if it is there: a base serves the platform of what is built on it.
    """
    offered = candidates(medium)
    serves = any(each.platform == own and not each.absent for each in offered)
    chosen = choose(Offer(offered, medium.title), choice, asked or (own if serves else None))
    outline = _outline(chosen, reference_of(chosen, choice, medium))
    if outline is None:
        message = f"{medium.title}: an image without diff IDs, so no layer can be told to be another's"
        raise UnsupportedError(message, hint="Save it with Docker 1.10 or later, or name the image itself.")
    return outline


def outlines_below(chosen: Candidate, offered: Sequence[Candidate]) -> tuple[Outline, ...]:
    """List the other images of a medium whose layers are the bottom ones of the chosen image, and not all of them."""
    return tuple(_below(chosen, offered))


def _below(chosen: Candidate, offered: Sequence[Candidate]) -> Iterator[Outline]:
    layers = chosen.config.diff_ids if chosen.config else []
    seen = {chosen.config_digest}
    for each in offered:
        if each.config_digest in seen or each.group == chosen.group:  # of one group: the image on another platform
            continue
        seen.add(each.config_digest)
        bottom = each.config.diff_ids if each.config else []
        is_below = len(bottom) < len(layers) and bottom == layers[: len(bottom)]
        if is_below and (outline := _outline(each, each.names[0] if each.names else None)):
            yield outline


def _outline(candidate: Candidate, reference: str | None) -> Outline | None:
    config = candidate.config or Config()
    if not config.diff_ids:
        return None
    return Outline(
        reference=reference,
        digest=candidate.manifest_digest,
        diff_ids=tuple(config.diff_ids),
        history=config.history_entries(),
    )
