"""A card's points → PD table bent by a curve, points and everything else unchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.errors import TrainingError
from model.scorecard import Card, Ints
from training.calibration.curves import CURVES
from training.sample import Bools
from training.settings import Settings

_DIGITS = 6


def with_curve(card: Card, unseen_points: Ints, bad: Bools, settings: Settings) -> Card:
    """Return `card` with the PD table of curve ``settings.calibration``.

    Parameters
    ----------
    unseen_points : Ints
        Out-of-fold points of the development rows, shape (n,).

    Raises
    ------
    TrainingError
        If no curve has that name, or reject inference weighs rows, which only the line can follow.
    """
    name = settings.calibration
    if name == "line":
        return card
    if name not in CURVES:
        raise TrainingError(f"no calibration is called {name!r}; use one of {', '.join(CURVES)}")
    if settings.reject_inference != "none":
        raise TrainingError(f"--calibration {name} knows booked loans only; use line, or no"
                            " --reject-inference")  # fmt: skip
    highest = card.base + sum(int(term.points.max()) for term in card.terms)
    totals = np.arange(card.base, highest + 1, dtype=np.int64)
    curve = CURVES[name](unseen_points, bad, card.scaling)
    pd = np.minimum.accumulate(np.round(curve(totals.astype(np.float64)), _DIGITS))
    first = np.concatenate([[True], np.diff(pd) != 0])
    return replace(card, pd_points=totals[first], pd_values=pd[first])
