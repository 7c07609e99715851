"""The report of ``split``: what can be proposed; and its JSON contract, version 1.

As in the report (``layerscope.report``) names and meanings are fixed, sizes are integers of content bytes. The JSON
Schema is generated from these types into ``docs/split-v1.schema.json``.
"""

from typing import Final

from msgspec import Struct

from layerscope.report import ImageReport

SCHEMA_VERSION: Final = 1


class StepReport(Struct, frozen=True):
    """One thing that a proposal does, and why."""

    action: str
    """``keep`` (the base), ``install``, ``copy``, ``make`` (users, folders), ``carry`` (settings) or ``drop``."""
    what: str
    """The base, a package, a path, a command, keywords; of what is left behind also a name for several."""
    content_bytes: int
    """Of ``drop`` what the image loses, else what it has."""
    reason: str


class ProposalReport(Struct, frozen=True):
    """One way to build the image in several stages."""

    kind: str
    """``multi-stage`` on the same base, ``multi-stage-scratch`` on none."""
    predicted_content_bytes: int
    """Of the image that the Dockerfile builds; with ``saved_bytes`` it adds up to those of the image as it is."""
    saved_bytes: int
    steps: tuple[StepReport, ...]
    """Those of ``drop`` add up to what is saved, all others to what is predicted."""
    dockerfile: str
    """The whole file."""
    notes: tuple[str, ...]
    """What is uncertain of it, a sentence each."""


class SplitReport(Struct, frozen=True):
    """What can be proposed to build an image in several stages."""

    schema_version: int
    image: ImageReport
    content_bytes: int
    """Of the image as it is."""
    proposals: tuple[ProposalReport, ...]
    """The surest first; none where the reason tells why."""
    reason: str
    """Why nothing is proposed, a sentence; empty where something is."""
    notes: tuple[str, ...]
    """What is uncertain of the image and of all proposals, a sentence each."""
