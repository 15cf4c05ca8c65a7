"""Tables of points to whole points together: what one table's rounding lost, the next makes good.

Rounded each on its own, the errors of sixty tables add up: at 20 points a doubling they took 0.001
to 0.002 AUC. A pair's cell knows the cells of both its attributes' own tables, and so can take back
what their rounding lost. Cells move one by one, each by what leaves the least squared error of the
total over rows, until none gains (coordinate descent).

What merging bins and rounding to whole points cost, on rows the card has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from model.card.bins import Bins, Floats, Ints
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.additive import Additive, Fit, Shape
from training.binning.evidence import counts
from training.binning.optimal import breaks_direction
from training.card.calibrate import Calibration
from training.families.comparison import RoundingLoss
from training.measures.discrimination import auc
from training.samples.sample import Sample


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


_MOST_SWEEPS = 6
#: How far a cell's points may end from its own value: a table must stay readable by itself.
_FURTHEST = 1.0
#: Rows without an error added to a cell: what few rows err by is not the next one's.
_CAUTION = 2.0

Codes = Mapping[str, Ints]


def whole_points(
    shapes: Sequence[Shape],
    bins: Mapping[str, Bins],
    codes: Codes,
    weights: Floats,
    dictionary: Dictionary,
) -> list[Ints]:
    """Return whole points of each of `shapes` (in points), least 0, with the least loss found.

    Parameters
    ----------
    codes : mapping of str to Ints
        Shape (n,): each row's bin code by attribute.
    weights : Floats
        Shape (n,): how many rows each row stands for.

    Notes
    -----
    A declared direction holds in every table, as it does in `shapes`; a number out of range is
    worth no more than any other value, and an unknown spelling no more than before.
    """
    points = [np.rint(shape.log_odds).astype(np.int64) for shape in shapes]
    error = np.zeros(len(weights))
    for shape, found in zip(shapes, points, strict=True):
        error += (shape.log_odds - found)[_places(shape, codes)]
    error -= np.average(error, weights=weights)
    for _ in range(_MOST_SWEEPS):
        moved = False
        for row, shape in enumerate(shapes):
            places = _places(shape, codes)
            better = _moved(shape, points[row], error, places, weights)
            better = _allowed(shape, better, points[row], bins, dictionary)
            left = error - (better - points[row])[places]
            if weights @ left**2 < weights @ error**2:
                error, points[row], moved = left, better, True
        if not moved:
            break
    return [found - found.min() for found in points]


def _places(shape: Shape, codes: Codes) -> tuple[Ints, ...]:
    return tuple(codes[name] for name in shape.attributes)


def _moved(
    shape: Shape, points: Ints, error: Floats, places: tuple[Ints, ...], weights: Floats
) -> Ints:
    """Return `points` with each cell moved by the mean error of its rows, to the nearest whole."""
    size = points.size
    cell = np.ravel_multi_index(places, points.shape)
    rows = np.bincount(cell, weights=weights, minlength=size)
    lost = np.bincount(cell, weights=weights * error, minlength=size)
    mean = (lost / (rows + _CAUTION)).reshape(points.shape)
    low = np.ceil(shape.log_odds - _FURTHEST)
    high = np.floor(shape.log_odds + _FURTHEST)
    return np.clip(points + np.rint(mean), low, high).astype(np.int64)


def _allowed(
    shape: Shape, better: Ints, points: Ints, bins: Mapping[str, Bins], dictionary: Dictionary
) -> Ints:
    """Return `better`, or `points` where it would break a direction; out of range stays lowest."""
    found = better.copy()
    for axis, name in enumerate(shape.attributes):
        along, before, own = np.moveaxis(found, axis, 0), np.moveaxis(points, axis, 0), bins[name]
        known = along[: own.out_of_range]
        least = before[own.out_of_range] if own.levels else known.min(axis=0)
        along[own.out_of_range] = np.minimum(along[own.out_of_range], least)
    for axis, name in enumerate(shape.attributes):
        slices = np.moveaxis(found, axis, 0)[: bins[name].ordinary].astype(np.float64)
        if not bins[name].levels and breaks_direction(slices, dictionary[name].direction):
            return points
    return found
