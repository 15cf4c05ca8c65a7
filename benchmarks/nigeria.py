"""Real micro-loans through the main line: archive → profile → vintages → card → AUC.

``python -m benchmarks.nigeria --folder FOLDER`` with the SuperLender files of `superlender`. The
July 2017 loans are the vintage; the borrower's earlier loans are the archive's history. Five-fold
cross-validation, StratifiedKFold(5, shuffle=True, random_state=1); the card of each fold is learned
only on the other four, and ranks by its integer points.
"""

from __future__ import annotations

import hashlib
import tempfile
from datetime import date
from pathlib import Path

import click
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score

from benchmarks.superlender import KNOWN_BY, write_archive
from model.profile.dictionary import member_dictionary
from training.learn import learn, totals
from training.run import Source
from training.samples.archive import archive_sample
from training.samples.sample import Sample
from training.settings import Settings

FOLDS = StratifiedKFold(5, shuffle=True, random_state=1)
VINTAGE = np.datetime64("2017-07", "M")
FILES = ("trainperf.csv", "trainprevloans.csv", "traindemographics.csv")


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, exists=True))
def command(folder: Path) -> None:
    """Print the out-of-sample AUC of the card on each fold, and the mean."""
    for name in FILES:
        print(f"{name}  sha256 {hashlib.sha256((folder / name).read_bytes()).hexdigest()}")
    with tempfile.TemporaryDirectory() as archive:
        sample = july_loans(folder, Path(archive), KNOWN_BY)
    print(f"{len(sample)} loans of {VINTAGE}, {sample.bads} bad")
    aucs = fold_aucs(sample, Settings())
    print("AUC by fold:", " ".join(f"{auc:.4f}" for auc in aucs))
    print(f"mean AUC {np.mean(aucs):.4f}")
    print(f"boosted trees on the same attributes and folds {boosted_auc(sample):.4f}")


def july_loans(source: Path, archive: Path, as_of: date) -> Sample:
    """Return the July 2017 loans with the profiles their borrowers had on 1 July."""
    found = archive_sample(write_archive(source, archive), as_of, Settings())
    return found.sample.take(found.vintage == VINTAGE)


def fold_aucs(sample: Sample, settings: Settings) -> list[float]:
    """Return the AUC of each fold's card on that fold."""
    aucs = []
    for _, test in FOLDS.split(np.zeros(len(sample)), sample.bad):
        chosen = np.isin(np.arange(len(sample)), test)
        unseen = sample.take(chosen)
        source = Source("superlender", {"source": "benchmark", "fold": str(len(aucs))})
        run = learn(sample.take(~chosen), {"fold": unseen}, member_dictionary(), settings, source)
        aucs.append(float(roc_auc_score(unseen.bad, -totals(run.judged, unseen))))
    return aucs


def boosted_auc(sample: Sample) -> float:
    """Return the mean AUC of boosted trees on the same attributes."""
    table = np.column_stack([np.asarray(v, dtype=np.float64) for v in sample.columns.values()])
    trees = HistGradientBoostingClassifier(
        max_iter=80, learning_rate=0.05, max_leaf_nodes=8, random_state=1
    )
    known = table[:, ~np.isnan(table).all(axis=0)]
    return float(cross_val_score(trees, known, sample.bad, cv=FOLDS, scoring="roc_auc").mean())


if __name__ == "__main__":
    command()
