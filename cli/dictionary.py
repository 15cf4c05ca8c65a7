"""``rongzi dictionary``: draft a data dictionary for any flat table."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("dictionary")
@click.argument("table", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--target", required=True, help="The column with the outcome; it is left out.")
@click.option("--bad", "bad_value", help="The target's value that is bad; inferred otherwise.")
def command(table: Path, target: str, bad_value: str | None) -> None:
    """Write a draft for TABLE to standard output, as YAML: read it before you train on it."""
    from data.storage.flat_table import read_flat_table
    from training.samples.draft import draft_dictionary
    from training.samples.table import find_target

    rows = read_flat_table(table)
    outcome = find_target(rows, target, bad_value)
    click.echo(f"note: {outcome.explanation}", err=True)
    click.echo(draft_dictionary(rows, target), nl=False)


if __name__ == "__main__":
    command()
