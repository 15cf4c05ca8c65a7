"""Compare curves from points to PD by their calibration on unseen rows of public credit data.

``python -m benchmarks.calibration --folder FOLDER`` with the sets of `benchmarks.public_sets`.
StratifiedKFold(outer, shuffle=True, random_state=1); within the training part the plain scorecard
is cross-fitted, slope and intercept are estimated out of fold, and every curve is fitted on the
same out-of-fold points. All curves are then measured on the test part.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from benchmarks.public_sets import SETS, read_set
from model.card.bins import Floats, Ints
from model.profile.dictionary import Dictionary
from training.binning.evidence import counts
from training.card.calibrate import FITTERS, Calibration, calibrate
from training.families.cross_fit import cross_fit
from training.families.woe import WoeLearner
from training.measures.calibration import brier, equal_groups, expected_calibration_error
from training.samples.sample import Bools, Sample
from training.settings import Settings


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--set", "names", multiple=True, help="Only these sets.")
@click.option("--outer", default=5, show_default=True)
@click.option("--folds", default=5, show_default=True)
def command(folder: Path, names: tuple[str, ...], outer: int, folds: int) -> None:
    """Print calibration error, Brier score and log loss by set and curve, means over folds."""
    settings = Settings(folds=folds, family="woe")
    for known in SETS:
        if names and known.name not in names:
            continue
        sample, dictionary = read_set(known, folder)
        for curve, measures in _compare(sample, dictionary, settings, outer).items():
            means = " ".join(f"{v:.5f}" for v in np.mean(measures, axis=0))
            print(f"{known.name:10} {curve:17} ece, brier, log loss: {means}", flush=True)


def _compare(
    sample: Sample, dictionary: Dictionary, settings: Settings, outer: int
) -> dict[str, list[tuple[float, float, float]]]:
    found = defaultdict[str, list[tuple[float, float, float]]](list)
    splits = StratifiedKFold(outer, shuffle=True, random_state=1)
    for train, test in splits.split(np.zeros(len(sample)), sample.bad):
        known, new = sample.take(train), sample.take(test)
        crossed = cross_fit(WoeLearner(), known, dictionary, settings)["woe"]
        fitted = calibrate(crossed.unseen_log_odds, known.bad)
        seen = _points(crossed.unseen_log_odds, fitted, settings)
        unseen = _points(crossed.fit.additive.log_odds(new.columns), fitted, settings)
        for name, fit in FITTERS.items():
            pd = fit(seen, known.bad, settings.scaling)(unseen.astype(np.float64))
            found[name].append(_measures(unseen, new.bad, pd))
    return found


def _points(log_odds: Floats, fitted: Calibration, settings: Settings) -> Ints:
    odds = fitted.intercept + fitted.slope * log_odds
    points: Ints = np.rint(settings.scaling.offset + settings.scaling.factor * odds).astype(
        np.int64
    )
    return points


def _measures(points: Ints, bad: Bools, pd: Floats) -> tuple[float, float, float]:
    distinct, first, index = np.unique(points, return_index=True, return_inverse=True)
    goods, bads = counts(index, bad, len(distinct))
    by_total, group = pd[first], equal_groups(goods + bads)
    return (
        float(expected_calibration_error(goods, bads, by_total, group)),
        float(brier(goods, bads, by_total)),
        float(log_loss(bad, pd)),
    )


if __name__ == "__main__":
    command()
