"""A rule is a value: what it is called, how much it matters, its page, and how to find what it speaks of."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from layerscope.layers.facts import Probe

if TYPE_CHECKING:
    from layerscope.rules.kit.evidence import Evidence


class Severity(StrEnum):
    """How much a finding matters."""

    INFORMATION = "information"
    """Worth knowing; nothing need be done."""
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Confidence(StrEnum):
    """How sure it is that the finding holds and that its bytes would go."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Finding(Struct, frozen=True):
    """Something worth saying of one image."""

    message: str
    """One sentence: what is there, and why that matters. Names and texts of the image may stand in it as they are."""
    remedy: str
    """What to do about it, in the words of a Dockerfile where there are any."""
    layer: int | None = None
    """The layer that it is about; the one that carries the bytes."""
    instruction: int | None = None
    """By default the one that made the layer."""
    paths: tuple[str, ...] = ()
    """Relative to the root, those with most bytes first."""
    claims: Mapping[int, int] = field(default_factory=dict)
    """Entry → bytes of it that the image would lose if the remedy were applied and the image rebuilt. Entries are those
    that carry the bytes (of hard links the first name), so that two findings that claim one file can be told."""
    severity: Severity | None = None
    """Where it is not the rule's."""
    confidence: Confidence | None = None


class Rule(Struct, frozen=True):
    """One thing that layerscope looks for. Rules are found in the folder ``rules``: a module's ``RULES``."""

    name: str
    """In kebab case; what is found, never the cure."""
    severity: Severity
    confidence: Confidence
    page: str
    """What ``layerscope explain`` shows: what it finds, why that matters, what to do, in plain text."""
    find: "Callable[[Evidence], Iterable[Finding]]"
    probes: tuple[Probe, ...] = ()
    """What ``find`` asks of the contents of files."""
    digests: bool = False
    """Whether ``find`` asks if contents are equal."""

    @property
    def summary(self) -> str:
        """The page's first line."""
        return self.page.strip().partition("\n")[0]
