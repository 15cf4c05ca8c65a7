"""Compare predicted and actual outcomes of unripe loans, for docs/evidence/monitoring.md."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
import numpy as np

from data.storage.archive import Archive
from training.monitoring.book import loan_book
from training.monitoring.early import early_rows
from training.samples.vintages import BAD, UNRIPE
from training.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", "days", required=True, multiple=True, type=_DAY)
@click.option("--later", required=True, type=_DAY, help="The day whose labels count as true.")
def command(archive: Path, days: tuple[datetime, ...], later: datetime) -> None:
    """Print a line for each day: unripe loans, bad so far, predicted, and finally bad."""
    truth = loan_book(Archive(archive), later.date(), Settings()).loans
    for day in days:
        click.echo(_line(Archive(archive), day.date(), truth.loan_id[truth.label == BAD]))


def _line(
    archive: Archive, day: date, ended_bad: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> str:
    book = loan_book(archive, day, Settings())
    rows = early_rows(book, np.full(len(book.bullet), np.nan), Settings().seed)
    unripe = book.loans.loan_id[book.loans.label == UNRIPE].astype(str)
    outcome = int(np.isin(unripe, ended_bad.astype(str)).sum())
    predicted, low, high = (sum(getattr(r, f) for r in rows) for f in ("foreseen", "low", "high"))
    already = sum(row.bad for row in rows)
    return (
        f"{day}: {len(unripe):,} unripe, {already} bad already,"
        f" predicted {predicted:.0f} ({low:.0f}-{high:.0f}), became bad {outcome}"
    )


if __name__ == "__main__":
    command()
