"""Evaluate a card on a sample: measures with bootstrap intervals, and bad rates by grade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from model.card.bins import Floats, Ints
from model.card.scorecard import Card
from training.binning.evidence import counts
from training.measures.calibration import (
    GradeRow,
    brier,
    by_grade,
    equal_groups,
    expected_calibration_error,
)
from training.measures.discrimination import auc, gini, ks
from training.samples.sample import Bools


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; both ends equal the value where there is no interval."""

    value: float
    low: float
    high: float

    @staticmethod
    def exact(value: float) -> Interval:
        """Return a value without sampling error."""
        return Interval(value, value, value)

    def __str__(self) -> str:
        """Return the value, and its interval if it has one."""
        return self.shown(4)

    def shown(self, digits: int) -> str:
        """Return the value with so many decimals, and its interval if it has one."""
        if self.low == self.high:
            return f"{self.value:z.{digits}f}"
        return f"{self.value:z.{digits}f} ({self.low:z.{digits}f} – {self.high:z.{digits}f})"


@dataclass(frozen=True)
class Evaluation:
    """The measures of a card on one sample.

    Attributes
    ----------
    measures : mapping of str to Interval
        ``auc``, ``gini``, ``ks``, ``brier``, ``ece``, ``bad_rate`` and ``expected_bad_rate``.
    grades : list of GradeRow
        Observed against expected bad rates by grade.
    points, goods, bads : array
        Counts by distinct points total, which determine all of the above.
    """

    rows: int
    bad_rows: int
    measures: Mapping[str, Interval]
    grades: list[GradeRow]
    points: Ints
    goods: Floats
    bads: Floats


def evaluate(
    card: Card, totals: Ints, bad: Bools, resamples: int, seed: int, weight: Floats | None = None
) -> Evaluation:
    """Evaluate points `totals` against the outcomes `bad`, both of shape (n,).

    With `weight`, shape (n,), a row counts as so many rows, in the intervals too.

    The bootstrap draws rows with replacement. Every measure depends only on the counts by points
    and class, so it draws those counts (Efron & Tibshirani 1993, ch. 13). The interval is the
    spread of the resamples around the measured value: a resampled calibration error is larger than
    the sample's by construction, so plain percentiles could miss the measured value.
    """
    points, total_of_row = np.unique(totals, return_inverse=True)
    goods, bads = counts(total_of_row, bad, len(points), weight)
    pd = card.pd(points)
    measures = _measures(pd, equal_groups(goods + bads))
    drawn = resampled_counts(goods, bads, resamples, seed)
    grades = by_grade(goods, bads, pd, card.grade(points), [g.grade for g in card.grades])
    return Evaluation(
        rows=len(bad),
        bad_rows=int(bad.sum()),
        measures={
            name: _interval(measure, goods, bads, drawn, _MINIMUM.get(name, 0.0))
            for name, measure in measures.items()
        },
        grades=grades,
        points=points,
        goods=goods,
        bads=bads,
    )


Measure = Callable[[Floats, Floats], Floats]
#: The minimum of a measure, where it is not 0.
_MINIMUM = {"gini": -1.0}


def _measures(pd: Floats, group: Ints) -> dict[str, Measure]:
    return {
        "auc": auc,
        "gini": gini,
        "ks": ks,
        "brier": lambda goods, bads: brier(goods, bads, pd),
        "ece": lambda goods, bads: expected_calibration_error(goods, bads, pd, group),
        "bad_rate": lambda goods, bads: bads.sum(axis=-1) / (goods + bads).sum(axis=-1),
        "expected_bad_rate": lambda goods, bads: (
            ((goods + bads) * pd).sum(axis=-1) / (goods + bads).sum(axis=-1)
        ),
    }


def resampled_counts(
    goods: Floats, bads: Floats, resamples: int, seed: int
) -> tuple[Floats, Floats]:
    """Return `resamples` bootstrap draws of the counts that have both classes.

    Two arrays of shape (draws, points).
    """
    cells = np.concatenate([goods, bads])
    rows = max(round(cells.sum()), 1)
    draws = np.random.default_rng(seed).multinomial(rows, cells / cells.sum(), size=resamples)
    drawn = draws.astype(np.float64)
    both = (drawn[:, : len(goods)].sum(axis=1) > 0) & (drawn[:, len(goods) :].sum(axis=1) > 0)
    return drawn[both, : len(goods)], drawn[both, len(goods) :]


def _interval(
    measure: Measure,
    goods: Floats,
    bads: Floats,
    drawn: tuple[Floats, Floats],
    minimum: float,
) -> Interval:
    value, resampled = float(measure(goods, bads)), measure(*drawn)
    low, high = np.quantile(resampled, [0.025, 0.975]) - resampled.mean()
    return Interval(value, max(value + float(low), minimum), value + float(high))
