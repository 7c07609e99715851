"""Which of several images is meant: by name or number, then by platform."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from layerscope.errors import AmbiguousImageError, NotFoundError
from layerscope.image.candidate import Candidate
from layerscope.model import Platform
from layerscope.reference import own_platform, serves, ways_to_ask, ways_to_mean
from layerscope.sources.medium import STANDARD_INPUT

_NUMBER: Final = re.compile(r"@[0-9]{1,9}")


class Offer:
    """The images that a medium offers. However many are asked for by name, their names are looked at once."""

    def __init__(self, candidates: Sequence[Candidate], title: str) -> None:
        self.candidates = candidates
        self.title = title

    @cached_property
    def groups(self) -> list[list[Candidate]]:
        """The candidates image by image, in the order of their numbers."""
        groups: dict[int, list[Candidate]] = {}
        for each in self.candidates:
            groups.setdefault(each.group, []).append(each)
        return [group for _, group in sorted(groups.items())]

    @cached_property
    def _meant(self) -> dict[tuple[str, bool], list[int]]:
        """For each way to mean an image, where such ones are."""
        meant: dict[tuple[str, bool], list[int]] = {}
        for at, each in enumerate(self.candidates):
            for way in {way for name in each.names for way in ways_to_mean(name)}:
                meant.setdefault(way, []).append(at)
        return meant

    def named(self, choice: str) -> Sequence[Candidate]:
        """Return what a choice means, everything if it is empty; raises NotFoundError, which lists what there is."""
        if not choice:
            return self.candidates
        if _NUMBER.fullmatch(choice):
            chosen = next(iter(self.groups[int(choice[1:]) :]), [])
        else:
            found = {at for way in ways_to_ask(choice) for at in self._meant.get(way, ())}
            chosen = [self.candidates[at] for at in sorted(found)]
        if not chosen:
            message = f"{self.title} holds no image {choice}, but {self.names(self.candidates)}"
            raise NotFoundError(message, hint="Name one of those.")
        return chosen

    def names(self, chosen: Sequence[Candidate]) -> str:
        """List the images of some candidates, numbered as among all."""
        wanted = {each.group for each in chosen}
        return ", ".join(
            f"@{number} {next((each.names[0] for each in group if each.names), '(unnamed)')}"
            for number, group in enumerate(self.groups)
            if group[0].group in wanted
        )


def choose(offer: Offer, choice: str, platform: Platform | None) -> Candidate:
    """Return the one image that is meant.

    ``choice`` is a name, ``@`` and a number, or empty; without ``platform`` the machine's own is preferred, and else
    the only one that is there. Raises NotFoundError, or AmbiguousImageError; both list what there is.
    """
    chosen, title = offer.named(choice), offer.title
    groups = {each.group for each in chosen}
    if len(groups) > 1 and len({each.config_digest or each.group for each in chosen}) > 1:
        place = "/dev/stdin" if title == STANDARD_INPUT else title  # where - can be followed by nothing
        raise AmbiguousImageError(
            f"{title} holds {len(groups)} images{choice and f' named {choice}'}: {offer.names(chosen)}",
            hint=f"Choose one by its name or number, such as {place}:{_example(chosen)}",
        )
    return of_platform(chosen, platform, title)


def of_platform(chosen: Sequence[Candidate], platform: Platform | None, title: str) -> Candidate:
    """Return what is meant of the platforms of one image; see :func:`choose`."""
    present = [each for each in chosen if not each.absent]
    if platform is not None:
        if not (there := _serving(present, platform)):
            _raise_fault(chosen, platform)
            what = "lists {} and does not hold it" if _serving(chosen, platform) else "holds no image for {}"
            message = f"{title} {what.format(platform)}, but {_platforms(present)}"
            raise NotFoundError(message, hint="Choose one of those with --platform, or save the image for this one.")
        return there[0]
    own = own_platform()
    if mine := _serving(present, own):
        return mine[0]
    _raise_fault(chosen, own if present else None)
    if not present:
        listed = ", ".join(sorted({each.absent for each in chosen}))
        raise NotFoundError(f"{title}: the manifest is missing ({listed})", hint="Save the image again, whole.")
    if len({each.platform for each in present}) > 1:
        message = f"{title} holds no image for this machine ({own}), but {_platforms(present)}"
        raise AmbiguousImageError(message, hint="Choose one with --platform.")
    return present[0]


def _serving(offered: Sequence[Candidate], asked: Platform) -> list[Candidate]:
    """List those that answer the wish for a platform, its very variant first; no variant asked for means any."""
    serving = [each for each in offered if serves(each.platform, asked)]
    return sorted(serving, key=lambda each: each.platform.variant != asked.variant)


def _raise_fault(chosen: Sequence[Candidate], asked: Platform | None) -> None:
    """Raise what is wrong with an image that is, or may be, of the platform asked for; ``None`` stands for any."""
    unknown = [each for each in chosen if not each.platform.architecture]
    for each in chosen if asked is None else (*_serving(chosen, asked), *unknown):
        if each.fault:
            raise each.fault


def _example(candidates: Sequence[Candidate]) -> str:
    return next((each.names[0] for each in candidates if each.names), "@0")


def _platforms(candidates: Sequence[Candidate]) -> str:
    return ", ".join(sorted({str(each.platform) or "one of no stated platform" for each in candidates})) or "none"
