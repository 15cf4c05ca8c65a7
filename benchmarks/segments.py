"""Measure whether one card for new and one for repeat borrowers rank better than one for all.

    python -m benchmarks.segments --archive data/archive --as-of 2023-10-01

A borrower is new whose earlier loans, if any, the archive did not know on the day of the
application. Each way learns with the same settings; a loan is scored by a fit, and by a choice of
candidate, that did not see its borrower. Prints the table of docs/evidence/models.md.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import numpy as np

from data.storage.archive import Archive
from model.card.bins import Floats
from model.profile.dictionary import member_dictionary
from training.contest import contest
from training.measures.discrimination import auc_difference, auc_of_scores
from training.samples.archive import archive_sample
from training.samples.sample import Sample
from training.settings import Family, Settings

#: Missing where no loan was paid out before.
EARLIER_LOAN = "months_since_last_loan"


@click.command()
@click.option("--archive", default="data/archive", type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--family", "families", multiple=True, default=["woe", "boosted"])
@click.option("--seed", default=Settings().seed)
def main(archive: Path, as_of: datetime, families: tuple[Family, ...], seed: int) -> None:
    """Compare the two ways on the ripe loans of an archive."""
    sample = archive_sample(Archive(archive), as_of.date(), Settings()).sample
    is_new = np.isnan(sample.columns[EARLIER_LOAN].astype(np.float64))
    segments = {"new": is_new, "repeat": ~is_new, "all": np.ones(len(sample), dtype=np.bool_)}
    click.echo("| family | borrowers | loans | bad | AUC, one card | two cards | two less one |")
    click.echo("|---|---|---|---|---|---|---|")
    for family in families:
        settings = Settings(family=family, seed=seed)
        one = _unseen(sample, settings)
        two = np.empty(len(sample))
        for own in (is_new, ~is_new):
            two[own] = _unseen(sample.take(own), settings)
        for name, own in segments.items():
            rows = sample.take(own)
            gain, low, high = auc_difference(two[own], one[own], rows, seed)
            ranks = [auc_of_scores(each[own], rows.bad) for each in (one, two)]
            click.echo(
                f"| {family} | {name} | {len(rows):,} | {rows.bads:,} |"
                f" {ranks[0]:.4f} | {ranks[1]:.4f} | {gain:+.4f} ({low:+.4f} to {high:+.4f}) |"
            )


def _unseen(sample: Sample, settings: Settings) -> Floats:
    """Return the log odds good:bad of each row, out of fold."""
    return contest(sample, member_dictionary(), settings).chosen.unseen_log_odds


if __name__ == "__main__":
    main()
