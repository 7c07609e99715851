"""What somebody asks about: a path or a package, told apart by how it is written."""

from collections.abc import Container

from msgspec import Struct

from layerscope.errors import UsageError
from layerscope.layers.paths import PathCleaner


class Asked(Struct, frozen=True):
    """A question, read."""

    name: str
    """A package's name."""
    path: str
    """The same as a path, relative to the root and clean."""
    manager: str
    """Whose package it is; empty for anybody's."""
    is_path: bool
    """Whether a path comes first: a slash makes it one. Only npm's names have one too (``@types/node``)."""


def parse(text: str, managers: Container[str]) -> Asked:
    """Read ``/usr/bin/curl``, ``curl``, ``dpkg:curl``; raises UsageError for nothing at all."""
    if not text:
        raise UsageError("why what? Nothing was named", hint="Name a path (/usr/bin/curl) or a package (curl).")
    prefix, colon, name = text.partition(":")
    if colon and name and prefix in managers:
        return Asked(name, "", prefix, is_path=False)
    path = PathCleaner().clean(text.encode("utf-8", "surrogateescape"))
    return Asked(text, path, "", is_path="/" in text or text in (".", ".."))
