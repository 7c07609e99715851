"""Options that commands share: a record in a command's signature stands for the options of its fields."""

from typing import Annotated

import pytest
import typer
from msgspec import Struct
from typer.testing import CliRunner

from layerscope.cli.kit.app import flat


class Weather(Struct, frozen=True, kw_only=True):
    wind: Annotated[int, typer.Option(help="Its force.")] = 3
    rain: Annotated[list[str] | None, typer.Option(metavar="WHERE")] = None
    no_sun: Annotated[bool, typer.Option("--no-sun")] = False


def said_to(command: object, *arguments: str) -> str:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command()(flat(command))  # type: ignore[arg-type]
    return CliRunner().invoke(app, arguments, terminal_width=80).output


def sail(port: str, *, crew: int = 2, weather: Weather, sails: int = 1) -> None:
    typer.echo(f"{port} {crew} {weather} {sails}")


def moor(*, weather: Weather = Weather(wind=0)) -> None:  # noqa: B008 - it is frozen
    typer.echo(weather)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Skagen"], "Skagen 2 Weather(wind=3, rain=None, no_sun=False) 1\n"),
        (
            ["Skagen", "--rain", "north", "--sails", "4", "--wind", "9", "--no-sun", "--rain", "west"],
            "Skagen 2 Weather(wind=9, rain=['north', 'west'], no_sun=True) 4\n",
        ),
    ],
)
def test_what_is_said_reaches_the_record(arguments: list[str], said: str) -> None:
    assert said_to(sail, *arguments) == said


def test_help_has_the_fields_in_the_place_of_the_record() -> None:
    words = said_to(sail, "--help").split()
    assert [word for word in words if word.startswith("--")] == [
        "--crew",
        "--wind",
        "--rain",
        "--no-sun",
        "--sails",
        "--help",
    ]


def test_a_command_gives_defaults_of_its_own() -> None:
    assert said_to(moor) == "Weather(wind=0, rain=None, no_sun=False)\n"
    assert "Its force.  [default: 0]" in said_to(moor, "--help")
