"""The command ``layerscope``.

What needs no thought is answered at once: the help is a text that is kept ready (a test holds it to what the
application would say), so that neither typer nor anything else is imported for it.
"""

import os
import sys

from layerscope import __version__


def main() -> int:
    """Answer the command line; return the exit code."""
    try:
        answer = _at_once(sys.argv[1:])
        if answer is None:
            from layerscope.cli.kit.app import run

            return run(sys.argv[1:])
        from layerscope.cli.kit.output import write

        write(answer)
    except KeyboardInterrupt:
        return 130
    return 0


def _at_once(arguments: list[str]) -> str | None:
    """Find the answer that needs no application, if there is one."""
    if "_LAYERSCOPE_COMPLETE" in os.environ:  # a shell asks for completions, in variables only
        return None
    if arguments in ([], ["-h"], ["--help"]):
        with open(os.path.join(os.path.dirname(__file__), "cli", "help.txt"), encoding="utf-8") as text:
            return text.read()
    return f"layerscope {__version__}\n" if arguments == ["--version"] else None


if __name__ == "__main__":
    sys.exit(main())
