"""Make points mean odds: a slope and intercept fitted out of fold, then a curve from points to PD.

By the straight line, 600 points are 50:1 odds. The other curves may move or bend the line; each is
fitted on rows that the card has not seen, is monotone, and becomes a points → PD table. Points
stay unchanged. The benchmark `benchmarks.calibration` compares the curves that need no dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from model.card.bins import Floats, Ints
from model.card.scorecard import Card, Scaling
from model.errors import TrainingError
from training.binning.evidence import counts
from training.card.long_run import LongRunLine, Unseen, long_run_line
from training.measures.discrimination import auc_of_scores
from training.samples.sample import Bools
from training.settings import CURVES, CurveName, Settings

#: Returns the PD at any points.
Curve = Callable[[Floats], Floats]


class Fitter(Protocol):
    """Fits a curve on out-of-fold points and outcomes; rows count by `weight` if given."""

    def __call__(
        self, points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None = None
    ) -> Curve:
        """Return the curve."""
        ...


#: PDs are rounded to a hundredth of a basis point; more digits would claim more than is known.
_PD_DIGITS = 6
#: Rows that the line adds to each points total before isotonic regression, so that a total with
#: few rows says little against its neighbours and the line.
_PRIOR_ROWS = 20.0
_EPSILON = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Log odds good:bad that hold out of fold: ``intercept + slope * log_odds``."""

    intercept: float
    slope: float


def calibrate(
    unseen_log_odds: Floats,
    bad: Bools,
    weight: Floats | None = None,
    chance_errors: float = Settings.chance_errors,
) -> Calibration:
    """Return the calibration of out-of-fold log odds (Platt 1999, on log odds, no prior counts).

    A slope below 1 is the optimism of the fit; it shrinks every attribute's points alike, so that
    600 points are 50:1 odds for people the card has not seen. Rows count by `weight` if given.

    Raises
    ------
    TrainingError
        If out of fold the fit ranks no better than chance, or its log odds mean the reverse.
    """
    _refuse_chance(unseen_log_odds, bad, weight, chance_errors)
    line = fit_line(unseen_log_odds, bad, weight)
    if line.slope <= 0:
        raise TrainingError(
            "out of fold the safer rows are not safer, so no card is made; check the target, add"
            " data or attributes"
        )
    return line


def fit_line(unseen_log_odds: Floats, bad: Bools, weight: Floats | None = None) -> Calibration:
    """Return the calibration of log odds however well they rank."""
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    regression.fit(unseen_log_odds.reshape(-1, 1), ~bad, weight)
    return Calibration(float(regression.intercept_[0]), float(regression.coef_[0, 0]))


def _refuse_chance(
    unseen_log_odds: Floats, bad: Bools, weight: Floats | None, errors: float
) -> None:
    """Refuse unless the AUC exceeds 0.5 by so many of its standard errors under chance.

    The null variance of the AUC is ``(n + 1) / (12 * goods * bads)`` (Mann & Whitney 1947), whose
    counts are rows, not weights.
    """
    margin = errors * np.sqrt((len(bad) + 1) / (12 * float((~bad).sum()) * float(bad.sum())))
    area = auc_of_scores(unseen_log_odds, bad, weight)
    if area < 0.5 + margin:
        raise TrainingError(
            f"out of fold the attributes rank no better than chance (AUC {area:.3f}, chance"
            f" 0.5 ± {margin:.3f}), so no card is made; check the target, add data or"
            " attributes"
        )


def pd_table(lowest: int, highest: int, curve: Curve) -> tuple[Ints, Floats]:
    """Return the points → PD table for totals `lowest` to `highest`, one row per distinct PD.

    The table is written out so that scoring a member needs no floating-point arithmetic.
    """
    points = np.arange(lowest, highest + 1, dtype=np.int64)
    return distinct_pds(points, np.minimum.accumulate(curve(points.astype(np.float64))))


def distinct_pds(points: Ints, pd: Floats) -> tuple[Ints, Floats]:
    """Return the first points of each PD, PDs rounded to the digits of a card."""
    rounded = np.round(pd, _PD_DIGITS)
    first = np.concatenate([[True], np.diff(rounded) != 0])
    return points[first], rounded[first]


def with_curve(card: Card, unseen: Unseen, settings: Settings) -> Card:
    """Return `card` with the PD table of curve ``settings.calibration``, fitted on `unseen` rows.

    Raises
    ------
    TrainingError
        If no curve has that name, or reject inference weights rows, which it does not support.
    """
    curve = _curve(unseen, card.scaling, settings)
    if curve is None:
        return card
    highest = card.base + sum(int(term.points.max()) for term in card.terms)
    pd_points, pd_values = pd_table(card.base, highest, curve)
    return replace(card, pd_points=pd_points, pd_values=pd_values)


def long_run_of(unseen: Unseen, scaling: Scaling, settings: Settings) -> LongRunLine | None:
    """Return the line of the long run if the PDs follow it; None: they keep the scale's odds.

    With reject inference the rows that teach have no outcome in any year, so the line stays.
    """
    if settings.calibration != "long_run" or settings.reject_inference != "none":
        return None
    return long_run_line(unseen, scaling)


def _curve(unseen: Unseen, scaling: Scaling, settings: Settings) -> Curve | None:
    """Return the curve of the settings; None where the line stays as it is."""
    name = settings.calibration
    if name not in CURVES:
        raise TrainingError(f"no calibration is called {name!r}; use one of {', '.join(CURVES)}")
    if name == "long_run":
        found = long_run_of(unseen, scaling, settings)
        return None if found is None else lambda at: found.pd(at, scaling)
    if name == "line":
        return None
    if settings.reject_inference != "none":
        raise TrainingError(
            f"--calibration {name} supports booked loans only; use line, or no --reject-inference"
        )
    return FITTERS[name](unseen.points, unseen.bad, scaling, unseen.weight)


def scale_curve(scaling: Scaling) -> Curve:
    """Return the PD that the scale states: calibrated points are odds by construction."""
    return lambda at: np.asarray(1.0 / (1.0 + np.exp((at - scaling.offset) / scaling.factor)))


def line(points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None = None) -> Curve:
    """Return the scale's own odds (Platt 1999: slope and intercept are in the points already)."""
    return scale_curve(scaling)


def beta(points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None = None) -> Curve:
    """Return a beta calibration: ln p and ln(1 − p) with slopes of their own (Kull et al. 2017).

    *AISTATS* 54. Where a slope would be negative, and the curve not monotone, the line stays.
    """
    straight = scale_curve(scaling)

    def features(at: Floats) -> Floats:
        p = np.clip(straight(at), _EPSILON, 1 - _EPSILON)
        return np.column_stack([np.log(p), -np.log1p(-p)])

    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    model.fit(features(points.astype(np.float64)), bad, weight)
    if (model.coef_ < 0).any():
        return straight
    return lambda at: np.asarray(model.predict_proba(features(at))[:, 1], dtype=np.float64)


def isotonic(points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None = None) -> Curve:
    """Return pooled adjacent violators, each total joined by prior rows at the line's PD."""
    totals, pd, _ = _pool_violators(points, bad, scaling, weight)

    def curve(at: Floats) -> Floats:
        step = np.clip(np.searchsorted(totals, at, side="right") - 1, 0, len(totals) - 1)
        pd_at: Floats = pd[step]
        return pd_at

    return curve


def centred_isotonic(
    points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None = None
) -> Curve:
    """Return the same, joined by straight lines of log odds between the blocks' centres.

    Centred isotonic regression (Oron & Flournoy 2017, *Stat. Biopharm. Res.* 9): no flat steps.
    """
    totals, pd, rows = _pool_violators(points, bad, scaling, weight)
    _, block = np.unique(-pd, return_inverse=True)
    size = np.bincount(block, weights=rows)
    centre = np.bincount(block, weights=rows * totals) / size
    level = np.clip(np.bincount(block, weights=rows * pd) / size, _EPSILON, 1 - _EPSILON)
    odds = np.log(level / (1 - level))
    return lambda at: 1 / (1 + np.exp(-np.interp(at, centre, odds)))


def _pool_violators(
    points: Ints, bad: Bools, scaling: Scaling, weight: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Return distinct totals, their pooled PD and their rows, prior rows included."""
    distinct, total_of_row = np.unique(points, return_inverse=True)
    totals = distinct.astype(np.float64)
    goods, bads = counts(total_of_row, bad, len(distinct), weight)
    prior = _PRIOR_ROWS * (goods + bads) / (goods + bads).mean()
    rows = goods + bads + prior
    share = (bads + prior * scale_curve(scaling)(totals)) / rows
    pooled = IsotonicRegression(increasing=False).fit_transform(totals, share, sample_weight=rows)
    return totals, np.asarray(pooled, dtype=np.float64), rows


FITTERS: Mapping[CurveName, Fitter] = {
    "line": line,
    "beta": beta,
    "isotonic": isotonic,
    "centred_isotonic": centred_isotonic,
}
