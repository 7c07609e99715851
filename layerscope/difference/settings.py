"""What is said of how a container is run, or a step was built, and is not as it was."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from layerscope.build.command import build_arguments
from layerscope.changes import ChangedSettingReport
from layerscope.difference.sides import Side
from layerscope.model import Healthcheck, RunConfig
from layerscope.rules.kit.instructions import exec_form
from layerscope.secrets import is_secret, redacted

Settings = Mapping[tuple[str, str], str]
"""Kind and name → value."""

_STARS: Final = "***"
_SECOND: Final = 1_000_000_000
"""Nanoseconds."""


def compare_settings(old: Side, new: Side) -> tuple[ChangedSettingReport, ...]:
    """Tell each that changed: what it was, what it is."""
    return _changed(dict(_settings(old)), dict(_settings(new)))


def compare_arguments(old: str, new: str) -> tuple[ChangedSettingReport, ...]:
    """Tell each build argument that changed, of one step as a builder records them."""
    if old == new:
        return ()
    one, other = ({("ARG", name): value for name, value in build_arguments(each).items()} for each in (old, new))
    return _changed(one, other)


def _changed(one: Settings, other: Settings) -> tuple[ChangedSettingReport, ...]:
    changed = [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]
    return tuple(
        ChangedSettingReport(" ".join(name).strip(), _shown(name, one.get(name)), _shown(name, other.get(name)))
        for name in sorted(changed)
    )


def _settings(side: Side) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what is set: kind and name, and the value; nothing for what is not."""
    config, platform = side.run_config, side.report.image.platform
    yield ("platform", ""), "/".join(filter(None, (platform.os, platform.architecture, platform.variant)))
    for kind, text in _single(config):
        if text:
            yield (kind, ""), text
    for kind, pairs in (("ENV", _variables(config.env)), ("LABEL", config.labels)):
        yield from (((kind, name), value) for name, value in pairs)
    for kind, names in (("EXPOSE", config.exposed_ports), ("VOLUME", config.volumes)):
        yield from (((kind, name), "") for name in names)


def _single(config: RunConfig) -> Iterator[tuple[str, str]]:
    """Yield what there is one of."""
    yield "USER", config.user
    yield "WORKDIR", config.working_dir
    yield "STOPSIGNAL", config.stop_signal
    for kind, words in (("ENTRYPOINT", config.entrypoint), ("CMD", config.cmd), ("SHELL", config.shell)):
        yield kind, exec_form(words) if words else ""
    yield "ONBUILD", "; ".join(config.on_build)
    yield "HEALTHCHECK", _healthcheck(config.healthcheck) if config.healthcheck else ""


def _healthcheck(check: Healthcheck) -> str:
    times = (
        *(("interval", check.interval), ("timeout", check.timeout), ("start-period", check.start_period)),
        ("start-interval", check.start_interval),
    )
    options = [f"--{name}={nanoseconds / _SECOND:g}s" for name, nanoseconds in times if nanoseconds]
    retries = [f"--retries={check.retries}"] if check.retries else []
    return " ".join((*options, *retries, exec_form(check.test)))


def _variables(env: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in env:
        name, _, value = each.partition("=")
        yield name, value


def _shown(name: tuple[str, str], value: str | None) -> str | None:
    """Put stars in the place of secrets."""
    if value is None:
        return None
    return _STARS if name[1] and is_secret(name[1], value) else redacted(value)
