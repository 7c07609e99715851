"""The image's own configuration, as instructions for the end of the new Dockerfile."""

from collections.abc import Iterator

import msgspec

from layerscope.model import Healthcheck, RunConfig
from layerscope.splitting.seam import Seam


class Carried(msgspec.Struct, frozen=True):
    """Instructions, and what no instruction can say."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]


def carried(run: RunConfig, seam: Seam, escape: str, *, whole: bool = False) -> Carried:
    """Write what the user's instructions set; ``whole``: what the base sets too, where there is no base."""
    kinds = {each.kind for each in seam.instructions}
    is_told = bool(seam.instructions) and "LAYER" not in kinds and "COMMIT" not in kinds and not whole
    lines: list[str] = []
    notes: list[str] = []
    for line, note in _written(run, seam, escape, kinds if is_told else None):
        (notes if note else lines).append(note or line)
    return Carried(tuple(lines), tuple(notes))


def _written(run: RunConfig, seam: Seam, escape: str, kinds: set[str] | None) -> Iterator[tuple[str, str]]:
    for kind, pairs in (("ENV", [_parted(each) for each in run.env]), ("LABEL", run.labels)):
        told = _named(kind, seam)
        for name, value in pairs:
            if kinds is None or name in told or (" " in name and _is_written(kind, name, seam)):
                yield _pair(kind, name, value, escape)
    for kind, text in _single(run, escape):
        inherits = kind == "CMD" and kinds is not None and "ENTRYPOINT" in kinds  # which forgets the base's CMD
        if text and (kinds is None or kind in kinds or inherits):
            yield f"{kind} {text}", ""
    yield from ((f"ONBUILD {text}", "") for text in run.on_build)


def _parted(variable: str) -> tuple[str, str]:
    name, _, value = variable.partition("=")
    return name, value


def _single(run: RunConfig, escape: str) -> Iterator[tuple[str, str]]:
    """Yield what is set once; empty texts for what is not."""
    yield "SHELL", words_of(run.shell)
    yield "EXPOSE", " ".join(run.exposed_ports)
    yield "VOLUME", words_of(run.volumes)
    yield "WORKDIR", plain(run.working_dir, escape)
    yield "USER", plain(run.user, escape)
    yield "STOPSIGNAL", run.stop_signal
    yield "HEALTHCHECK", _health(run.healthcheck) if run.healthcheck and run.healthcheck.test else ""
    yield "ENTRYPOINT", words_of(run.entrypoint)
    yield "CMD", words_of(run.cmd)


def _named(kind: str, seam: Seam) -> frozenset[str]:
    """Name the variables or labels that the user's instructions set; texts of histories have lost their quotes."""
    names: set[str] = set()
    for each in seam.instructions:
        if each.kind == kind:
            *before, _ = each.text.replace('"', "").split("=")
            names.update(part.split()[-1] for part in before if part.split())
            names.update(each.text.split(None, 1)[:1])
    return frozenset(names)


def _is_written(kind: str, name: str, seam: Seam) -> bool:
    """Tell whether an instruction has a name in it as it is."""
    return any(name in each.text for each in seam.instructions if each.kind == kind)


def _pair(kind: str, name: str, value: str, escape: str) -> tuple[str, str]:
    if not (name + value).isprintable() or "=" in name or not name:
        return "", f"{kind} {name[:40]!r} holds what no line of a Dockerfile can: set it otherwise."
    key = (
        name
        if name.replace("_", "").replace(".", "").replace("-", "").replace("/", "").isalnum()
        else quoted(name, escape)
    )
    return f"{kind} {key}={quoted(value, escape)}", ""


def quoted(text: str, escape: str) -> str:
    """Write a word as ENV, LABEL and COPY take it; quotes only where they are needed."""
    if text and all(char.isalnum() or char in "_-./:,@+%=" for char in text) and text.isascii():
        return text
    return f'"{_escaped(text, escape)}"'


def plain(text: str, escape: str) -> str:
    """Write a text that is a whole line, in which only variables are put in."""
    return text.replace("$", f"{escape}$")


def _escaped(text: str, escape: str) -> str:
    for char in (escape, '"', "$"):
        text = text.replace(char, escape + char)
    return text


def words_of(words: tuple[str, ...]) -> str:
    """Write a list in JSON; nothing for an empty one."""
    if not words:
        return ""
    return msgspec.json.format(
        msgspec.json.encode([word.encode("utf-8", "replace").decode() for word in words]), indent=0
    ).decode()


def _health(check: Healthcheck) -> str:
    """Write the health check with its times, which engines keep in nanoseconds."""
    times = (
        ("interval", check.interval),
        ("timeout", check.timeout),
        ("start-period", check.start_period),
        ("start-interval", check.start_interval),
    )
    flags = "".join(f" --{name}={_duration(value)}" for name, value in times if value)
    flags += f" --retries={check.retries}" if check.retries else ""
    kind, *test = check.test
    if kind == "NONE":
        return "NONE"
    if kind == "CMD-SHELL" and test and test[0].isprintable() and not test[0].startswith("["):
        return f"{flags} CMD {test[0]}".lstrip()
    words = ("/bin/sh", "-c", *test) if kind == "CMD-SHELL" else tuple(test)
    return f"{flags} CMD {words_of(words)}".lstrip()


def _duration(nanoseconds: int) -> str:
    for unit, size in (("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000)):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"
