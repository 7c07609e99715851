"""What an image that was read is called."""

from layerscope.image.candidate import Candidate
from layerscope.reference import full_name
from layerscope.sources.medium import Medium


def reference_of(candidate: Candidate, choice: str, medium: Medium) -> str:
    """Return the name that the image carries; a tag alone, or none at all, says less than where it was read."""
    if medium.transport in ("engine", "registry"):
        return medium.title
    if candidate.names and choice in ("", *candidate.names):
        name = choice or candidate.names[0]
        return name if ":" in name or "/" in name else f"{medium.title}:{name}"
    return f"{medium.title}:{choice}" if choice else medium.title


def references_of(candidate: Candidate, choice: str, medium: Medium) -> tuple[str, ...]:
    """Return the names by which an image was meant: the one chosen, else all that it carries, each in one spelling.

    A tag alone is left out where there are whole names: it is that of one of them.
    """
    first = reference_of(candidate, choice, medium)
    if choice or len(candidate.names) < 2:
        return (first,)
    spelt = {full_name(candidate.names[0]): first}
    for name in [each for each in candidate.names if ":" in each or "/" in each] or candidate.names:
        spelt.setdefault(full_name(name), reference_of(candidate, name, medium))
    return tuple(dict.fromkeys(spelt.values()))


def transport_of(candidate: Candidate, medium: Medium) -> str:
    """Return the name of the transport (containers-transports) by which an image was read."""
    if medium.transport == "engine":
        return "docker-daemon"
    if medium.transport == "registry":
        return "docker"
    return "oci-archive" if candidate.form == "oci" and medium.transport != "folder" else candidate.form
