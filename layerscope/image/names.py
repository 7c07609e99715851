"""What an image that was read is called."""

from typing import Final

from layerscope.image.candidate import Candidate
from layerscope.reference import full_name
from layerscope.sources.medium import Medium

_NAMED_BY_TARGET: Final = frozenset({"engine", "registry"})
"""Media of one image, which has the name that it was asked for by."""


def reference_of(candidate: Candidate, choice: str, medium: Medium) -> str:
    """Return the name that the image carries; a tag alone, or none at all, says less than where it was read."""
    if medium.transport in _NAMED_BY_TARGET:
        return medium.title
    if candidate.names and choice in ("", *candidate.names):
        return _told(choice or candidate.names[0], medium)
    return f"{medium.title}:{choice}" if choice else medium.title


def references_of(candidate: Candidate, choice: str, medium: Medium) -> tuple[str, ...]:
    """Return the names by which an image was meant: the one chosen, else all that it carries, each in one spelling.

    A tag alone is left out where there are whole names: it is that of one of them.
    """
    first = reference_of(candidate, choice, medium)
    if choice or len(candidate.names) < 2 or medium.transport in _NAMED_BY_TARGET:
        return (first,)
    spelt = {full_name(candidate.names[0]): first}
    for name in list(filter(_is_whole, candidate.names)) or candidate.names:
        spelt.setdefault(full_name(name), _told(name, medium))
    return tuple(spelt.values())


def _is_whole(name: str) -> bool:
    return ":" in name or "/" in name


def _told(name: str, medium: Medium) -> str:
    return name if _is_whole(name) else f"{medium.title}:{name}"


def transport_of(candidate: Candidate, medium: Medium) -> str:
    """Return the name of the transport (containers-transports) by which an image was read."""
    if medium.transport == "engine":
        return "docker-daemon"
    if medium.transport == "registry":
        return "docker"
    return "oci-archive" if candidate.form == "oci" and medium.transport != "folder" else candidate.form
