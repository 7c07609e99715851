"""Where a report goes: standard output, or a file that is replaced as a whole.

Imports nothing that takes time: ``layerscope --help`` comes through here.
"""

import os
import stat
import sys

_BROKEN_PIPE = 128 + 13
"""The exit code of a program that SIGPIPE ended: what a shell expects of a filter whose reader has left."""


def refuse_early(path: str | None) -> None:
    """Raise UsageError for a file that surely cannot be written, before the image is read for it."""
    if path is None and sys.stdout is None:
        raise _unwritable("standard output", "it is closed")
    if path is not None and os.path.isdir(path):
        raise _unwritable(path, "it is a folder")
    if path is not None and not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise _unwritable(path, "there is no such folder")


def write(text: str, path: str | None = None) -> None:
    """Write ``text`` as UTF-8 to the file, or to standard output; raise UsageError where that fails."""
    data = text.encode()
    try:
        if path is None:
            _print(data)
        elif os.path.exists(path) and not os.path.isfile(path):
            _write(os.open(path, os.O_WRONLY), data)  # a device or a pipe has no contents to replace
        else:
            _replace(os.path.realpath(path), data)
    except BrokenPipeError:
        _leave_quietly()
    except OSError as error:
        raise _unwritable(path or "standard output", error.strerror or str(error)) from error


def _print(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _replace(path: str, data: bytes) -> None:
    """Put a new file in the place of ``path``: whoever reads it sees the old or the new one, never a part."""
    new = os.path.join(os.path.dirname(path), f".layerscope-{os.urandom(6).hex()}")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        _write(file, data)
        if os.path.exists(path):
            os.chmod(new, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def _write(file: int, data: bytes) -> None:
    with open(file, "wb") as stream:
        stream.write(data)


def _leave_quietly() -> None:
    """End as a filter does whose reader has left; Python must not try to flush what is left either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(_BROKEN_PIPE)


def _unwritable(what: str, why: str) -> Exception:
    from layerscope.errors import UsageError

    return UsageError(f"cannot write {what}: {why}", hint="Choose another place with --output FILE.")
