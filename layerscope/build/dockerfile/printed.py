"""What builders print of a statement, and texts made comparable.

BuildKit and the classic builder put in variables, take off quotes and write lists in Go's manner, buildah and kaniko
print the line as it is written; which flags are told differs by builder and year. Each of these texts is a candidate.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import normpath
from typing import Final

from layerscope.build import command, gotext
from layerscope.build.dockerfile.heredocs import as_heredoc
from layerscope.build.dockerfile.lexer import UNKNOWN
from layerscope.build.dockerfile.scope import Scope
from layerscope.build.dockerfile.syntax import Statement
from layerscope.build.dockerfile.texts import blank_words, json_words

_HASHED: Final = re.compile(r"(?:--link |--chown=\S*?)?(file|dir|multi):(?:[0-9a-f]{12,64})? in (.*)", re.DOTALL)
_RECORDED: Final = ((), ("--chown",), ("--parents", "--chown", "--chmod"))
"""Flags of a COPY in BuildKit's history, by the year."""
_BETWEEN: Final = "\x02"
_DURATION: Final = re.compile(r"([0-9]++(?:\.[0-9]++)?+)(h|ms|m|s|us|µs|ns)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PORTS: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/([a-z]+))?")
_MOST_UNKNOWN: Final = 16
"""Unknown parts of a text that is still worth comparing."""
_MOST_PIECES: Final = 32
_MOST_OF_PIECES: Final = 16 * 1024
"""Characters of them all: each RUN in exec form has its own."""
_MOST_PORTS: Final = 4096


def comparable(kind: str, text: str) -> str:
    """Write a text in the one way in which all that mean the same are equal."""
    return _COMPARABLE.get(kind, _blanks)(text)


def candidates(statement: Statement, scope: Scope) -> frozenset[str]:
    """Return all texts that a builder may have printed, made comparable; parts that are not known are UNKNOWN."""
    kind = statement.keyword
    texts = {statement.line, *_PRINTED.get(kind, _expanded)(statement, scope)}
    if kind != "HEALTHCHECK":  # its flags are always told
        texts.add(statement.text)
    return frozenset(filter(_tells, (comparable(kind, text) for text in texts)))


def _tells(text: str) -> bool:
    """Tell whether a text says anything: one that is unknown through and through fits all."""
    return UNKNOWN not in text or (text.count(UNKNOWN) < _MOST_UNKNOWN and any(char.isalnum() for char in text))


def _blanks(text: str) -> str:
    return " ".join(text.split())


# --- Comparable texts ---------------------------------------------------------------------------------------


def _copied(text: str) -> str:
    """Of ``dir:4f1c0d2b9a77 in /srv`` leave out the checksum, and flags: a Dockerfile knows none."""
    text = _blanks(text)
    hashed = _HASHED.fullmatch(text)
    return f"{hashed[1]}: in {hashed[2]}" if hashed else text


def _names(text: str) -> str:
    """Leave the names of arguments: their values are the build's, not the Dockerfile's."""
    words = (word.partition("=")[0] for word in text.split())
    return " ".join(word for word in words if word.isidentifier())


def _list(text: str) -> str:
    r"""Write ``["a", "b\n"]`` with its words as they are, whether JSON or Go wrote it."""
    words = gotext.list_words(text) or json_words(text)
    return f"[{_BETWEEN.join(map(_blanks, words))}]" if words is not None else _blanks(text)


def _plain_list(text: str) -> str:
    words = json_words(text)
    return _blanks(text if words is None else " ".join(words))


def _shell(text: str) -> str:
    return _blanks(command.declared_shell(text) or text)


def _ports(text: str) -> str:
    """Write each port with its protocol, in order: ``8000-8001`` → ``8000/tcp 8001/tcp``."""
    ports: set[str] = set()
    for word in text.split():
        span = _PORTS.fullmatch(word)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (0, _MOST_PORTS)
        if span and last - first + len(ports) < _MOST_PORTS:
            ports.update(f"{number}/{span[3] or 'tcp'}" for number in range(first, last + 1))
        else:
            ports.add(word)
    return " ".join(sorted(ports))


def _health(text: str) -> str:
    """Write durations in seconds and flags in order; a flag of nothing is none."""
    flags: dict[str, str] = {}
    rest = text.lstrip()
    while rest.startswith("--"):
        word, _, rest = rest.partition(" ")
        name, _, value = word.partition("=")
        flags[name] = _seconds(value)
        rest = rest.lstrip()
    kind, _, test = rest.partition(" ")
    told = [f"{name}={value}" for name, value in sorted(flags.items()) if value != "0"]
    return " ".join([*told, kind, _list(test.strip())]).strip()


def _seconds(duration: str) -> str:
    parts = _DURATION.findall(duration)
    if not parts or "".join(map("".join, parts)) != duration:
        return duration
    return f"{sum(float(number) * _SECONDS[unit] for number, unit in parts):g}"


def _folder(text: str) -> str:
    return normpath(text.strip()) if text.strip() else ""


_COMPARABLE: Final[Mapping[str, Callable[[str], str]]] = {
    "ADD": _copied,
    "ARG": _names,
    "CMD": _list,
    "COPY": _copied,
    "ENTRYPOINT": _list,
    "EXPOSE": _ports,
    "HEALTHCHECK": _health,
    "SHELL": _shell,
    "VOLUME": _plain_list,
    "WORKDIR": _folder,
}


# --- Printed texts ------------------------------------------------------------------------------------------


def _expanded(statement: Statement, scope: Scope) -> Iterator[str]:
    yield scope.expand(statement.text)


def _as_it_stands(statement: Statement, scope: Scope) -> Iterable[str]:  # noqa: ARG001 - all are asked in the same way
    """Yield nothing but the line that every statement has: no builder makes another text of it."""
    return ()


def _run(statement: Statement, scope: Scope) -> Iterator[str]:
    """Yield what a RUN's shell is given; variables in it are the shell's."""
    words = statement.exec_form
    if words is not None:
        line = " ".join(words)
        yield line
        yield from (f"{piece} {line}" for piece in _pieces_of_arguments(scope.declared))
        yield command.without_shell(line, (*((scope.shell,) if scope.shell else ()), *command.DEFAULT_SHELLS))
    if not statement.heredocs:
        return
    bodies = [f"{heredoc.body}{heredoc.name}" for heredoc in statement.heredocs]
    yield "\n".join([statement.text, *bodies])
    yield "\n".join([statement.line, *(heredoc.body for heredoc in statement.heredocs)])  # buildah
    first = statement.heredocs[0]
    if as_heredoc(statement.text) is not None:
        yield f"/dev/pipes/{first.name}" if first.contents.startswith("#!") else first.contents


def _pieces_of_arguments(declared: list[str]) -> Iterator[str]:
    """Yield what may be left of arguments with spaces before a command without a shell: nothing marks their end."""
    if not any(" " in each for each in declared):
        return
    for order in (declared, sorted(declared)):
        words = " ".join(order).rsplit(" ", _MOST_PIECES)
        left = _MOST_OF_PIECES
        for at in range(len(words) - 1, 0, -1):
            piece = " ".join(words[at:])
            left -= len(piece)
            if left < 0:
                break
            yield piece


def _copy(statement: Statement, scope: Scope) -> Iterator[str]:
    words = statement.words
    if not words:
        return
    flags = [scope.expand(flag) for flag in statement.flags]
    given = [word for word in words[:-1] if not (statement.heredocs and as_heredoc(word))]
    sources = [scope.expand(word) for word in given]
    sources += [f"<<{heredoc.name}" for heredoc in statement.heredocs]
    target = scope.expand(words[-1])
    for names in _RECORDED:
        told = [flag for name in names for flag in flags if flag.partition("=")[0] == name]
        yield " ".join([*told, *sources, target])
    yield " ".join([*flags, *sources, target])
    for kind in _kinds(given):
        yield f"{kind}: in {target}"
        yield f"{kind}: in {words[-1]}"


def _kinds(sources: list[str]) -> tuple[str, ...]:
    """Say what the classic builder and buildah may call the sources: ``multi`` are several, which a wildcard can be."""
    if any(char in source for source in sources for char in "*?[$"):
        return ("file", "dir", "multi")
    return ("multi",) if len(sources) > 1 else ("file", "dir")


def _variables(statement: Statement, scope: Scope) -> Iterator[str]:
    yield " ".join(f"{scope.expand(name)}={scope.expand(value)}" for name, value in scope.variables(statement))


def _arguments(statement: Statement, scope: Scope) -> Iterator[str]:
    yield " ".join(f"{name}={value}" for name, value in scope.arguments(statement))


def _command(statement: Statement, scope: Scope) -> Iterator[str]:  # noqa: ARG001
    """Yield a shell form as the list that it becomes; the shell may be the base image's."""
    if statement.exec_form is None:
        yield f"[{UNKNOWN}{_BETWEEN}{_blanks(statement.text)}]"


def _volumes(statement: Statement, scope: Scope) -> Iterator[str]:
    yield " ".join(map(scope.expand, statement.words))


def _workdir(statement: Statement, scope: Scope) -> Iterator[str]:
    yield scope.expand(statement.text)
    yield scope.resolved(scope.expand(statement.text))


def _exposed(statement: Statement, scope: Scope) -> Iterator[str]:
    yield " ".join(map(scope.expand, blank_words(statement.text)))


_PRINTED: Final[Mapping[str, Callable[[Statement, Scope], Iterable[str]]]] = {
    "ADD": _copy,
    "ARG": _arguments,
    "CMD": _command,
    "COPY": _copy,
    "ENTRYPOINT": _command,
    "ENV": _variables,
    "EXPOSE": _exposed,
    "HEALTHCHECK": _as_it_stands,
    "LABEL": _variables,
    "MAINTAINER": _as_it_stands,
    "ONBUILD": _as_it_stands,
    "RUN": _run,
    "SHELL": _as_it_stands,
    "VOLUME": _volumes,
    "WORKDIR": _workdir,
}
