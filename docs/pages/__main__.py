"""Write the generated pages: ``python -m docs.pages``; ``--check`` only names the stale ones."""

from __future__ import annotations

import sys

import click

from docs.pages.catalogue import stale_pages, write_page


@click.command()
@click.option("--check", is_flag=True, help="Print the stale pages and exit with 1; write nothing.")
def command(check: bool) -> None:
    """Write every generated page that is stale, and print its path."""
    stale = list(stale_pages())
    for path in stale:
        if not check:
            write_page(path)
        click.echo(f"{'stale' if check else 'wrote'}: {path}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    command(prog_name="python -m docs.pages")
