"""The command of a RUN, freed of the shell before it and of the build arguments before that.

The one promise, whatever the text: the command is never cut. Where a text can be read in two ways, the
reading that keeps more of it is taken.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

DEFAULT_SHELLS: Final = ("/bin/sh -c", "cmd /S /C")
"""Of Linux and of Windows (moby, builder/dockerfile; buildkit, dockerfile2llb, ``defaultShell``)."""

_PROGRAMS: Final = frozenset({"sh", "ash", "bash", "dash", "ksh", "zsh", "fish", "cmd", "powershell", "pwsh"})
_RUNS_A_COMMAND: Final = frozenset(
    {"-c", "-ec", "-exc", "-euc", "-euxc", "-lc", "-xc", "-xec", "/c", "-command", "-encodedcommand"}
)
_LEADING_WORDS: Final = 8
"""How far to look for a shell's flag: ``bash -o errexit -o nounset -o pipefail -c`` is eight words."""
_MOST_DIGITS: Final = 4
"""Of a count of build arguments; no Dockerfile declares ten thousand."""
_ARGUMENT: Final = re.compile(r"[A-Za-z_][\w.-]*+=")


def without_shell(command: str, shells: Sequence[str]) -> str:
    """Take one of ``shells`` off the front of ``command``; an unknown one stays, its end cannot be known."""
    for shell in shells:
        # Not by "shell + space": a hostile shell is long, and would be copied for every entry.
        if command.startswith(shell) and command.startswith(" ", len(shell)):
            return command[len(shell) + 1 :]
    return command


def without_arguments(command: str, shells: Sequence[str]) -> str:
    """Take the build arguments off ``|2 A=x B=y z /bin/sh -c cmd``.

    Nothing marks where the last value ends: values are not quoted, and may hold spaces and even a shell.
    The classic builder and BuildKit count pairs (moby, ``prependEnvOnCmd``; buildkit,
    ``runCommandString``), buildah counts words (``strings.Split(buildArgs, " ")`` in ``getCreatedBy``). What
    is safe: a pair is at least one word, so the command begins after N words or later; and one of the pairs
    begins in each of N words with a ``=``, so a shell that stands before N such words is part of a value. The
    first place that satisfies either is taken. It may be too early, inside the last value, so that the text
    begins with a piece of it; it is never too late, so that nothing of the command is lost.
    """
    digits, _, rest = command[1:].partition(" ")
    is_count = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    number = int(digits) if command.startswith("|") and is_count else None
    words = rest.split(" ", number) if number is not None else []
    if number is None or len(words) <= number:
        return command
    after_words = words[-1]
    if without_shell(after_words, shells) is not after_words:
        return after_words
    starts = [start for shell in shells if (start := _after_pairs(rest, number, shell)) is not None]
    return rest[min(starts) :] if starts else after_words


def build_arguments(before: str) -> dict[str, str]:
    """Cut what ``without_arguments`` takes off, ``|2 A=x B=y z ``, into names and values.

    Where more words look like the beginning of a pair than there are pairs, which ones are would be a guess: then the
    whole is one value, without a name.
    """
    number, _, pairs = before.removesuffix(" ").partition(" ")
    words = pairs.split(" ")
    starts = [at for at, word in enumerate(words) if _ARGUMENT.match(word)]
    if not pairs:
        return {}
    if starts[:1] != [0] or len(starts) > int(number[1:]):
        return {"": pairs}
    found = (" ".join(words[at:end]).partition("=") for at, end in zip(starts, (*starts[1:], None), strict=True))
    return {name: value for name, _, value in found}


def _after_pairs(text: str, pairs: int, shell: str) -> int | None:
    """Find the first ``shell`` in ``text`` with as many words with a ``=`` before it as there are pairs."""
    if len(shell) > len(text):  # as above, a long one is not copied
        return None
    seen = position = 0
    while (found := text.find(f" {shell} ", position)) >= 0:
        seen += sum("=" in word for word in text[position:found].split(" "))
        if seen >= pairs:
            return found + 1
        position = found + 1
    return None


def declared_shell(text: str) -> str | None:
    """Give the shell that a SHELL instruction's text names, as it then stands before each command.

    The classic builder and BuildKit print ``[/bin/bash -o pipefail -c]``, buildah and kaniko what the person
    wrote, a list in JSON.
    """
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        return " ".join(msgspec.json.decode(text, type=list[str]))
    except (msgspec.DecodeError, UnicodeEncodeError):  # a lone surrogate cannot be encoded, so it is no JSON
        return text[1:-1]


def is_shell_command(command: str) -> bool:
    """Tell whether this is a shell with a command to run, such as ``/bin/bash -o pipefail -c make``."""
    program, *words = command.split(" ", _LEADING_WORDS)
    # The last of the words is what is run; without it there is a flag and no command.
    return _is_shell(program) and not _RUNS_A_COMMAND.isdisjoint(word.lower() for word in words[:-1])


def is_bare_shell(command: str) -> bool:
    """Tell whether this is a shell with nothing to run, such as ``bash``, ``/bin/sh -l`` or ``cmd /k``."""
    program, *flags = command.split(" ")
    return _is_shell(program) and all(flag.startswith("-") or flag.lower() == "/k" for flag in flags)


def _is_shell(program: str) -> bool:
    r"""Tell a shell by its name: ``/bin/bash``, ``C:\Windows\System32\cmd.exe``."""
    return program.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe") in _PROGRAMS
