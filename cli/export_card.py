"""``rongzi export-card``: a card as SQL, workbook or JSON, or beside another as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import tell
from cli.options import FILE, card_option, home_option, mlruns_option

if TYPE_CHECKING:
    from model.card.card_file import CardFile
    from model.card.sql_text import Dialect

_DIALECTS = ("portable", "duckdb", "postgres", "spark")


@click.command("export-card")
@click.option("--format", "form", required=True, type=click.Choice(["sql", "xlsx", "json", "html"]))
@card_option
@click.option("--out", type=FILE, help="File to write; without it, SQL and JSON are printed.")
@home_option
@mlruns_option
@click.option(
    "--beside", metavar="RUN_ID|CARD_DIR",
    help="HTML: the other card, of a run or in a folder that rongzi train --out wrote.",
)  # fmt: skip
@click.option(
    "--from", "source", default="applicants", show_default=True, metavar="TABLE",
    help="SQL: the table or view to score.",
)  # fmt: skip
@click.option(
    "--dialect", default="portable", show_default=True, type=click.Choice(_DIALECTS),
    help="SQL: portable runs on all three databases; name one if column names need quotes.",
)  # fmt: skip
def command(
    form: str, card_dir: Path | None, out: Path | None, home: Path, mlruns: str,
    beside: str | None, source: str, dialect: Dialect,
) -> None:  # fmt: skip
    """Write the card as a SELECT, as a workbook, as JSON, or beside another card as a page.

    The SELECT gives the service's points, PD and grade in DuckDB, PostgreSQL and Spark.
    The JSON is the bytes of the card file: their SHA-256 is the card's digest.
    The page sets the card beside another: figures on the same rows, attributes, grades, gates.
    """
    from data.publishing.published_card import card_in, published_card, published_folder

    if form == "xlsx" and out is None:
        raise click.UsageError("a workbook needs a file: --out card.xlsx")
    if (form == "html") != (beside is not None):
        raise click.UsageError("--format html and --beside RUN_ID|CARD_DIR belong together")
    file = published_card(home) if card_dir is None else card_in(card_dir, home)
    if beside is not None:
        _write_beside(card_dir or published_folder(home), beside, out, mlruns)
        return
    tell(card_digest=file.digest, format=form, approved_by=file.approved_by, out=out)
    if out is None:
        payload = _text_of(form, file, source, dialect)
        tell(text=payload.decode())
        click.echo(payload, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    if form == "xlsx":
        from training.reports.workbook import write_workbook

        write_workbook(file, out)
    else:
        out.write_bytes(_text_of(form, file, source, dialect))
    approved = f"批准 approved by {file.approved_by}" if file.approved_by else "未批准 not approved"
    click.echo(f"评分卡 card {file.digest[:16]}, {approved}: {out}")


def _write_beside(folder: Path, beside: str, out: Path | None, mlruns: str) -> None:
    """Write the page of the card in `folder` and of `beside`, a run id or a folder."""
    from training.reports.two_runs import read_run, two_runs_html
    from training.tracking.runs import folder_of_run

    if out is None:
        raise click.UsageError("a page needs a file: --out comparison.html")
    if (Path(beside) / "card.json").is_file():
        other = read_run(Path(beside))
    else:
        with folder_of_run(beside, mlruns) as found:
            other = read_run(found)
    first = read_run(folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(two_runs_html(first, other), encoding="utf-8")
    tell(card_digest=first.file.digest, format="html", beside=other.file.digest, out=out)
    click.echo(f"对照 {first.file.digest[:16]} beside {other.file.digest[:16]}: {out}")


def _text_of(form: str, file: CardFile, source: str, dialect: Dialect) -> bytes:
    from model.card.card_json import card_to_json
    from model.card.card_sql import card_sql

    if form == "json":
        return card_to_json(file.card)
    return card_sql(file, source, dialect).encode()
