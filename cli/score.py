"""``rongzi score``: add points, PD, grade and reasons to any flat table."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("score")
@click.option("--table", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--card", "card_dir", required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the keys whose signature is trusted.",
)
def command(table: Path, card_dir: Path, out: Path, home: Path) -> None:
    """Score every row of TABLE with the card in CARD_DIR; csv or Parquet by ending.

    The table's own cells are kept as they are: a cell that begins with = + - or @ is a formula to a
    spreadsheet, so open files from others with care.
    """
    from api.scoring.table import score_table
    from data.publishing.published_card import card_in

    card = card_in(card_dir, home)
    if card.approved_by is None:
        click.echo(
            f"note: the card in {card_dir} is not signed; it scores, it decides nothing", err=True
        )
    count = score_table(table, card.card, out)
    click.echo(f"scored {count:,} rows with card {card.digest[:16]}: {out}")


if __name__ == "__main__":
    command()
