"""``rongzi whitelist``: score the whole archive and publish the edition."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from cli.options import (
    FILE,
    archive_option,
    as_of_option,
    engine_option,
    home_option,
    ledger_location,
)


@click.command("whitelist")
@archive_option
@as_of_option
@click.option("--out", required=True, type=FILE, help="Parquet file for the whitelist's rows.")
@engine_option
@home_option
def command(
    archive: Path, as_of: datetime, out: Path, engine: Literal["duckdb", "spark"], home: Path
) -> None:
    """Score every member as of DATE, write the rows to a file and publish them as an edition.

    If the home has a ledger, consent given or withdrawn at the counter before DATE counts as well.
    """
    from api.consent.consent import consents_before
    from api.editions.batch import publish_whitelist
    from api.editions.report import notes, report
    from data.storage.archive import Archive

    day = as_of.date()
    consents = consents_before(ledger_location(home, None), day)
    published = publish_whitelist(Archive(archive), day, home, out, engine, consents)
    for note in notes(published):
        click.echo(f"note: {note}", err=True)
    for line in report(published):
        click.echo(line)
    click.echo(f"名单 rows: {out}\n已发布 published: {published.folder}")
