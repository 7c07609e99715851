"""What a person names on the command line: TARGET, as containers-transports(5) has it, or bare; a Dockerfile."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final, Literal

from msgspec import Struct, field

from layerscope.errors import NotFoundError, UsageError
from layerscope.model import Platform


class Transport(StrEnum):
    """Where an image is and in what form."""

    REGISTRY = "docker"
    """Written ``docker://``."""
    DAEMON = "docker-daemon"
    DOCKER_ARCHIVE = "docker-archive"
    OCI = "oci"
    OCI_ARCHIVE = "oci-archive"
    DIR = "dir"
    STDIN = "-"
    BARE = ""
    """Not said: a path is looked into, anything else is asked of the engine, of the registry where none answers."""


Source = Literal["engine", "registry"]
"""Who is asked for an image that is named by reference."""
Pull = Literal["missing", "always", "never"]
"""When an engine pulls an image that it is asked for."""


class Target(Struct, frozen=True):
    """A parsed TARGET: of a transport with a path, ``name`` holds path and choice, still together.

    Where the path ends and the choice begins is only known by looking, since both may hold a colon.
    """

    transport: Transport
    name: str


class Reach(Struct, frozen=True):
    """How an image that is named by reference is reached."""

    source: Source | None = None
    """``None``: an engine, and the registry where none answers."""
    tls_verify: bool = True
    """False: whatever certificate a registry has will do, and plain HTTP."""
    mirrors: tuple[str, ...] = ()
    """Hosts that are asked before the default registry."""


class ImageName(Struct, frozen=True):
    """An image in a registry; what may be left out of a reference is filled in."""

    registry: str
    repository: str
    tag: str
    """Empty where there is a digest, which says more."""
    digest: str


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """The Dockerfile that an image was built from, and what its build was given."""

    path: str
    target: str | None = None
    """The stage, by name or number; by default the last."""
    build_args: Mapping[str, str] = field(default_factory=dict)


_LONGEST_TARGET: Final = 8192
"""Characters: of a path, for which Linux has 4,096 bytes, and of the name of an image there. Lists may be hostile, and
at each colon a path may end."""
_SHOWN: Final = 60


def parse_target(text: str) -> Target:
    """Tell the transport; raises UsageError for a target that is none."""
    if text == "-":
        return Target(Transport.STDIN, "")
    if not text or "\0" in text:
        raise UsageError("no image was named", hint="Name an image, a saved archive, or - for standard input.")
    if len(text) > _LONGEST_TARGET:
        message = f"{text[:_SHOWN]}…: a name of {len(text):,} characters, more than any image or file has"
        raise UsageError(message, hint="Name an image, a saved archive, or - for standard input.")
    prefix, colon, rest = text.partition(":")
    if colon and prefix == Transport.REGISTRY and rest.startswith("//"):
        if not rest[2:]:
            raise UsageError(f"{text}: nothing follows the transport", hint="For example docker://NAME:TAG")
        return Target(Transport.REGISTRY, rest[2:])
    if colon and prefix in set(Transport) - {Transport.REGISTRY, Transport.STDIN, Transport.BARE}:
        if not rest:
            raise UsageError(f"{text}: nothing follows the transport", hint=f"For example {prefix}:NAME")
        return Target(Transport(prefix), rest)
    return Target(Transport.BARE, text)


def splits(name: str) -> list[tuple[str, str]]:
    """List the ways to read ``PATH[:CHOICE]``, the longest path first."""
    ways = [(name, "")]
    at = name.rfind(":")
    while at > 0:
        ways.append((name[:at], name[at + 1 :]))
        at = name.rfind(":", 0, at)
    return ways


DEFAULT_REGISTRY: Final = "docker.io"
DEFAULT_REGISTRY_HOST: Final = f"index.{DEFAULT_REGISTRY}"
"""Where the default registry answers, and what logins to it are filed under."""
_NAME_LIMIT: Final = 255
_REPOSITORY: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST: Final = (
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])"
)
_DIGEST: Final = r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"


def is_registry(host: str) -> bool:
    """Tell whether a text can be a registry's host, with or without a port."""
    return len(host) <= _NAME_LIMIT and re.fullmatch(rf"{_HOST}(?::[0-9]{{1,5}})?", host) is not None


def parse_image_name(text: str) -> ImageName:
    """Read ``[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`` by Docker's rules; raises UsageError for what is none."""
    name, at, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    if slash and (first != first.lower() or first == "localhost" or "." in first or ":" in first):
        registry, path = first, rest
    else:
        registry, path = DEFAULT_REGISTRY, name
    path, colon, tag = path.partition(":")
    if registry == DEFAULT_REGISTRY_HOST:
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = f"library/{path}"
    is_one = (
        is_registry(registry)
        and len(path) <= _NAME_LIMIT
        and re.fullmatch(rf"{_REPOSITORY}(?:/{_REPOSITORY})*", path)
        and (not colon or re.fullmatch(r"\w[\w.-]{0,127}", tag, re.ASCII))
        and (not at or re.fullmatch(_DIGEST, digest))
    )
    if not is_one:
        raise UsageError(f"{text!r} is no image's name", hint="For example app:1.2, or registry.example:5000/team/app.")
    return ImageName(registry, path, "" if digest else tag or "latest", digest)


def check_reference(reference: str) -> None:
    """Refuse what can only have been meant for a file, or has a login in it, before anybody is asked.

    Raises NotFoundError, which does not repeat the login.
    """
    _, at, rest = reference.rpartition("@")
    if at and "/" in rest:  # no digest has a slash
        hint = "Logins are no part of a name: docker login or podman login keeps them."
        raise NotFoundError(f"***@{rest}: no such file, and no image can be named so", hint=hint)
    if not reference.isprintable() or " " in reference or reference.startswith(("-", "/", ".", "~")):
        raise NotFoundError(f"{reference}: no such file, and no image can be named so", hint="Check the path.")


_ARCHITECTURES: Final = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
_VARIANTS: Final = {"armv7l": ("arm", "v7"), "armv6l": ("arm", "v6"), "armhf": ("arm", "v7")}
_COMPONENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def parse_platform(text: str) -> Platform:
    """Read ``OS/ARCHITECTURE[/VARIANT]`` or an architecture alone; raises UsageError for what is neither."""
    parts = text.lower().split("/")
    if len(parts) == 1:
        parts = ["linux", *parts]
    if not 2 <= len(parts) <= 3 or not all(map(_COMPONENT.fullmatch, parts)):
        raise UsageError(f"{text!r} is no platform", hint="For example linux/amd64 or linux/arm/v7.")
    return normal_platform(*parts)


def is_platform(platform: Platform) -> bool:
    """Tell whether it could be asked for: what a configuration says may be anything."""
    parts = str(platform).split("/")
    return bool(platform.os and platform.architecture) and len(parts) <= 3 and all(map(_COMPONENT.fullmatch, parts))


def normal_platform(os: str, architecture: str, variant: str = "") -> Platform:
    """Spell a platform as images do: ``x86_64`` is ``amd64``, and arm64 has no variant but the default v8."""
    if architecture in _VARIANTS:
        architecture, variant = _VARIANTS[architecture]
    architecture = _ARCHITECTURES.get(architecture, architecture)
    if (architecture, variant) in {("arm64", "v8"), ("amd64", "v1")}:
        variant = ""
    return Platform(os, architecture, variant)


@cache
def own_platform() -> Platform:
    """Return this machine's own: what is taken of an image for several where none is asked for."""
    import platform

    return normal_platform("linux", platform.machine().lower())


def serves(offered: Platform, asked: Platform) -> bool:
    """Tell whether an image for one platform answers the wish for another; no variant asked for means any."""
    same = (offered.os, offered.architecture) == (asked.os, asked.architecture)
    return same and (not asked.variant or offered.variant == asked.variant)


def same_image_name(asked: str, carried: str) -> bool:
    """Tell whether a name that a person gives means a name that an image carries.

    The default registry, its ``library/`` and the tag ``latest`` may be left out on either side; a tag alone also does.
    """
    return not set(ways_to_ask(asked)).isdisjoint(ways_to_mean(carried))


def ways_to_ask(asked: str) -> tuple[tuple[str, bool], ...]:
    """Return what a name that a person gives is looked up by among ``ways_to_mean``: as it is, and in full."""
    return (asked, False), (full_name(asked), True)


def ways_to_mean(carried: str) -> tuple[tuple[str, bool], ...]:
    """Return what a name that an image carries is found by: as it is, by its tag alone, and in full."""
    return (carried, False), (_tag(carried), False), (full_name(carried), True)


def full_name(name: str) -> str:
    """Return what is the same for all ways to write a name: without what may be left out, but with a tag."""
    for prefix in (f"{DEFAULT_REGISTRY}/", f"{DEFAULT_REGISTRY_HOST}/", "library/", "localhost/"):
        name = name.removeprefix(prefix)
    return name if _tag(name) or "@" in name else f"{name}:latest"


def _tag(name: str) -> str:
    last = name.rpartition("/")[2]
    return last.partition(":")[2] if ":" in last and "@" not in last else ""
