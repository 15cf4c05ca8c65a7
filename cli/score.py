"""``rongzi score``: add points, PD, grade and reasons to any flat table."""

from __future__ import annotations

from pathlib import Path

import click

from cli.json_output import tell
from cli.options import FILE, home_option


@click.command("score")
@click.option("--table", required=True, type=FILE, help="Table to score.")
@click.option(
    "--card", "card_dir", required=True, type=click.Path(path_type=Path), help="Folder of the card."
)
@click.option("--out", required=True, type=FILE, help="File to write.")
@click.option(
    "--allow-unreadable",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Score although up to this share of a column's values is unreadable, out of range or"
    " unseen; 0.1 is 10 %.",
)
@home_option
def command(
    table: Path, card_dir: Path, out: Path, allow_unreadable: float | None, home: Path
) -> None:
    """Score every row of a table with a card; the file name ends in .csv or .parquet.

    For each column it reports the values that are missing, unreadable, out of range or unseen in
    training. It stops if more than 5 % of a column is unreadable, or more than 50 % of it scores
    as out of range.

    The table's own cells are copied unchanged. A spreadsheet treats a cell that begins with = + -
    or @ as a formula, so take care when you open a file from someone else.
    """
    from api.scoring.table import ADDED, score_table
    from data.publishing.published_card import card_in, cards_folder, was_promoted

    card = card_in(card_dir, home)
    if card.approved_by is None:
        signed = cards_folder(home) / card.digest[:16]
        told = (
            f"the same card was promoted; its signed copy is {signed}"
            if was_promoted(home, card.digest)
            else "it can score a table, but no decision can use it"
        )
        click.echo(f"note: the card in {card_dir} is not signed; {told}", err=True)
    scored = score_table(table, card.card, out, allow_unreadable=allow_unreadable)
    for column in scored.placements:
        if counts := column.counts():
            click.echo(f"列 column {column.column}: {counts}", err=True)
    if scored.added[0] != ADDED.names[0]:
        click.echo(f"说明 note: the added columns are {', '.join(scored.added)}", err=True)
    tell(
        rows=scored.rows, card_digest=card.digest, added=list(scored.added), out=out,
        columns={each.column: each.as_json() for each in scored.placements},
    )  # fmt: skip
    click.echo(f"scored {scored.rows:,} rows with card {card.digest[:16]}: {out}")
