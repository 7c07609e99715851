"""The command ``layerscope``.

What needs no thought is answered at once: the help is a text that is kept ready (a test holds it to what the
application would say), so that neither typer nor anything else is imported for it.
"""

import gc
import os
import sys

from layerscope import __version__


def command() -> None:
    """Answer the command line and end the process at once: to take a report apart first takes as long as to write it.

    All that was opened is closed by then, by whoever opened it.
    """
    code = main()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:  # Python says so when it ends
        sys.exit(code)
    os._exit(code)


def main() -> int:
    """Answer the command line; return the exit code."""
    try:
        answer = _at_once(sys.argv[1:])
        return _run() if answer is None else _print(answer)
    except KeyboardInterrupt:
        return 130


def _run() -> int:
    gc.disable()  # one report and out: no garbage in circles is worth the time of looking for it
    from layerscope.cli.kit.app import run

    return run(sys.argv[1:])


def _print(answer: str) -> int:
    from layerscope.cli.kit.stdout import write_stdout

    try:
        write_stdout(answer)
    except OSError as error:  # a full disk, or no standard output at all
        print(f"layerscope: cannot write to standard output: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _at_once(arguments: list[str]) -> str | None:
    """Find the answer that needs no application, if there is one."""
    if "_LAYERSCOPE_COMPLETE" in os.environ:  # a shell asks for completions, in variables only
        return None
    if arguments in ([], ["-h"], ["--help"]):
        # pathlib would take longer than all the rest
        with open(f"{__file__.removesuffix('__main__.py')}cli/help.txt", encoding="utf-8") as text:  # noqa: PTH123
            return text.read()
    return f"layerscope {__version__}\n" if arguments == ["--version"] else None


if __name__ == "__main__":
    command()
