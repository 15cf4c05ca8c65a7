"""What a cut-off brings: gains and lift by group of points; approval, bad rate and profit.

Counts are in ascending order of points, as in `training.measures.evaluate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from model.card.bins import Floats, Ints
from training.measures.calibration import equal_groups, jeffreys_interval
from training.measures.evaluate import Evaluation, Interval, resampled_counts
from training.samples.limits import LimitsFile

ECONOMICS = LimitsFile("economics.yaml", ("margin_percent", "loss_given_bad_percent"))


@dataclass(frozen=True)
class Economics:
    """What a loan earns and costs over its life, as shares of the amount lent.

    Attributes
    ----------
    margin : float
        Earned on a good loan after funding and handling.
    loss : float
        Lost on a bad one after recoveries.
    """

    margin: float
    loss: float

    @property
    def break_even(self) -> float:
        """The bad rate at which lending earns nothing."""
        return self.margin / (self.margin + self.loss)


def economics_on(day: date) -> Economics:
    """Return the shipped figures in force on `day`."""
    stated = ECONOMICS.on(day)
    return Economics(stated["margin_percent"] / 100, stated["loss_given_bad_percent"] / 100)


@dataclass(frozen=True)
class GainsRow:
    """One of about ten equal groups, the riskiest first.

    Attributes
    ----------
    low, high : int
        Lowest and highest points in the group.
    bad_rate : Interval
        With its 95 % Jeffreys interval.
    rows_so_far, bads_so_far, goods_so_far : float
        Shares of all rows, bads and goods in this group and the riskier ones.
    lift, lift_so_far : float
        Bad rate over that of all rows: of the group, and of it with the riskier ones.
    """

    low: int
    high: int
    rows: int
    bads: int
    bad_rate: Interval
    rows_so_far: float
    bads_so_far: float
    goods_so_far: float
    lift: float
    lift_so_far: float

    @property
    def ks(self) -> float:
        """The gap between the shares of bads and goods up to here."""
        return self.bads_so_far - self.goods_so_far


def gains_table(evaluation: Evaluation, groups: int = 10) -> list[GainsRow]:
    """Return gains and lift by group of points (Siddiqi 2006, *Credit Risk Scorecards*, ch. 6)."""
    goods, bads = evaluation.goods, evaluation.bads
    rows, average = goods + bads, bads.sum() / (goods + bads).sum()
    group = equal_groups(rows, groups)
    table = []
    for each in np.unique(group):
        inside, so_far = group == each, group <= each
        points = evaluation.points[inside]
        n, b = float(rows[inside].sum()), float(bads[inside].sum())
        table.append(
            GainsRow(
                low=int(points[0]),
                high=int(points[-1]),
                rows=int(n),
                bads=int(b),
                bad_rate=Interval(b / n, *jeffreys_interval(b, n)),
                rows_so_far=float(rows[so_far].sum() / rows.sum()),
                bads_so_far=float(bads[so_far].sum() / bads.sum()),
                goods_so_far=float(goods[so_far].sum() / goods.sum()),
                lift=float(b / n / average),
                lift_so_far=float(bads[so_far].sum() / rows[so_far].sum() / average),
            )
        )
    return table


@dataclass(frozen=True)
class CutOffRow:
    """What lending from `points` on would have brought on a sample, equal amounts assumed.

    Attributes
    ----------
    approved, bad_rate : Interval
        Share of rows approved, and bad rate among them, with 95 % Jeffreys intervals.
    bads_refused, goods_refused : float
        Shares of all bads and of all goods below the cut-off.
    profit : Interval
        Per 100 yuan applied for, with the 95 % bootstrap interval.
    margin_needed : float
        Margin on good loans at which the approved earn nothing; NaN if nobody is approved.
    """

    points: int
    approved: Interval
    bad_rate: Interval
    bads_refused: float
    goods_refused: float
    profit: Interval
    margin_needed: float


def cut_off_table(
    evaluation: Evaluation,
    cut_offs: Sequence[int],
    economics: Economics,
    resamples: int,
    seed: int,
) -> list[CutOffRow]:
    """Return the strategy table: one row per cut-off that approves anybody, ascending."""
    goods, bads = evaluation.goods, evaluation.bads
    drawn = resampled_counts(goods, bads, resamples, seed)
    return [
        _row(evaluation, points, economics, drawn)
        for points in sorted(set(cut_offs))
        if points <= evaluation.points[-1]
    ]


def usual_cut_offs(evaluation: Evaluation, operative: int | None, steps: int = 12) -> list[int]:
    """Return cut-offs to compare: approval from nearly all rows to few, and the operative one."""
    rows = np.cumsum(evaluation.goods + evaluation.bads)
    shares = np.arange(steps) / steps
    at = np.searchsorted(rows, shares * rows[-1], side="right")
    chosen = {int(points) for points in evaluation.points[at]}
    return sorted(chosen | ({operative} if operative is not None else set()))


def best_cut_off(rows: Sequence[CutOffRow]) -> CutOffRow:
    """Return the row with the highest profit."""
    return max(rows, key=lambda row: row.profit.value)


def _row(
    evaluation: Evaluation, points: int, economics: Economics, drawn: tuple[Floats, Floats]
) -> CutOffRow:
    approved = evaluation.points >= points
    goods, bads = evaluation.goods, evaluation.bads
    good, bad = float(goods[approved].sum()), float(bads[approved].sum())
    n, lent = float((goods + bads).sum()), good + bad
    goods_drawn, bads_drawn = (counts[:, approved].sum(axis=1) for counts in drawn)
    resampled = _profit(goods_drawn, bads_drawn, n, economics)
    low, high = np.quantile(resampled, [0.025, 0.975])
    value = float(_profit(np.array([good]), np.array([bad]), n, economics)[0])
    return CutOffRow(
        points=points,
        approved=Interval(lent / n, *jeffreys_interval(lent, n)),
        bad_rate=Interval(bad / lent, *jeffreys_interval(bad, lent)),
        bads_refused=float(1 - bad / bads.sum()),
        goods_refused=float(1 - good / goods.sum()),
        profit=Interval(value, float(low), float(high)),
        margin_needed=economics.loss * bad / good if good else float("nan"),
    )


def _profit(good: Floats, bad: Floats, rows: float, economics: Economics) -> Floats:
    profit: Floats = 100 * (good * economics.margin - bad * economics.loss) / rows
    return profit


def points_at_ks(evaluation: Evaluation) -> tuple[int, float, float]:
    """Return the points of the widest gap, and the shares of goods and bads at or below them."""
    good, bad = (np.cumsum(c) / c.sum() for c in (evaluation.goods, evaluation.bads))
    at = int(np.argmax(np.abs(bad - good)))
    points: Ints = evaluation.points
    return int(points[at]), float(good[at]), float(bad[at])
