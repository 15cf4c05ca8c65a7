"""What one score gains on another on the same rows, with intervals over borrowers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.card.bins import Floats
from training.measures.calibration import log_losses
from training.measures.discrimination import auc_difference
from training.measures.evaluate import Interval
from training.samples.sample import Sample

_RESAMPLES = 500


def auc_gain(own: Floats, other: Floats, sample: Sample, seed: int) -> Interval:
    """Return the AUC of `own` less that of `other`, shape (n,) each, higher is safer."""
    return Interval(*auc_difference(own, other, sample, seed))


def log_loss_gain(own: Floats, other: Floats, sample: Sample, seed: int) -> Interval:
    """Return the mean log loss of the log odds `own` (good:bad) less that of `other`."""
    difference = log_losses(own, sample.bad) - log_losses(other, sample.bad)
    return mean_over_borrowers(difference, sample, seed)


def brier_gain(own: Floats, other: Floats, sample: Sample, seed: int) -> Interval:
    """Return the Brier score of the log odds `own` (good:bad) less that of `other`."""
    first, second = ((1 / (1 + np.exp(log_odds)) - sample.bad) ** 2 for log_odds in (own, other))
    return mean_over_borrowers(first - second, sample, seed)


def mean_over_borrowers(values: Floats, sample: Sample, seed: int) -> Interval:
    """Return the weighted mean of `values`, shape (n,), with its 95 % bootstrap interval.

    Borrowers are drawn with all their rows, as in `auc_difference`.
    """
    weight = sample.weights
    drawn = [float(np.average(values, weights=weight * w)) for w in _draws(sample, seed)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(float(np.average(values, weights=weight)), float(low), float(high))


def _draws(sample: Sample, seed: int) -> Iterator[Floats]:
    _, borrower = np.unique(sample.borrower, return_inverse=True)
    number = int(borrower.max()) + 1
    rng = np.random.default_rng(seed)
    for _ in range(_RESAMPLES):
        times = np.bincount(rng.integers(0, number, number), minlength=number)
        yield times[borrower].astype(np.float64)
