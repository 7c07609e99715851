"""Which of several images is meant: by name or number, then by platform."""

from collections.abc import Sequence

from layerscope.errors import AmbiguousImageError, NotFoundError
from layerscope.image.candidate import Candidate
from layerscope.model import Platform
from layerscope.reference import normal_platform, same_image_name


def choose(candidates: Sequence[Candidate], choice: str, platform: Platform | None, title: str) -> Candidate:
    """Return the one image that is meant.

    ``choice`` is a name, ``@`` and a number, or empty; without ``platform`` the machine's own is preferred, and else the
    only one that is there. Raises NotFoundError, or AmbiguousImageError; both list what there is.
    """
    chosen = _named(candidates, choice, title)
    groups = {each.group for each in chosen}
    if len(groups) > 1 and len({each.config_digest for each in chosen}) > 1:
        raise AmbiguousImageError(
            f"{title} holds {len(groups)} images: {_names(chosen)}",
            hint=f"Choose one by its name or number, such as {title}:{_example(chosen)}",
        )
    return _of_platform(chosen, platform, title)


def _named(candidates: Sequence[Candidate], choice: str, title: str) -> list[Candidate]:
    if not choice:
        return list(candidates)
    if choice.startswith("@") and choice[1:].isdecimal():
        groups = sorted({each.group for each in candidates})
        number = int(choice[1:])
        chosen = [each for each in candidates if number < len(groups) and each.group == groups[number]]
    else:
        chosen = [each for each in candidates if any(same_image_name(choice, name) for name in each.names)]
    if not chosen:
        raise NotFoundError(f"{title} holds no image {choice}, but {_names(candidates)}", hint="Name one of those.")
    return chosen


def _of_platform(chosen: list[Candidate], platform: Platform | None, title: str) -> Candidate:
    present = [each for each in chosen if not each.absent]
    if platform is not None:
        matching = [each for each in chosen if _serves(each.platform, platform)]
        there = [each for each in matching if not each.absent]
        if not there:
            what = "lists {} and does not hold it" if matching else "holds no image for {}"
            message = f"{title} {what.format(platform)}, but {_platforms(present)}"
            raise NotFoundError(message, hint="Choose one of those with --platform, or save the image for this one.")
        return there[0]
    import platform as machine

    own = normal_platform("linux", machine.machine().lower())
    if mine := [each for each in present if _serves(each.platform, own)]:
        return mine[0]
    if not present:
        listed = ", ".join(sorted({each.absent for each in chosen}))
        raise NotFoundError(f"{title}: the manifest is missing ({listed})", hint="Save the image again, whole.")
    if len({each.platform for each in present}) > 1:
        message = f"{title} holds no image for this machine ({own}), but {_platforms(present)}"
        raise AmbiguousImageError(message, hint="Choose one with --platform.")
    return present[0]


def _serves(offered: Platform, asked: Platform) -> bool:
    """Tell whether an image for one platform answers the wish for another; no variant asked for means any."""
    if (offered.os, offered.architecture) != (asked.os, asked.architecture):
        return False
    return not asked.variant or offered.variant == asked.variant


def _names(candidates: Sequence[Candidate]) -> str:
    groups: dict[int, list[str]] = {}
    for each in candidates:
        groups.setdefault(each.group, []).extend(each.names[:1])
    return ", ".join(
        f"@{number} {names[0] if names else '(unnamed)'}" for number, (_, names) in enumerate(sorted(groups.items()))
    )


def _example(candidates: Sequence[Candidate]) -> str:
    return next((each.names[0] for each in candidates if each.names), "@0")


def _platforms(candidates: Sequence[Candidate]) -> str:
    return ", ".join(sorted({str(each.platform) or "one of no stated platform" for each in candidates})) or "none"
