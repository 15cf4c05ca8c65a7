"""``rongzi dictionary``: draft a data dictionary for any flat table."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from cli.json_output import tell
from cli.options import FILE, echo_data


@click.command("dictionary")
@click.argument("table", type=FILE)
@click.option("--target", required=True, help="Column with the outcome; the draft leaves it out.")
@click.option(
    "--bad",
    "bad_value",
    help="The target's value that is bad; asked for where the table leaves it open.",
)
def command(table: Path, target: str, bad_value: str | None) -> None:
    """Draft the dictionary of TABLE and print it as YAML; review it before training with it."""
    from data.importing.table_file import read_table_file
    from training.samples.draft import draft_dictionary
    from training.samples.target import find_target

    rows = read_table_file(table)
    outcome = find_target(rows, target, bad_value)
    click.echo(f"note: {outcome.explanation}", err=True)
    draft = draft_dictionary(rows, target)
    tell(target=outcome.explanation, dictionary=yaml.safe_load(draft))
    echo_data(draft)
