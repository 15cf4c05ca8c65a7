"""How far predicted PDs lie from what was observed, from counts by points total.

Counts are in ascending order of points, shape (..., points); `pd` has the PD of each total.

Interval of a bad rate from few bads: Jeffreys's, as supervisors' validation reports use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from model.card.bins import Floats, Ints


def jeffreys_interval(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % Jeffreys interval of a proportion.

    Quantiles of Beta(x + ½, n − x + ½); an end is 0 or 1 where nothing, or everything, was seen
    (Brown, Cai & DasGupta 2001, *Statist. Sci.* 16, eq. 7; ECB 2019, *Instructions for reporting
    the validation results of internal models*, sec. 2.5.3.1).
    """
    a, b = successes + 0.5, trials - successes + 0.5
    low = float(beta.ppf(0.025, a, b)) if successes > 0 else 0.0
    high = float(beta.ppf(0.975, a, b)) if successes < trials else 1.0
    return low, high


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
    """Return a group for each points total, so that groups hold about equally many `rows`."""
    middle = np.cumsum(rows) - rows / 2
    found: Ints = np.minimum(groups * middle / rows.sum(), groups - 1).astype(np.int64)
    return found


@dataclass(frozen=True)
class GradeRow:
    """One grade: what the card expected and what was observed, with a 95 % Jeffreys interval."""

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
    found = []
    for name in order:
        inside = grade == name
        n, b = float((goods + bads)[inside].sum()), float(bads[inside].sum())
        if n:
            expected = float(((goods + bads) * pd)[inside].sum() / n)
            low, high = jeffreys_interval(b, n)
            found.append(GradeRow(name, int(n), int(b), expected, b / n, low, high))
    return found
