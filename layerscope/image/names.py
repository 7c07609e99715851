"""What an image that was read is called."""

from layerscope.image.candidate import Candidate
from layerscope.sources.medium import Medium


def reference_of(candidate: Candidate, choice: str, medium: Medium) -> str:
    """Return the name that the image carries; a tag alone, or none at all, says less than where it was read."""
    if medium.transport in ("engine", "registry"):
        return medium.title
    if candidate.names and choice in ("", *candidate.names):
        name = choice or candidate.names[0]
        return name if ":" in name or "/" in name else f"{medium.title}:{name}"
    return f"{medium.title}:{choice}" if choice else medium.title


def transport_of(candidate: Candidate, medium: Medium) -> str:
    """Return the name of the transport (containers-transports) by which an image was read."""
    if medium.transport == "engine":
        return "docker-daemon"
    if medium.transport == "registry":
        return "docker"
    return "oci-archive" if candidate.form == "oci" and medium.transport != "folder" else candidate.form
