"""``rongzi export-card``: a card as SQL, as a workbook for the credit committee, or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from model.card.card_file import CardFile
    from model.card.sql_text import Dialect

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_DIALECTS = ("portable", "duckdb", "postgres", "spark")


@click.command("export-card")
@click.option("--format", "form", required=True, type=click.Choice(["sql", "xlsx", "json"]))
@click.option(
    "--card", "card_dir", type=_FOLDER, help="A card's folder; the card in use if absent."
)
@click.option("--out", type=_FILE, help="Write here; SQL and JSON go to the console if absent.")
@click.option(
    "--home", type=_FOLDER, default="data", show_default=True, envvar="RONGZI_HOME",
    help="Folder of published cards and trusted keys.",
)  # fmt: skip
@click.option(
    "--from", "source", default="applicants", show_default=True, metavar="TABLE",
    help="SQL: the table or view to score.",
)  # fmt: skip
@click.option(
    "--dialect", default="portable", show_default=True, type=click.Choice(_DIALECTS),
    help="SQL: one text for all three, or the quotes of one where columns' names need them.",
)  # fmt: skip
def command(
    form: str, card_dir: Path | None, out: Path | None, home: Path, source: str, dialect: Dialect
) -> None:
    """Write the card as a SELECT, as a workbook, or as the JSON that its digest is of.

    The SELECT gives the service's points, PD and grade in DuckDB, PostgreSQL and Spark.
    The JSON is the card's own bytes: their SHA-256 is the card's digest.
    """
    from data.publishing.published_card import card_in, published_card

    if form == "xlsx" and out is None:
        raise click.UsageError("a workbook needs a file: --out card.xlsx")
    file = published_card(home) if card_dir is None else card_in(card_dir, home)
    if out is None:
        click.echo(_written(form, file, source, dialect), nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    if form == "xlsx":
        from training.reports.workbook import write_workbook

        write_workbook(file, out)
    else:
        out.write_bytes(_written(form, file, source, dialect))
    approved = f"批准 approved by {file.approved_by}" if file.approved_by else "未批准 not approved"
    click.echo(f"评分卡 card {file.digest[:16]}, {approved}: {out}")


def _written(form: str, file: CardFile, source: str, dialect: Dialect) -> bytes:
    from model.card.card_json import card_to_json
    from model.card.card_sql import card_sql

    if form == "json":
        return card_to_json(file.card)
    return card_sql(file, source, dialect).encode()


if __name__ == "__main__":
    command()
