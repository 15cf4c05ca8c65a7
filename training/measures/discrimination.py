"""How well points rank, and whether one card ranks better than another on the same rows.

`auc`, `gini` and `ks` take counts of goods and bads in ascending order of points (higher is safer),
shape (..., points), are exact with ties, and work along the last axis, so that a thousand bootstrap
resamples are one call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from model.card.bins import Floats, Ints
from training.binning.evidence import counts
from training.samples.sample import Bools, Sample


def auc(goods: Floats, bads: Floats) -> Floats:
    """Return P(good has more points) + P(equal points) / 2, shape (...).

    Mann-Whitney's U over goods times bads (Hanley & McNeil 1982, *Radiology* 143).
    """
    bads_below = np.cumsum(bads, axis=-1) - bads
    wins = (goods * (bads_below + bads / 2)).sum(axis=-1)
    return np.asarray(wins / (goods.sum(axis=-1) * bads.sum(axis=-1)))


def auc_of_scores(scores: Ints | Floats, bad: Bools, weight: Floats | None = None) -> float:
    """Return the AUC of `scores`, shape (n,), higher is safer; rows count by `weight` if given."""
    distinct, score_of_row = np.unique(scores, return_inverse=True)
    return float(auc(*counts(score_of_row, bad, len(distinct), weight)))


def gini(goods: Floats, bads: Floats) -> Floats:
    """Return twice the AUC less one (Somers' D), shape (...)."""
    return 2 * auc(goods, bads) - 1


def ks(goods: Floats, bads: Floats) -> Floats:
    """Return the largest gap between the classes' cumulative shares, shape (...).

    The gap is read between distinct points only: inside a tie it is an artefact of row order.
    """
    gap = _cumulative_share(bads) - _cumulative_share(goods)
    return np.asarray(np.abs(gap).max(axis=-1))


def _cumulative_share(counts: Floats) -> Floats:
    share: Floats = np.cumsum(counts, axis=-1) / counts.sum(axis=-1, keepdims=True)
    return share


@dataclass(frozen=True)
class DeLong:
    """AUC of the first and second scores, standard error of the difference, two-sided p-value."""

    first: float
    second: float
    standard_error: float
    p_value: float


def delong(first: Ints | Floats, second: Ints | Floats, bad: Bools) -> DeLong:
    """Compare two scores, each of shape (n,), higher is safer, on rows with outcome `bad`.

    DeLong, DeLong & Clarke-Pearson (1988), *Biometrics* 44, eq. 4-8, by midranks (Sun & Xu 2014,
    *IEEE Signal Process. Lett.* 21).
    """
    both = np.stack([first, second]).astype(np.float64)
    goods, bads = both[:, ~bad], both[:, bad]
    by_good, by_bad = _placements(goods, bads)
    areas = by_good.mean(axis=1)
    covariance = np.cov(by_good) / goods.shape[1] + np.cov(by_bad) / bads.shape[1]
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = float(np.sqrt(max(variance, 0.0)))
    difference = float(areas[0] - areas[1])
    # Equal scores have no variance and no difference.
    p_value = float(2 * norm.sf(abs(difference) / error)) if error > 0 else 1.0
    return DeLong(float(areas[0]), float(areas[1]), error, p_value)


def _placements(goods: Floats, bads: Floats) -> tuple[Floats, Floats]:
    """Return, by score, the share of bads below each good, and of goods above each bad."""
    m, n = goods.shape[1], bads.shape[1]
    pooled = rankdata(np.concatenate([goods, bads], axis=1), axis=1)
    by_good = (pooled[:, :m] - rankdata(goods, axis=1)) / n
    by_bad = 1.0 - (pooled[:, m:] - rankdata(bads, axis=1)) / m
    return by_good, by_bad


_RESAMPLES = 300


def auc_difference(
    first: Ints | Floats, second: Ints | Floats, sample: Sample, seed: int
) -> tuple[float, float, float]:
    """Return AUC of `first` less AUC of `second`, with its 95 % bootstrap interval.

    Borrowers are drawn with replacement, each with all its rows, because two loans of one household
    are not independent. Both cards are measured on the same draw (Efron & Tibshirani 1993, ch. 8
    and 16).
    """
    ranks = [np.unique(points, return_inverse=True)[1] for points in (first, second)]
    _, borrower = np.unique(sample.borrower, return_inverse=True)
    number = int(borrower.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = (
        np.bincount(rng.integers(0, number, number), minlength=number)[borrower].astype(np.float64)
        for _ in range(_RESAMPLES)
    )
    resampled = [_difference(ranks, sample, weight) for weight in drawn]
    value = _difference(ranks, sample, np.ones(len(sample)))
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return value, float(low), float(high)


def _difference(ranks: list[Ints], sample: Sample, weight: Floats) -> float:
    if not weight[sample.bad].any() or not weight[~sample.bad].any():
        return float("nan")
    first, second = (
        float(auc(*counts(rank, sample.bad, int(rank.max()) + 1, weight))) for rank in ranks
    )
    return first - second
