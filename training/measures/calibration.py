"""How far predicted PDs lie from observed bad rates.

Counts are in ascending order of points, shape (..., points); `pd` has the PD of each total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from model.card.bins import Floats, Ints


def jeffreys_interval(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % Jeffreys interval of a proportion, as supervisors' validation reports use it.

    Quantiles of Beta(x + ½, n − x + ½); the lower end is 0 without successes, the upper end 1
    without failures (Brown, Cai & DasGupta 2001, *Statist. Sci.* 16, eq. 7; ECB 2019, *Instructions
    for reporting the validation results of internal models*, sec. 2.5.3.1).
    """
    a, b = successes + 0.5, trials - successes + 0.5
    low = float(beta.ppf(0.025, a, b)) if successes > 0 else 0.0
    high = float(beta.ppf(0.975, a, b)) if successes < trials else 1.0
    return low, high


def log_losses(log_odds: Floats, bad: NDArray[np.bool_]) -> Floats:
    """Return the log loss of each row from its log odds good:bad, shape (n,)."""
    return np.logaddexp(0.0, np.where(bad, log_odds, -log_odds))


def brier(goods: Floats, bads: Floats, pd: Floats) -> Floats:
    """Return the mean squared error of the PD, shape (...) (Brier 1950, *Mon. Weather Rev.* 78)."""
    squares = (goods * pd**2 + bads * (1 - pd) ** 2).sum(axis=-1)
    return np.asarray(squares / (goods + bads).sum(axis=-1))


def expected_calibration_error(goods: Floats, bads: Floats, pd: Floats, group: Ints) -> Floats:
    """Return the mean gap between PD and bad rate over groups, weighted by rows, shape (...).

    Parameters
    ----------
    group : Ints
        Shape (points,): the group of each total, from `equal_groups` (Naeini et al. 2015, AAAI).
    """
    gap = bads - (goods + bads) * pd
    by_group = np.stack([gap[..., group == g].sum(axis=-1) for g in np.unique(group)], axis=-1)
    return np.asarray(np.abs(by_group).sum(axis=-1) / (goods + bads).sum(axis=-1))


def equal_groups(rows: Floats, groups: int = 10) -> Ints:
    """Return the group of each points total; groups hold about equally many `rows`."""
    middle = np.cumsum(rows) - rows / 2
    group: Ints = np.minimum(groups * middle / rows.sum(), groups - 1).astype(np.int64)
    return group


@dataclass(frozen=True)
class GradeRow:
    """One grade: expected and observed bad rate, the latter with a 95 % Jeffreys interval."""

    grade: str
    rows: int
    bads: int
    expected: float
    observed: float
    low: float
    high: float


def by_grade(
    goods: Floats, bads: Floats, pd: Floats, grade: NDArray[np.object_], order: Sequence[str]
) -> list[GradeRow]:
    """Return expected against observed bad rates for the grades that have rows, in `order`."""
    rows = []
    for name in order:
        inside = grade == name
        n, b = float((goods + bads)[inside].sum()), float(bads[inside].sum())
        if n:
            expected = float(((goods + bads) * pd)[inside].sum() / n)
            low, high = jeffreys_interval(b, n)
            rows.append(GradeRow(name, int(n), int(b), expected, b / n, low, high))
    return rows
