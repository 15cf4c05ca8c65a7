"""Two cards on the same rows: the difference of their AUCs and its standard error.

DeLong, DeLong & Clarke-Pearson (1988), *Biometrics* 44, eq. 4-8, by midranks (Sun & Xu 2014, *IEEE
Signal Process. Lett.* 21).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from model.scorecard import Floats, Ints
from training.sample import Bools


@dataclass(frozen=True)
class DeLong:
    """AUC of the first and second scores, standard error of the difference, two-sided p-value."""

    first: float
    second: float
    standard_error: float
    p_value: float


def delong(first: Ints | Floats, second: Ints | Floats, bad: Bools) -> DeLong:
    """Compare two scores, each of shape (n,), higher is safer, on rows with outcome `bad`."""
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
