import click
import magic
from psycopg2.extensions import parse_dsn


@click.command()
@click.argument("address")
def main(address: str) -> None:
    """Print what is given as libmagic and libpq understand it: one is loaded by name, the other linked."""
    click.echo(f"kind: {magic.from_buffer(address, mime=True)}")
    for name, value in sorted(parse_dsn(address).items()):
        click.echo(f"{name}: {value}")


main()
