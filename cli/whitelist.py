"""``rongzi whitelist``: score the whole archive and publish the edition."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

import click


@click.command("whitelist")
@click.option(
    "--archive", required=True, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb")
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of published cards and editions.",
)
def command(
    archive: Path, as_of: datetime, out: Path, engine: Literal["duckdb", "spark"], home: Path
) -> None:
    """Score every member of ARCHIVE as of DATE; write the rows to OUT and publish them.

    Where HOME has a ledger, consent given or withdrawn at the counter before DATE counts.
    """
    from api.consent.consent import consents_before
    from api.editions.batch import publish_whitelist
    from api.editions.report import notes, report
    from cli.ledger_options import location
    from data.storage.archive import Archive

    day: date = as_of.date()
    consents = consents_before(location(home, None), day)
    published = publish_whitelist(Archive(archive), day, home, out, engine, consents)
    for note in notes(published):
        click.echo(f"note: {note}", err=True)
    for line in report(published):
        click.echo(line)
    click.echo(f"名单 rows: {out}\n已发布 published: {published.folder}")


if __name__ == "__main__":
    command()
