"""What merging bins and rounding to whole points cost, on rows the card has not seen."""

from __future__ import annotations

import numpy as np

from model.scorecard import Card, Floats
from training.additive import Additive, Fit
from training.calibrate import Calibration
from training.comparison import RoundingLoss
from training.discrimination import auc
from training.sample import Sample
from training.woe import counts


def rounding_loss(fit: Fit, calibration: Calibration, card: Card, unseen: Sample) -> RoundingLoss:
    """Return the AUC and the Brier score lost from `fit`'s finest shapes to `card`."""
    fine = _shapes(fit.fine or fit.additive, calibration, unseen)
    merged = _shapes(fit.additive, calibration, unseen)
    totals = card.total(card.points_by_attribute(card.codes(unseen.columns)))
    points = _measured(totals.astype(np.float64), card.pd(totals), unseen)
    return RoundingLoss(
        merging_auc=fine[0] - merged[0],
        rounding_auc=merged[0] - points[0],
        merging_brier=merged[1] - fine[1],
        rounding_brier=points[1] - merged[1],
    )


def _shapes(additive: Additive, calibration: Calibration, unseen: Sample) -> tuple[float, float]:
    log_odds = additive.log_odds(unseen.columns)
    held = calibration.intercept + calibration.slope * log_odds
    return _measured(held, 1 / (1 + np.exp(held)), unseen)


def _measured(score: Floats, pd: Floats, unseen: Sample) -> tuple[float, float]:
    """Return AUC and Brier score; a higher `score` is safer."""
    place = np.unique(score, return_inverse=True)[1]
    ranked = auc(*counts(place, unseen.bad, int(place.max()) + 1, unseen.weight))
    return float(ranked), float(np.average((pd - unseen.bad) ** 2, weights=unseen.weight))
