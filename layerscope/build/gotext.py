"""What Go's ``fmt`` made of an instruction, written back as a person writes it in a Dockerfile.

The classic builder and BuildKit print their parsed instructions with ``%v`` and ``%q``: an exec form loses
its commas, a health check becomes a struct, ports become a map. Whatever is not exactly of such a form is
left as it is.
"""

import re
from collections.abc import Callable
from typing import Final

# Possessive, so that no hostile text makes them go back.
_WORD: Final = r'"(?s:[^"\\]++|\\.)*+"'
_WORDS: Final = rf"(?:{_WORD}(?: {_WORD})*+)?+"
_ESCAPE: Final = r"\\(?s:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))"
_CONTROL: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

# Docker 25 put the start interval between the start period and the retries.
_TIMING: Final = r'"([0-9a-zµ.]*+)" "([0-9a-zµ.]*+)" "([0-9a-zµ.]*+)"(?: "([0-9a-zµ.]*+)")?+ \'([^\']++|\\\')\'\}'
_TIMING_FLAGS: Final = ("--interval", "--timeout", "--start-period", "--start-interval")


def as_written(kind: str, text: str) -> str:
    """Undo the formatting of an instruction's text; a kind whose text is printed plainly keeps it."""
    undo = _UNDO.get(kind)
    return undo(text) if undo else text


def list_words(text: str) -> list[str] | None:
    r"""Return the words of ``["a", "b\n"]`` as ``as_written`` leaves it; ``None`` when it is no such list."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    words: list[str] = re.findall(_WORD, text)
    return [_unescaped(word[1:-1]) for word in words] if f"[{', '.join(words)}]" == text else None


def _words(text: str) -> list[str] | None:
    """Split ``"a" "b c"`` into its words, quotes kept; ``None`` when it is not made of quoted words alone."""
    return re.findall(_WORD, text) if re.fullmatch(_WORDS, text) else None


def _exec_form(text: str) -> str:
    """Put back the commas: ``["a" "b"]`` → ``["a", "b"]``; older builders printed a pointer, ``&{["a"]}``."""
    if text.startswith("&{[") and text.endswith("]}"):
        text = text[2:-1]
    words = _words(text[1:-1]) if text.startswith("[") and text.endswith("]") else None
    return text if words is None else f"[{', '.join(words)}]"


def _bare_list(text: str) -> str:
    """Take off the brackets of ``[/data /srv]``; a list in JSON, as a person may write it, keeps them."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") and text[1:2] != '"' else text


def _ports(text: str) -> str:
    """Write ``map[443/tcp:{} 80/tcp:{}]`` as ``443/tcp 80/tcp``."""
    if text.startswith("map[") and text.endswith("]"):
        return " ".join(port.removesuffix(":{}") for port in text[4:-1].split(" "))
    return _bare_list(text)


def _healthcheck(text: str) -> str:
    r"""Write ``&{["CMD-SHELL" "x"] "30s" "0s" "0s" '\x03'}`` as ``--interval=30s --retries=3 CMD x``."""
    test, _, rest = text.rpartition("] ")
    timing = re.fullmatch(_TIMING, rest)
    if timing is None or not test.startswith("&{["):
        return text
    words = _words(test[3:])
    if words is None:
        return text
    *durations, retries = timing.groups("0s")
    flags = [f"{flag}={value}" for flag, value in zip(_TIMING_FLAGS, durations, strict=True) if value != "0s"]
    if (number := ord(_unescaped(retries)[0])) > 0:  # a number, printed as a character
        flags.append(f"--retries={number}")
    return " ".join([*flags, *_health_command(words)])


def _health_command(words: list[str]) -> list[str]:
    """Write a health check's test as its Dockerfile command; no test inherits the base image's."""
    match words:
        case []:
            return []
        case ['"CMD-SHELL"', command]:
            return ["CMD", _unescaped(command[1:-1])]
        case ['"CMD"', *arguments]:
            return ["CMD", f"[{', '.join(arguments)}]"]
        case _:
            return [_unescaped(word[1:-1]) for word in words]


def _unescaped(text: str) -> str:
    """Undo the escapes of ``strconv.Quote``."""
    return re.sub(_ESCAPE, _character, text)


def _character(escape: re.Match[str]) -> str:
    """Give the character that an escape stands for."""
    byte, short, long, letter = escape.groups()
    if letter is not None:
        return _CONTROL.get(letter, letter)
    code = int(byte or short or long, 16)
    # A byte above ASCII was no UTF-8; half a surrogate pair is no text, and could not be written out again.
    is_text = code < 0x80 if byte else code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_text else escape[0]


_UNDO: Final[dict[str, Callable[[str], str]]] = {
    "CMD": _exec_form,
    "ENTRYPOINT": _exec_form,
    "EXPOSE": _ports,
    "HEALTHCHECK": _healthcheck,
    "USER": _bare_list,
    "VOLUME": _bare_list,
}
