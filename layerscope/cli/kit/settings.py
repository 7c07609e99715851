"""Settings from a file: ``layerscope.toml``, or ``[tool.layerscope]`` in ``pyproject.toml``.

The nearest one counts, and no other: of the current folder, else of the next folder above, up to the root of the
repository, or the home, that the current folder is in. Where there is none, nothing is parsed, nor a parser imported.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from layerscope.cli.kit.options import RuleOptions
from layerscope.errors import UsageError
from layerscope.rules import Choice, rules_of

_OWN: Final = "layerscope.toml"
_SHARED: Final = "pyproject.toml"
_TABLE: Final = "tool.layerscope"
_LIMIT: Final = 1024 * 1024
_REPOSITORIES: Final = (".git", ".hg", ".jj", ".svn")
_WORDS: Final = {"object": "a table", "array": "a list", "str": "a text", "int": "a whole number"}
_EXAMPLE: Final = 'For example ignore = ["apt-lists", "*-cache"], min-bytes = 100_000, include-base = true.'
_OTHERWISE: Final = "Name another file with --config FILE, or read none with --no-config."


class Settings(Choice, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a file may say. Settings of one command alone go into a table of its name: a record, and a field here."""


def chosen_rules(options: RuleOptions) -> Choice:
    """Choose rules by the command line and, of what it leaves open, by the file. Raises UsageError."""
    select, ignore, config = options.select, options.ignore, options.config
    if config is not None and options.no_config:
        raise UsageError("--config and --no-config exclude each other", hint="Leave one of them out.")
    if select or ignore:
        rules_of(Choice(tuple(select or ()), tuple(ignore or ())))  # a slip is told before an image is looked for
    path = None if options.no_config else _nearest() if config is None else Path(config)
    saved = Settings() if path is None else _read(path, named=config is not None)
    if path is not None and not (select and ignore):
        _refuse_unknown_rules(path, Choice(() if select else saved.select, () if ignore else saved.ignore))
    return Choice(
        tuple(select) if select else saved.select,
        tuple(ignore) if ignore else saved.ignore,
        saved.min_bytes if options.min_bytes is None else options.min_bytes,
        saved.include_base if options.include_base is None else options.include_base,
    )


def _nearest() -> Path | None:
    """Find the file that counts."""
    for folder in _upwards():
        own, shared = folder / _OWN, folder / _SHARED
        if _is_there(own):
            return own
        if _is_there(shared) and b"layerscope" in (text := _bytes(shared)) and _is_ours(_parse(shared, text)):
            return shared
    return None


def _upwards() -> Iterator[Path]:
    """Yield the current folder and those above, up to the first that is a repository's root or the home."""
    try:
        here, home = Path.cwd(), Path("~").expanduser().resolve()
    except (OSError, RuntimeError):  # it was deleted; there is no home
        return
    for folder in (here, *here.parents):
        yield folder
        if folder == home or any(_is_there(folder / each, file=False) for each in _REPOSITORIES):
            return


def _is_there(path: Path, *, file: bool = True) -> bool:
    try:
        return path.is_file() if file else path.exists()
    except OSError:  # nobody may look
        return False


def _read(path: Path, *, named: bool) -> Settings:
    document = _parse(path, _bytes(path))
    if path.name != _SHARED:
        return _convert(path, document, "")
    if named and not _is_ours(document):
        raise UsageError(f"{path} has no [{_TABLE}]", hint=_OTHERWISE)
    return _convert(path, document["tool"]["layerscope"], _TABLE)


def _is_ours(document: dict[str, Any]) -> bool:
    tools = document.get("tool")
    return isinstance(tools, dict) and "layerscope" in tools


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", hint=_OTHERWISE) from error
    if len(text) > _LIMIT:
        raise UsageError(f"{path} is larger than settings are ({_LIMIT:,} bytes)", hint=_OTHERWISE)
    return text


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode())
    except tomllib.TOMLDecodeError as error:
        why = str(error)
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except RecursionError:
        why = "it is nested too deeply"
    raise UsageError(f"{path} is no TOML: {why[:1].lower()}{why[1:]}", hint=_OTHERWISE)


def _convert(path: Path, table: object, above: str) -> Settings:
    """Make the record; an error names the file and the key."""
    import msgspec

    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        inside = where.strip("`.")
    if unknown := re.search(r"unknown field `(.*)`", what, re.DOTALL):
        key = _joined(above, inside, unknown[1])
        raise UsageError(f"{path}: {key} is no setting", hint=_suggestion(unknown[1]))
    plain = re.sub(r"`(\w+)`", lambda word: _WORDS.get(word[1], word[1]), what)
    raise UsageError(f"{path}: {_joined(above, inside)}: {plain[:1].lower()}{plain[1:]}", hint=_EXAMPLE)


def _joined(*keys: str) -> str:
    return ".".join(filter(None, keys))


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    import msgspec

    names = [field.encode_name for field in msgspec.structs.fields(Settings)]
    close = get_close_matches(key, names, 1)
    return f"Did you mean {close[0]}?" if close else f"There are {', '.join(names)}."


def _refuse_unknown_rules(path: Path, choice: Choice) -> None:
    try:
        rules_of(choice)
    except UsageError as error:
        raise UsageError(f"{path}: {error}", hint=error.hint) from error
