"""Every error that layerscope raises on purpose.

The tree, with the exit code of the command beside each class::

    LayerscopeError
    ├── UsageError                 2   what was asked for makes no sense
    │   └── AmbiguousImageError    2   several images, and none was chosen
    └── UnreadableImageError       3   what was asked for could not be read
        ├── NotFoundError          3   no such file, image, tag or platform; no such path or package in it
        ├── NotAnImageError        3   it is there, but it is no container image
        ├── UnsupportedError       3   an image in a form that layerscope does not read
        ├── DamagedError           3   truncated, corrupt, contradicting itself
        │   ├── MissingBlobError   3   a part that the image refers to is not there
        │   └── DigestError        3   a part is not what its digest says
        ├── EngineError            3   the engine cannot be reached or refuses
        │   └── NoEngineError      3   none answers
        └── RegistryError          3   the registry cannot be reached, refuses or breaks off

An error is one line of what and where (``str(error)``) and one line of what to do (``error.hint``).
"""

from typing import ClassVar


class LayerscopeError(Exception):
    """The root: never raised itself.

    ``hint`` is one sentence that tells the reader what to do next; it may be empty.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(LayerscopeError):
    """What was asked for makes no sense: a malformed target, a platform that is none."""

    exit_code = 2


class AmbiguousImageError(UsageError):
    """Several images answer, and none was chosen: the message lists them."""


class UnreadableImageError(LayerscopeError):
    """The image could not be read."""


class NotFoundError(UnreadableImageError):
    """No such file, image, tag or platform; no such path or package in the image."""


class NotAnImageError(UnreadableImageError):
    """There is something, but it is no container image."""


class UnsupportedError(UnreadableImageError):
    """An image in a form that layerscope does not read."""


class DamagedError(UnreadableImageError):
    """Truncated, corrupt or contradicting itself; the message names the place."""


class MissingBlobError(DamagedError):
    """A part that the image refers to is not there."""


class DigestError(DamagedError):
    """A part is not what its digest says."""


class EngineError(UnreadableImageError):
    """The engine cannot be reached, or refuses."""


class NoEngineError(EngineError):
    """No engine answers where one was looked for."""


class RegistryError(UnreadableImageError):
    """The registry cannot be reached, refuses, stalls, breaks off or sends us where we do not go."""
