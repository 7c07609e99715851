"""Which of several images is meant: by name or number, then by platform."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from layerscope.errors import AmbiguousImageError, NotFoundError
from layerscope.image.candidate import Candidate
from layerscope.model import Platform
from layerscope.reference import normal_platform, same_image_name
from layerscope.sources.medium import STANDARD_INPUT

_NUMBER: Final = re.compile(r"@[0-9]{1,9}")


def choose(candidates: Sequence[Candidate], choice: str, platform: Platform | None, title: str) -> Candidate:
    """Return the one image that is meant.

    ``choice`` is a name, ``@`` and a number, or empty; without ``platform`` the machine's own is preferred, and else
    the only one that is there. Raises NotFoundError, or AmbiguousImageError; both list what there is.
    """
    chosen = _named(candidates, choice, title)
    groups = {each.group for each in chosen}
    if len(groups) > 1 and len({each.config_digest or each.group for each in chosen}) > 1:
        place = "/dev/stdin" if title == STANDARD_INPUT else title  # where - can be followed by nothing
        raise AmbiguousImageError(
            f"{title} holds {len(groups)} images{choice and f' named {choice}'}: {_names(candidates, groups)}",
            hint=f"Choose one by its name or number, such as {place}:{_example(chosen)}",
        )
    return _of_platform(chosen, platform, title)


def _named(candidates: Sequence[Candidate], choice: str, title: str) -> list[Candidate]:
    if not choice:
        return list(candidates)
    groups = sorted({each.group for each in candidates})
    if _NUMBER.fullmatch(choice):
        number = int(choice[1:])
        chosen = [each for each in candidates if number < len(groups) and each.group == groups[number]]
    else:
        chosen = [each for each in candidates if any(same_image_name(choice, name) for name in each.names)]
    if not chosen:
        raise NotFoundError(
            f"{title} holds no image {choice}, but {_names(candidates, groups)}", hint="Name one of those."
        )
    return chosen


def _of_platform(chosen: list[Candidate], platform: Platform | None, title: str) -> Candidate:
    present = [each for each in chosen if not each.absent]
    if platform is not None:
        if not (there := _serving(present, platform)):
            _raise_fault(chosen, platform)
            what = "lists {} and does not hold it" if _serving(chosen, platform) else "holds no image for {}"
            message = f"{title} {what.format(platform)}, but {_platforms(present)}"
            raise NotFoundError(message, hint="Choose one of those with --platform, or save the image for this one.")
        return there[0]
    import platform as machine

    own = normal_platform("linux", machine.machine().lower())
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
    serving = [
        each
        for each in offered
        if (each.platform.os, each.platform.architecture) == (asked.os, asked.architecture)
        and (not asked.variant or each.platform.variant == asked.variant)
    ]
    return sorted(serving, key=lambda each: each.platform.variant != asked.variant)


def _raise_fault(chosen: Sequence[Candidate], asked: Platform | None) -> None:
    """Raise what is wrong with an image that is, or may be, of the platform asked for; ``None`` stands for any."""
    unknown = [each for each in chosen if not each.platform.architecture]
    for each in chosen if asked is None else (*_serving(chosen, asked), *unknown):
        if each.fault:
            raise each.fault


def _names(candidates: Sequence[Candidate], chosen: Collection[int]) -> str:
    """List the images of the groups ``chosen``, numbered as among all."""
    groups: dict[int, list[str]] = {}
    for each in candidates:
        groups.setdefault(each.group, []).extend(each.names[:1])
    return ", ".join(
        f"@{number} {names[0] if names else '(unnamed)'}"
        for number, (group, names) in enumerate(sorted(groups.items()))
        if group in chosen
    )


def _example(candidates: Sequence[Candidate]) -> str:
    return next((each.names[0] for each in candidates if each.names), "@0")


def _platforms(candidates: Sequence[Candidate]) -> str:
    return ", ".join(sorted({str(each.platform) or "one of no stated platform" for each in candidates})) or "none"
