"""The same comparison by resampling borrowers: two loans of one household are not two witnesses."""

from __future__ import annotations

import numpy as np

from model.scorecard import Floats, Ints
from training.discrimination import auc
from training.sample import Sample
from training.woe import counts

_RESAMPLES = 300


def auc_difference(
    first: Ints, second: Ints, sample: Sample, seed: int
) -> tuple[float, float, float]:
    """Return AUC of `first` less AUC of `second`, with its 95 % bootstrap interval.

    Borrowers are drawn with replacement, each with all its rows, and both cards are measured on the
    same draw (Efron & Tibshirani 1993, ch. 8 and 16).
    """
    cards = [np.unique(points, return_inverse=True)[1] for points in (first, second)]
    _, borrower = np.unique(sample.borrower, return_inverse=True)
    number = int(borrower.max()) + 1
    dice = np.random.default_rng(seed)
    drawn = (
        np.bincount(dice.integers(0, number, number), minlength=number)[borrower].astype(np.float64)
        for _ in range(_RESAMPLES)
    )
    resampled = [_difference(cards, sample, weight) for weight in drawn]
    value = _difference(cards, sample, np.ones(len(sample)))
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return value, float(low), float(high)


def _difference(cards: list[Ints], sample: Sample, weight: Floats) -> float:
    if not weight[sample.bad].any() or not weight[~sample.bad].any():
        return float("nan")
    first, second = (
        float(auc(*counts(place, sample.bad, int(place.max()) + 1, weight))) for place in cards
    )
    return first - second
