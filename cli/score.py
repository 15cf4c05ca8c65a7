"""``rongzi score``: add points, PD, grade and reasons to any flat table."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import FILE, home_option


@click.command("score")
@click.option("--table", required=True, type=FILE, help="Table to score.")
@click.option(
    "--card", "card_dir", required=True, type=click.Path(path_type=Path), help="Folder of the card."
)
@click.option("--out", required=True, type=FILE, help="File to write.")
@home_option
def command(table: Path, card_dir: Path, out: Path, home: Path) -> None:
    """Score every row of a table with a card; the file name ends in .csv or .parquet.

    The table's own cells are copied unchanged. A spreadsheet treats a cell that begins with = + -
    or @ as a formula, so take care when you open a file from someone else.
    """
    from api.scoring.table import score_table
    from data.publishing.published_card import card_in

    card = card_in(card_dir, home)
    if card.approved_by is None:
        click.echo(
            f"note: the card in {card_dir} is not signed; it can score a table, but no decision"
            " can use it",
            err=True,
        )
    count = score_table(table, card.card, out)
    click.echo(f"scored {count:,} rows with card {card.digest[:16]}: {out}")
