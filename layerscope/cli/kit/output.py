"""Where a report goes: standard output, or a file that is replaced as a whole."""

import os
import sys
from pathlib import Path

from layerscope.cli.kit.stdout import CLOSED, write_stdout
from layerscope.cli.kit.terminal import speaks_unicode
from layerscope.errors import UsageError
from layerscope.render.kit.escape import escape


def refuse_early(path: Path | None) -> None:
    """Raise UsageError for what surely cannot be written, before an image is read for it."""
    if path is None and sys.stdout is None:
        raise _unwritable(path, CLOSED)
    if path is not None and path.is_dir():
        raise _unwritable(path, "it is a folder")
    if path is not None and not path.parent.is_dir():
        raise _unwritable(path, "there is no such folder")


def write(text: str, path: Path | None) -> None:
    """Write ``text`` as UTF-8 to the file, or to standard output; raise UsageError where that fails.

    Surrogate escapes (PEP 383), as a Dockerfile may have, become the bytes that they are.
    """
    try:
        if path is None:
            write_stdout(text)
        elif path.exists() and not path.is_file():
            path.write_text(
                text, encoding="utf-8", errors="surrogateescape"
            )  # a device or a pipe has no contents to replace
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def tell(sentence: str) -> None:
    """Say something on standard error that is no error."""
    if sys.stderr is not None:
        sys.stderr.write(f"layerscope: {escape(sentence, unicode=speaks_unicode(sys.stderr))}\n")


def _replace(path: Path, text: str) -> None:
    """Put a new file in the place of ``path``: whoever reads it sees the old or the new one, never a part."""
    new = path.parent / f".layerscope-{os.urandom(6).hex()}"
    try:
        with new.open("x", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        if path.exists():
            new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _unwritable(path: Path | None, why: str) -> UsageError:
    if path is None:
        return UsageError(f"cannot write to standard output: {why}", hint="Send it to a file: > FILE")
    return UsageError(f"cannot write {path}: {why}", hint="Choose another place with --output FILE.")
