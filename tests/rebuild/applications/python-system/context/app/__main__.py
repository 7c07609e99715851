import click
from psycopg2.extensions import parse_dsn


@click.command()
@click.argument("address")
def main(address: str) -> None:
    """Print the parts of a database's address, as libpq understands them."""
    for name, value in sorted(parse_dsn(address).items()):
        click.echo(f"{name}: {value}")


main()
