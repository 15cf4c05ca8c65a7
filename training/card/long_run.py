"""The long-run curve from points to PD: the slope within years, the level of the average year.

The years of a growing programme differ in their borrowers and in their weather. Their bad rates say
how good a year was, and their mean is the level of an average year (Regulation (EU) 575/2013, art.
180: PDs from long-run averages of one-year default rates). How steeply risk rises as points fall is
read within years, so that a move of the level over time does not flatten it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from model.card.bins import Floats, Ints
from model.card.scorecard import Scaling
from training.samples.sample import Bools

#: Bads that a year needs to speak for itself; a year with fewer joins the one before it.
_LEAST_BADS = 15
_MONTHS = 12
#: A larger shift of the log odds would make another card.
_MOST_SHIFT = 5.0


@dataclass(frozen=True)
class Unseen:
    """Rows with points of a card that has not learned from them; every array of shape (n,).

    Attributes
    ----------
    period : Ints
        Month number of each row, from any start; equal in all rows if time is unknown.
    weight : Floats or None
        How many rows each row represents; None: one.
    whole : array of bool or None
        Shape (n,): rows of months whose loans nearly all have an outcome; None: all rows. The
        latest months show their short loans alone, so they say nothing of the level.
    """

    points: Ints
    bad: Bools
    period: Ints
    weight: Floats | None = None
    whole: Bools | None = None

    @property
    def weights(self) -> Floats:
        """How many rows each row represents, shape (n,)."""
        return np.ones(len(self.bad)) if self.weight is None else self.weight

    def and_also(self, other: Unseen) -> Unseen:
        """Return the rows of both."""
        weighted = self.weight is not None or other.weight is not None
        return Unseen(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.bad, other.bad]),
            np.concatenate([self.period, other.period]),
            np.concatenate([self.weights, other.weights]) if weighted else None,
            np.concatenate([self.says_level, other.says_level]),
        )

    @property
    def says_level(self) -> Bools:
        """Which rows say the level, shape (n,)."""
        return np.ones(len(self.bad), dtype=bool) if self.whole is None else self.whole


@dataclass(frozen=True)
class LongRunLine:
    """Log odds good:bad of an average year: ``intercept + slope * log odds of the scale``.

    Attributes
    ----------
    rates : Floats
        Bad rate of each year, latest first; their mean is the level.
    """

    intercept: float
    slope: float
    rates: Floats

    def pd(self, points: Floats, scaling: Scaling) -> Floats:
        """Return the PD of an average year at any points."""
        odds = self.intercept + self.slope * _scale_odds(points, scaling)
        pd: Floats = 1.0 / (1.0 + np.exp(odds))
        return pd


def long_run_line(unseen: Unseen, scaling: Scaling) -> LongRunLine | None:
    """Return the line of the long run; None where the rows span no two years or rank in reverse."""
    level = unseen.says_level
    if not (level.any() and vintage_years(unseen.period[level], unseen.bad[level]).any()):
        return None
    odds = _scale_odds(unseen.points.astype(np.float64), scaling)
    slope = _slope_within(vintage_years(unseen.period, unseen.bad), odds, unseen)
    if slope <= 0:
        return None
    year, weights = vintage_years(unseen.period[level], unseen.bad[level]), unseen.weights[level]
    size = np.bincount(year, weights)
    rates = np.bincount(year, weights * unseen.bad[level]) / size
    # Each year counts alike, in the level and in the rows whose mean PD reaches it.
    share = weights / size[year]
    intercept = _intercept(slope * odds[level], share / share.sum(), float(rates.mean()))
    return LongRunLine(intercept, slope, rates)


def vintage_years(period: Ints, bad: Bools) -> Ints:
    """Return the year of each row, shape (n,), counted back from the latest month: 0 is the last.

    A year with too few bads takes in the one before it. What is left at the start joins the oldest.
    """
    count = (period.max() - period) // _MONTHS
    whole = (period.max() - period.min() + 1) // _MONTHS
    count = np.minimum(count, max(whole - 1, 0))
    bads = np.bincount(count[bad], minlength=int(count.max()) + 1)
    years, own_bads, number = [], 0, 0
    for more in bads.tolist():
        years.append(number)
        own_bads += more
        if own_bads >= _LEAST_BADS:
            number, own_bads = number + 1, 0
    year: Ints = np.minimum(np.array(years), max(number - 1, 0))[count]
    return year


def _scale_odds(points: Floats, scaling: Scaling) -> Floats:
    odds: Floats = (points - scaling.offset) / scaling.factor
    return odds


def _slope_within(year: Ints, odds: Floats, unseen: Unseen) -> float:
    """Return the slope of a logistic regression with an intercept for each year."""
    others = np.eye(int(year.max()) + 1)[year][:, 1:]
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    regression.fit(np.column_stack([odds, others]), ~unseen.bad, unseen.weight)
    return float(regression.coef_[0, 0])


def _intercept(odds: Floats, share: Floats, level: float) -> float:
    """Return the shift of `odds` by which the mean PD over rows, by `share`, is `level`."""

    def excess(shift: float) -> float:
        return float(share @ (1.0 / (1.0 + np.exp(odds + shift)))) - level

    if excess(-_MOST_SHIFT) < 0 or excess(_MOST_SHIFT) > 0:
        return 0.0
    return float(brentq(excess, -_MOST_SHIFT, _MOST_SHIFT, xtol=1e-12))
