"""The application: the commands of the folder, and errors as two lines and an exit code."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import Parameter, Signature, getdoc, signature
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from msgspec import Struct

from layerscope import __version__, cli
from layerscope.cli.kit.terminal import speaks_unicode
from layerscope.errors import LayerscopeError
from layerscope.render.kit.escape import escape


def application(*only: str) -> typer.Typer:
    """Gather the commands, all or ``only`` these: each costs the time of reading its options."""
    app = typer.Typer(
        name="layerscope",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_layerscope)
    for name in only or commands():
        command = getattr(import_module(f"{cli.__name__}.{name}"), name)
        app.command(name=name, help=getdoc(command))(flat(command))
    return app


def commands() -> list[str]:
    """List the names of the commands, which are the modules of the folder."""
    return [module.name for module in iter_modules(cli.__path__) if not module.ispkg]


def flat(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command as typer takes it: in the place of a parameter that is a record, an option for each field."""
    records: dict[str, type[Struct]] = {}
    options: list[Parameter] = []
    for each in signature(command).parameters.values():
        if isinstance(each.annotation, type) and issubclass(each.annotation, Struct):
            records[each.name] = each.annotation
            options += _fields(each)
        else:
            options.append(each)

    def flattened(**values: Any) -> None:
        made = {
            name: record(**{field: values.pop(field) for field in record.__struct_fields__})
            for name, record in records.items()
        }
        command(**values, **made)

    flattened.__signature__ = Signature(options)  # type: ignore[attr-defined]
    return flattened


def _fields(parameter: Parameter) -> Iterator[Parameter]:
    """Yield the fields of a record as parameters; a record that is given as the default has their defaults."""
    given = parameter.annotation() if parameter.default is Parameter.empty else parameter.default
    for each in signature(parameter.annotation).parameters.values():
        yield each.replace(default=getattr(given, each.name))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"layerscope {__version__}")
        raise typer.Exit


def _layerscope(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Tell why a container image is as big as it is, and which instruction is to blame."""


def run(arguments: list[str]) -> int:
    """Carry out a command line; the exit code is that of the error's class."""
    # Whoever names a command at once asks for no other. Completions are told by all, and so is what is no command.
    named = arguments[:1] if arguments[:1] and arguments[0] in commands() else ()
    command = typer.main.get_command(application(*named))
    try:
        return command.main(arguments, prog_name="layerscope", standalone_mode=False) or 0
    except typer.TyperException as error:
        where = getattr(getattr(error, "ctx", None), "command_path", " ".join(("layerscope", *named)))
        is_image = not named and arguments and re.search("^[^-].*[:/.]", arguments[0])
        message = " ".join(error.format_message().split()).replace("a valid int range", "a whole number")
        _complain(message, f"Try 'layerscope inspect {arguments[0]}'." if is_image else f"Try '{where} --help'.")
        return error.exit_code
    except LayerscopeError as error:
        _complain(str(error), error.hint)
        return error.exit_code


def _complain(message: str, hint: str) -> None:
    """Say what is wrong, and what to do about it: a line each."""
    if sys.stderr is None:  # closed, as by 2>&-
        return
    unicode = speaks_unicode(sys.stderr)
    sys.stderr.write(f"layerscope: {escape(message, unicode=unicode)}\n")
    if hint:
        sys.stderr.write(f"  {escape(hint, unicode=unicode)}\n")
