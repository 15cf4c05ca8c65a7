"""Make points mean odds: a slope and intercept fitted out of fold, then the points → PD table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from model.card.bins import Floats, Ints
from model.card.scorecard import Scaling
from model.errors import TrainingError
from training.binning.evidence import counts
from training.measures.discrimination import auc
from training.samples.sample import Bools

#: PDs are told to a hundredth of a basis point; more digits would claim more than is known.
_DIGITS = 6


@dataclass(frozen=True)
class Calibration:
    """Log odds good:bad that hold out of fold: ``intercept + slope * log_odds``."""

    intercept: float
    slope: float


def calibrate(unseen_log_odds: Floats, bad: Bools, weight: Floats | None = None) -> Calibration:
    """Return the calibration of out-of-fold log odds (Platt 1999, on log odds, no prior counts).

    A slope below 1 is the optimism of the fit; it shrinks every attribute's points alike, so that
    600 points are 50:1 odds for people the card has not seen. Rows count by `weight` if given.

    Raises
    ------
    TrainingError
        If out of fold the fit ranks no better than chance.
    """
    _refuse_chance(unseen_log_odds, bad)
    regression = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    regression.fit(unseen_log_odds.reshape(-1, 1), ~bad, weight)
    return Calibration(float(regression.intercept_[0]), float(regression.coef_[0, 0]))


def _refuse_chance(unseen_log_odds: Floats, bad: Bools) -> None:
    """Refuse unless the AUC exceeds 0.5 by three of its standard errors under chance.

    The null variance of the AUC is ``(n + 1) / (12 * goods * bads)`` (Mann & Whitney 1947). Three,
    not two: folds share rows, so out-of-fold AUCs of pure noise spread wider than that variance.
    """
    distinct, place = np.unique(unseen_log_odds, return_inverse=True)
    goods, bads = counts(place, bad, len(distinct))
    chance = 3 * np.sqrt((len(bad) + 1) / (12 * goods.sum() * bads.sum()))
    found = float(auc(goods, bads))
    if found < 0.5 + chance:
        raise TrainingError(
            f"out of fold the attributes rank no better than chance (AUC {found:.3f}, chance"
            f" 0.5 ± {chance:.3f}), so no card is made; check the target, add data or"
            " attributes"
        )


def pd_table(lowest: int, highest: int, scaling: Scaling) -> tuple[Ints, Floats]:
    """Return the points → PD table for totals `lowest` to `highest`, one row per distinct PD.

    Calibrated points are odds by construction (`Scaling`), so the table follows from the scale; it
    is written out so that nothing is computed in floating point when a member is scored.
    """
    points = np.arange(lowest, highest + 1, dtype=np.int64)
    pd = np.round(1.0 / (1.0 + np.exp((points - scaling.offset) / scaling.factor)), _DIGITS)
    first = np.concatenate([[True], np.diff(pd) != 0])
    return points[first], pd[first]
